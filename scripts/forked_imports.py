"""Import modules in a copy of this process, which has imported most of what they need."""

import os
import signal
import site
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

from scripts.import_every_module import failed_import

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_THREADS = Path("/proc/self/task")


def can_fork() -> bool:
    """Tell whether a copy of this process works: on Linux, as long as it has a single thread."""
    return _THREADS.is_dir() and len(list(_THREADS.iterdir())) == 1


def failure_of_forked_imports(folder: Path, names: list[str]) -> str | None:
    """Import modules much as a new interpreter with the options -I and -B does.

    What this process has imported from the standard library and from installed packages stays
    imported. What it has from elsewhere, such as the modules of this repository, does not, and
    cannot be imported: neither what a .pth file adds, such as the overlay.

    Args:
        folder: Where the modules have to be.
        names: Their full names.

    Returns:
        What the copy printed when it failed, or nothing.
    """
    reader, writer = os.pipe()
    # An interrupt may not find the copy where it would go on as if it were this process.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        copy = os.fork()
        if copy == 0:
            _import_and_exit(writer, str(folder), names)
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(reader)
        os.close(writer)
        raise
    try:
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8", errors="replace") as pipe:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            told = pipe.read()
    except BaseException:
        os.kill(copy, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(copy, 0)
    return told.strip() if status else None


def _import_and_exit(writer: int, folder: str, names: list[str]) -> None:
    """Be the copy: never return, whatever happens."""
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for output in (1, 2):
            os.dup2(writer, output)
        sys.stdout = sys.stderr = os.fdopen(writer, "w", encoding="utf-8", errors="replace")
        sys.dont_write_bytecode = True
        _forget_others({name.partition(".")[0] for name in names})
        failure = failed_import(folder, names)
        if failure is not None:
            print(failure)
        with suppress(ValueError):  # a module may have closed it
            sys.stdout.flush()
        os._exit(0 if failure is None else 1)
    finally:
        os._exit(1)


def _forget_others(made: set[str]) -> None:
    """Forget what a new interpreter would not find, and what has the name of what was made."""
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    homes = tuple(f"{home}{os.sep}" for home in [*standard, *site.getsitepackages()])
    sys.path[:] = [folder for folder in sys.path if f"{folder}{os.sep}".startswith(homes)]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        elsewhere = file is not None and not file.startswith(homes)
        if elsewhere or name.partition(".")[0] in made:
            del sys.modules[name]
