"""How the command ends, as a number and as an error."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes; the worst that happened decides: 3, then 130, 4, 5, 1."""

    DONE = 0
    INCOMPLETE = 1
    """Something was refused, not sent, not read or not waited out."""
    BAD_USAGE = 2
    """The command cannot be carried out as it was given; nothing was sent."""
    UNKNOWN = 3
    """Something may have run, and been charged, and nobody knows; whatever else happened."""
    UNDER = 4
    """Too few results passed, where the command was to look for that."""
    REGRESSED = 5
    """A verdict went from pass to fail, where the command was to look for that."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C or a SIGTERM, and nothing is unknown."""


class BadUsageError(Exception):
    """The command cannot be carried out as it was given; nothing was sent."""
