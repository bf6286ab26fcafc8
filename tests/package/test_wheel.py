"""The wheel as people install it: into a clean environment, without extras.

The core of the tests runs against that, not against the source tree, at both ends of the ranges of
the dependencies.
"""

import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from cekura_client.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TEST_TOOLS = [
    requirement
    for requirement in PROJECT["dependency-groups"]["test"]
    if requirement.startswith(("pytest", "trio", "aiohttp", "httpx-aiohttp", "h2"))
]


@dataclass(frozen=True)
class End:
    """One end of the ranges: what pins it, and which tests of the client run there."""

    name: str
    pins: tuple[str, ...]
    cli_pins: tuple[str, ...]
    core: str


def lowest(requirements: list[str]) -> tuple[str, ...]:
    return tuple(re.sub(r">=([\w.]+).*", r"==\1", requirement) for requirement in requirements)


ENDS = [
    End(
        "lowest",
        lowest(PROJECT["project"]["dependencies"]),
        lowest(PROJECT["project"]["optional-dependencies"]["cli"]),
        "not trio",
    ),
    # The tests around run all twins at the newest versions already, from the source tree.
    End("newest", (), (), "not trio and not asyncio"),
]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("wheel")]


def pip_install(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def run(*command: str | Path) -> str:
    # Neither the source tree nor the settings of the tests around reach the other interpreter.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "CEKURA"))
    }
    done = subprocess.run(  # noqa: S603  (our own commands)
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--outdir", folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def interpreters(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[End], Path]:
    @cache
    def interpreter(end: End) -> Path:
        folder = tmp_path_factory.mktemp(end.name)
        venv.create(folder, with_pip=True)
        made = folder / "bin" / "python"
        run(*pip_install(made), wheel, *end.pins)
        return made

    return interpreter


@pytest.fixture(params=ENDS, ids=lambda end: end.name)
def end(request: pytest.FixtureRequest) -> End:
    chosen: End = request.param
    return chosen


@pytest.fixture
def python(end: End, interpreters: Callable[[End], Path]) -> Path:
    return interpreters(end)


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {
        "cekura_client",
        "cekura_client_pytest",
        "cekura_api",
        f"cekura_client-{PROJECT['project']['version']}.dist-info",
    }
    assert {"cekura_client/py.typed", "cekura_api/py.typed"} <= {*names}
    assert not [name for name in names if "__pycache__" in name or "ruff_cache" in name]


def test_it_imports_without_the_extras(python: Path) -> None:
    where = run(python, "-I", "-c", "import cekura_client; print(cekura_client.__file__)")
    assert where.startswith(str(python.parents[1]))
    installed = run(python, "-m", "pip", "list", "--format", "freeze")
    for extra in ("starlette", "uvicorn", "typer", "rich"):
        assert extra not in installed


def test_the_sandbox_names_its_extra(python: Path) -> None:
    script = """
try:
    import cekura_client.sandbox
except ImportError as error:
    print(error)
"""
    assert "pip install 'cekura-client[sandbox]'" in run(python, "-I", "-c", script)


def test_the_command_names_its_extra(python: Path) -> None:
    command = subprocess.run(  # noqa: S603  (our own command)
        [python.with_name("cekura-client"), "--help"], capture_output=True, text=True, check=False
    )
    assert (command.returncode, command.stdout) == (2, "")
    assert re.fullmatch(
        r"The command line needs \w+, which is not installed: pip install 'cekura-client\[cli\]'\n",
        command.stderr,
    )


def test_a_type_checker_sees_the_types_of_what_is_installed(python: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls.py"
    calls.write_text((ROOT / "tests/typing/good_calls.py").read_text())
    options = ["--strict", "--python-executable", str(python), "--cache-dir", str(tmp_path)]
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\n")
    run(sys.executable, "-m", "mypy", "--config-file", config, *options, calls)


def test_the_command_works_with_its_extra(end: End, wheel: Path, python: Path) -> None:
    run(*pip_install(python), f"{wheel}[cli]", *end.pins, *end.cli_pins)
    command = python.with_name("cekura-client")
    version = PROJECT["project"]["version"]
    assert run(command, "--version") == f"cekura-client {version}\n"
    assert "--agent-id" in run(command, "evaluate", "--help")
    with Sandbox(evaluation_seconds=0) as sandbox:
        words = ["--agent-id", "224", "--metrics", "789,790", "--wait", "123", "456"]
        variables = {"CEKURA_API_KEY": sandbox.api_key, "CEKURA_API_URL": sandbox.url}
        for output, shown in {"jsonl": '"passed": false', "table": "FAIL"}.items():
            ran = subprocess.run(  # noqa: S603  (our own command)
                [command, "evaluate", *words, "--output", output],
                env=variables, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert (ran.returncode, shown in ran.stdout) == (0, True), ran
        # The sandbox is an extra of its own.
        hint = subprocess.run(  # noqa: S603  (our own command)
            [command, "sandbox"], capture_output=True, text=True, check=False
        )
        assert (hint.returncode, hint.stdout) == (2, "")
        assert hint.stderr.endswith("pip install 'cekura-client[sandbox]'\n")
        assert hint.stderr.count("\n") == 1


ASKS = """
def test_asks(cekura_sandbox):
    raise AssertionError("there is none")
"""


def test_the_fixture_is_found_and_names_its_extra(end: End, python: Path, tmp_path: Path) -> None:
    run(*pip_install(python), *TEST_TOOLS, *end.pins)
    (tmp_path / "test_theirs.py").write_text(ASKS)
    ran = subprocess.run(  # noqa: S603  (our own command)
        [python, "-I", "-m", "pytest", "-q"], cwd=tmp_path, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "1 error" in ran.stdout, ran
    lines = [line for line in ran.stdout.splitlines() if line.startswith("The sandbox needs ")]
    assert len(lines) == 1
    assert lines[0].endswith("which is not installed: pip install 'cekura-client[sandbox]'")


def test_the_core_of_the_tests_passes(end: End, python: Path) -> None:
    # The pins hold when the test tools come in, too.
    run(*pip_install(python), *TEST_TOOLS, *end.pins)
    options = ["--quiet", "-p", "no:cacheprovider", "-n", "2", "-m", "not slow", "-k", end.core]
    for file in (ROOT / "tests/client").rglob("*.py"):
        if re.search("cekura_client.sandbox|starlette", file.read_text("utf-8")):  # of an extra
            options += ["--ignore", str(file.relative_to(ROOT))]
    printed = run(python, "-m", "pytest", *options, "tests/client")
    summary = printed.strip().splitlines()[-1]
    found = re.match(r"(\d+) passed", summary)
    assert found, printed
    assert int(found[1]) > 500
