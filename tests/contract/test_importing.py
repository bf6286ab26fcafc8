"""Importing what was generated: in a copy of the process, or in a new one, with the same result."""

import signal
import subprocess
import sys
import threading
from pathlib import Path
from time import sleep

import pytest

from scripts import import_every_module, pinned_tools
from scripts.forked_imports import can_fork
from scripts.layout import REPOSITORY
from scripts.refusals import RefusedError

# Tests may run in a process with threads: the copy is one of a process of its own.
FORKED = """
import sys
from pathlib import Path
import cekura_api  # what was installed before must not be taken for what is made now
from scripts.forked_imports import can_fork, failure_of_forked_imports
assert can_fork()
before = set(sys.modules)
failure = failure_of_forked_imports(Path(sys.argv[1]), sys.argv[2:])
assert set(sys.modules) - before <= {"encodings.utf_8"}
sys.exit(0 if failure is None else f"refused: {failure}")
"""
on_linux = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no fork but on Linux")
WAYS = [pytest.param("copy", marks=on_linux), "new process"]
MODULES = {
    "right": ("import httpx, attrs, dateutil.parser", None),
    "talkative": ("import sys; print('here'); print('there', file=sys.stderr)", None),
    "missing": ("import nowhere", "a.b cannot be imported: ModuleNotFoundError: No module named"),
    "undefined": ("x: int = y", "a.b cannot be imported: NameError: name 'y' is not defined"),
    "no Python": ("x = ", "a.b cannot be imported: SyntaxError: invalid syntax"),
    "leaving": ("raise SystemExit(0)", "a.b cannot be imported: SystemExit: 0"),
    "of this repository": ("import scripts.layout", "No module named 'scripts'"),
    "of its tests": ("import tests", "No module named 'tests'"),
    "telling": ("print('first'); raise OSError", "first"),
    "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ""),
    "gone": ("import os; os._exit(3)", ""),
}


def failure(way: str, folder: Path, *names: str) -> str | None:
    script = Path(import_every_module.__file__)
    begin = ["-c", FORKED] if way == "copy" else ["-I", "-B", str(script)]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *begin, str(folder), *names],
        cwd=REPOSITORY.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if way == "copy":
        assert done.stdout == ""
        assert done.stderr == "" or done.stderr.startswith("refused: ")
    return done.stdout + done.stderr if done.returncode else None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODULES)
def test_both_ways_find_the_same(way: str, name: str, tmp_path: Path) -> None:
    text, message = MODULES[name]
    package = tmp_path / "a"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "b.py").write_text(f"{text}\n", "utf-8")
    told = failure(way, tmp_path, "a", "a.b")
    assert (told is None) == (message is None)
    assert (message or "") in (told or "")
    assert not list(tmp_path.rglob("*.pyc"))


@pytest.mark.parametrize("way", WAYS)
def test_what_is_installed_is_not_taken_for_what_was_made(way: str, tmp_path: Path) -> None:
    package = tmp_path / "cekura_api"
    package.mkdir()
    (package / "__init__.py").write_text("raise OSError('mine')\n", "utf-8")
    assert "cekura_api cannot be imported: OSError: mine" in (
        failure(way, tmp_path, "cekura_api") or ""
    )
    (package / "__init__.py").write_text("\n", "utf-8")
    assert failure(way, tmp_path, "cekura_api") is None
    assert "json was imported from elsewhere" in (failure(way, tmp_path, "json") or "")


@on_linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupt_ends_the_copy_too(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import os, time\n"
        "with open('pid', 'w') as file:\n"
        "    file.write(str(os.getpid()))\n"
        "os.rename('pid', 'ready')\n"
        "time.sleep(100)\n",
        "utf-8",
    )
    code = (
        "import os, sys; from pathlib import Path\n"
        "from scripts.forked_imports import failure_of_forked_imports\n"
        "from scripts.refusals import exit_status\n"
        "os.chdir(sys.argv[1])\n"
        "sys.exit(exit_status(lambda: failure_of_forked_imports(Path(sys.argv[1]), ['slow'])))"
    )
    command = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=REPOSITORY.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ready = tmp_path / "ready"
    while not ready.exists():
        assert command.poll() is None
        sleep(0.01)
    command.send_signal(number)
    told = command.communicate(timeout=60)
    assert (command.returncode, told) == (130, ("", "interrupted\n"))
    assert not Path(f"/proc/{ready.read_text()}").exists()


def test_a_process_with_threads_is_not_copied() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        assert not can_fork()
    finally:
        end.set()
        thread.join()


def test_a_tool_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no-such-tool"):
        pinned_tools.run_tool(["no-such-tool"], tmp_path, RefusedError)
