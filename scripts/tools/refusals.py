"""How a command says no: one exception, one way to end with it."""

import signal
import sys
from collections.abc import Callable

_INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C ended


class RefusedError(Exception):
    """The command cannot go on; its message says where, what was expected and what was found."""


def exit_status(command: Callable[[], int | None], *, refused: int = 1) -> int:
    """Run a command; tell of a refusal, or of a file that cannot be written, on standard error."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            # What undoes a half-done change undoes it then, too.
            signal.signal(number, signal.default_int_handler)
    try:
        return command() or 0
    except (RefusedError, OSError) as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return refused
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
