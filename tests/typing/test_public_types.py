"""What mypy and pyright say of good and of bad calls."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# Each checks everything anew, and pyright may have to be fetched first.
pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOOD = HERE / "good_calls.py"
BAD = HERE / "bad_calls.py"
REFUSED = {
    number
    for number, line in enumerate(BAD.read_text().splitlines(), 1)
    if "# refused" in line and line.startswith(" ")
}


def run(*command: str) -> str:
    done = subprocess.run(  # noqa: S603  (our own tools)
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def mypy(path: Path, cache: Path) -> dict[int, str]:
    printed = run("mypy", "--cache-dir", str(cache), "--no-error-summary", str(path))
    found = re.findall(rf"{path.name}:(\d+): error: (.*)", printed)
    return {int(line): message for line, message in found}


def pyright(path: Path, _: Path) -> dict[int, str]:
    report = json.loads(run("pyright", "--outputjson", str(path)))
    return {
        found["range"]["start"]["line"] + 1: found["message"]
        for found in report["generalDiagnostics"]
        if found["severity"] == "error" and found["rule"] not in STYLE
    }


# Strictness about style, which is not what the bad calls are about.
STYLE = {"reportUnusedExpression", "reportUnknownMemberType", "reportUnknownVariableType"}
Checker = Callable[[Path, Path], dict[int, str]]


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_good_calls_pass(checker: Checker, tmp_path: Path) -> None:
    assert checker(GOOD, tmp_path) == {}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_each_bad_call_is_refused(checker: Checker, tmp_path: Path) -> None:
    assert len(REFUSED) > 30
    # Pyright passes over a file that is excluded from `make check`, even when it is named.
    copy = tmp_path / "copied_calls.py"
    copy.write_text(BAD.read_text())
    found = checker(copy, tmp_path)
    assert REFUSED - set(found) == set()
    assert set(found) - REFUSED == set(), found
