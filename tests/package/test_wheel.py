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
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOWEST = [
    re.sub(r">=([\w.]+).*", r"==\1", requirement)
    for requirement in PROJECT["project"]["dependencies"]
]
TEST_TOOLS = [
    requirement
    for requirement in PROJECT["dependency-groups"]["test"]
    if requirement.startswith(("pytest", "trio"))
]
CORE = ["tests/client", "-k", "not trio"]

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("wheel")]


PINS = {"lowest": LOWEST, "newest": list[str]()}


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


@pytest.fixture(scope="module", params=["lowest", "newest"])
def python(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    venv.create(folder, with_pip=True)
    interpreter = folder / "bin" / "python"
    run(*pip_install(interpreter), wheel, *PINS[request.param])
    return interpreter


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {
        "cekura_client",
        "cekura_api",
        f"cekura_client-{PROJECT['project']['version']}.dist-info",
    }
    assert {"cekura_client/py.typed", "cekura_api/py.typed"} <= {*names}
    assert not [name for name in names if "__pycache__" in name or "ruff_cache" in name]


def test_it_imports_without_the_extras(python: Path) -> None:
    where = run(python, "-I", "-c", "import cekura_client; print(cekura_client.__file__)")
    assert where.startswith(str(python.parents[1]))
    installed = run(python, "-m", "pip", "list", "--format", "freeze")
    assert "starlette" not in installed
    assert "uvicorn" not in installed


def test_the_sandbox_names_its_extra(python: Path) -> None:
    script = """
try:
    import cekura_client.sandbox
except ImportError as error:
    print(error)
"""
    assert "pip install 'cekura-client[sandbox]'" in run(python, "-I", "-c", script)


def test_a_type_checker_sees_the_types_of_what_is_installed(python: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls.py"
    calls.write_text((ROOT / "tests/typing/good_calls.py").read_text())
    options = ["--strict", "--python-executable", str(python), "--cache-dir", str(tmp_path)]
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\n")
    run(sys.executable, "-m", "mypy", "--config-file", config, *options, calls)


def test_the_core_of_the_tests_passes(python: Path) -> None:
    # The pins hold when the test tools come in, too.
    end = "lowest" if "lowest" in str(python) else "newest"
    run(*pip_install(python), *TEST_TOOLS, *PINS[end])
    printed = run(python, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *CORE, "-n", "4")
    summary = printed.strip().splitlines()[-1]
    found = re.match(r"(\d+) passed", summary)
    assert found, printed
    assert int(found[1]) > 500
