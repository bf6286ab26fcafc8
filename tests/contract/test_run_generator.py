"""The generator in this process: as its command would be, and leaving no trace."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep

import openapi_python_client
import pytest

from scripts.contract.step4_generate.generator import run_generator
from scripts.tools.documents import Document, parse_document
from scripts.tools.layout import Layout
from scripts.tools.refusals import RefusedError

Content = Callable[[Layout], dict[str, bytes]]
SETTINGS: Document = {"post_hooks": ["ruff format . --isolated --no-cache"]}
SMALL = """
openapi: 3.1.0
info: {title: Small, version: v1}
paths:
  /things/:
    get:
      operationId: things-list
      tags: [things]
      responses:
        '200':
          description: ''
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
components:
  schemas:
    Thing: {type: object, properties: {day: {type: string, default: '2026-08-18'}}}
"""
OTHER = SMALL.replace("Thing", "Item").replace("day", "hour")


def files_of(package: Path) -> dict[str, bytes]:
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file()
    }


def test_one_generation_leaves_nothing_to_the_next(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, environment = Path.cwd(), dict(os.environ)
    for name, text in (("one", SMALL), ("two", OTHER), ("three", SMALL)):
        run_generator(parse_document(text, name), SETTINGS, tmp_path / name)
    one, two, three = (files_of(tmp_path / name) for name in ("one", "two", "three"))
    assert one == three
    assert "models/thing.py" in one
    assert "models/item.py" in two
    assert "models/thing.py" not in two
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "three", "two"]
    assert (Path.cwd(), dict(os.environ)) == (folder, environment)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("/things/", "/things/{id}/", "Warning.s. encountered[\\s\\S]* Endpoint will not be gen"),
        ("type: object", "type: 7", "Error.s. encountered"),
    ],
)
def test_an_error_and_a_warning_are_refused_in_the_words_of_the_command(
    old: str, new: str, message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    contract = parse_document(SMALL.replace(old, new), "contract")
    package = tmp_path / "package"
    with pytest.raises(RefusedError, match=message) as refusal:
        run_generator(contract, {"post_hooks": []}, package)
    assert capfd.readouterr() == ("", "")
    shutil.rmtree(package, ignore_errors=True)
    document = tmp_path / "contract.json"
    document.write_text(json.dumps(contract), "utf-8")
    settings = tmp_path / "settings.json"
    settings.write_text('{"post_hooks": []}', "utf-8")
    options = ["--meta", "none", "--fail-on-warning", "--file-encoding", "utf-8"]
    places = ["--path", document, "--config", settings, "--output-path", package]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "openapi_python_client", "generate", *options, *map(str, places)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    first, *told = str(refusal.value).splitlines()
    assert first == "the generator failed:"
    # Its two outputs meet in a pipe in no particular order.
    assert sorted(filter(None, told)) == sorted(filter(None, done.stdout.splitlines()))


def test_a_crash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(**_: object) -> None:
        print("before")  # noqa: T201 - as the generator does
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(openapi_python_client, "generate", crash)
    with pytest.raises(
        RefusedError,
        match=r"^the generator failed:\nbefore\nTraceback [\s\S]*ZeroDivisionError: in the middle$",
    ):
        run_generator(parse_document(SMALL, "small"), SETTINGS, tmp_path / "package")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"post_hooks": ["ruff check . --no-such-option"]}, "unexpected argument '--no-such-opt"),
        ({"post_hooks": ["no-such-tool"]}, "no-such-tool"),
        ({"post_hooks": ["ruff 'x"]}, '"ruff \'x" failed: No closing quotation'),
        ({"post_hooks": [""]}, "'' failed: it is empty"),
        ({"post_hooks": ["python -c 'raise SystemExit(3)'"]}, "SystemExit.3.'\" failed:"),
        ({"post_hooks": "ruff"}, "Input should be a valid list"),
        ({"class_overrides": {"Thing": {"module_name": 1}}}, "Input should be a valid string"),
    ],
)
def test_wrong_settings_are_refused(settings: Document, message: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=rf"^the generator failed:\n[\s\S]*{message}"):
        run_generator(parse_document(SMALL, "small"), settings, tmp_path / "package")


def command(layout: Layout, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.contract", "generate"],
        cwd=layout.root,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_outside_settings_change_nothing(
    layout: Layout, content_of: Content, tmp_path: Path
) -> None:
    before = content_of(layout)
    shutil.rmtree(layout.generated)
    others = tmp_path / "bin"
    others.mkdir()
    for tool in ("ruff", "python"):
        (others / tool).write_text("#!/bin/sh\necho of another >>a.py\nexit 3\n", "utf-8")
        (others / tool).chmod(0o755)
    (layout.root / "ruff.toml").write_text("line-length = 40\n", "utf-8")
    (layout.build).mkdir(exist_ok=True)
    (layout.build / "ruff.toml").write_text("line-length = 40\n", "utf-8")
    done = command(
        layout,
        PATH=f"{others}{os.pathsep}{os.environ['PATH']}",
        VIRTUAL_ENV=str(others),
        RUFF_CONFIG=str(layout.root / "ruff.toml"),
        RUFF_OUTPUT_FORMAT="json",
        RUFF_EXCLUDE="models",
        PYTHONOPTIMIZE="2",
        PYTHONHASHSEED="7",
        PYTHONIOENCODING="ascii",
        LC_ALL="C",
    )
    assert done.communicate(timeout=100) == ("changed: generated\n", "")
    assert content_of(layout) == before


def test_an_interrupt_leaves_everything_as_it_was(
    layout: Layout, content_of: Content, tmp_path: Path
) -> None:
    text = layout.generator_settings.read_text("utf-8")
    slow = f"import time; open({str(tmp_path / 'ready')!r}, 'w').close(); time.sleep(100)"
    layout.generator_settings.write_text(f'{text}  - python -c "{slow}"\n', "utf-8")
    before = content_of(layout)
    process = command(layout)
    while not (tmp_path / "ready").exists():
        assert process.poll() is None
        sleep(0.01)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, ("", "interrupted\n"))
    assert content_of(layout) == before
    assert list(layout.build.iterdir()) == []
