"""Importing what was generated, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.contract.step4_generate import import_every_module
from scripts.tools import pinned
from scripts.tools.refusals import RefusedError

MODULES = {
    "right": ("import httpx, attrs, dateutil.parser", None),
    "talkative": ("import sys; print('here'); print('there', file=sys.stderr)", None),
    "missing": ("import nowhere", "a.b cannot be imported: ModuleNotFoundError: No module named"),
    "undefined": ("x: int = y", "a.b cannot be imported: NameError: name 'y' is not defined"),
    "no Python": ("x = ", "a.b cannot be imported: SyntaxError: invalid syntax"),
    "leaving": ("raise SystemExit(0)", "a.b cannot be imported: SystemExit: 0"),
    "of this repository": ("import scripts.tools.layout", "No module named 'scripts'"),
    "of its tests": ("import tests", "No module named 'tests'"),
    "telling": ("print('first'); raise OSError", "first"),
    "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ""),
    "gone": ("import os; os._exit(3)", ""),
}


def failure(folder: Path, *names: str) -> str | None:
    script = Path(import_every_module.__file__)
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-I", "-B", str(script), str(folder), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else None


@pytest.mark.parametrize("name", MODULES)
def test_what_cannot_be_imported_is_told(name: str, tmp_path: Path) -> None:
    text, message = MODULES[name]
    package = tmp_path / "a"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "b.py").write_text(f"{text}\n", "utf-8")
    told = failure(tmp_path, "a", "a.b")
    assert (told is None) == (message is None)
    assert (message or "") in (told or "")
    assert not list(tmp_path.rglob("*.pyc"))


def test_what_is_installed_is_not_taken_for_what_was_made(tmp_path: Path) -> None:
    package = tmp_path / "cekura_api"
    package.mkdir()
    (package / "__init__.py").write_text("raise OSError('mine')\n", "utf-8")
    assert "cekura_api cannot be imported: OSError: mine" in (failure(tmp_path, "cekura_api") or "")
    (package / "__init__.py").write_text("\n", "utf-8")
    assert failure(tmp_path, "cekura_api") is None
    assert "json was imported from elsewhere" in (failure(tmp_path, "json") or "")


def test_a_tool_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"^failed: .*no-such-tool"):
        pinned.run_tool(["no-such-tool"], tmp_path, "failed")
