"""How a command says no: one exception, one way to end with it."""

import sys
from collections.abc import Callable


class RefusedError(Exception):
    """The command cannot go on; its message says where, what was expected and what was found."""


def exit_status(command: Callable[[], None]) -> int:
    """Run a command; tell of a refusal, or of a file that cannot be written, on standard error.

    Args:
        command: What to run.

    Returns:
        0 when it ran to its end, 1 when it did not.
    """
    try:
        command()
    except (RefusedError, OSError) as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 1
    return 0
