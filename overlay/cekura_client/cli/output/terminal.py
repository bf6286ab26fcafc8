"""Standard output and standard error, and what may be shown and asked there."""

import contextlib
import os
import sys
from collections.abc import Generator
from typing import IO, TYPE_CHECKING, TextIO, cast

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    import io


class _QuietConsole(Console):
    """A console that falls silent when its reader leaves; Rich would end the program."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        discard(self.file)


class Terminal:
    """Where results and everything else go.

    Attributes:
        results: The console on standard output.
        messages: The console on standard error.
    """

    def __init__(self) -> None:
        self.results = _console(sys.stdout)
        self.messages = _console(sys.stderr)

    @property
    def can_redraw(self) -> bool:
        """Whether standard error is a terminal that can take back what it shows."""
        return self.messages.is_terminal and not self.messages.is_dumb_terminal

    def say(self, text: str, style: str = "") -> None:
        """Write a message: one line in a pipe, wrapped on a terminal."""
        with contextlib.suppress(OSError):  # a message that nobody reads stops nothing
            self.messages.print(
                Text(printable(text), style), soft_wrap=not self.messages.is_terminal
            )

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody to ask, who sees the question and has a keyboard."""
        if not self.messages.is_terminal:
            return False
        with _keyboard() as keyboard:
            return keyboard is not None

    def confirm(self, question: str) -> bool:
        """Ask whether to go on; without anybody to ask, go on.

        Asks at the terminal even where standard input brings ids.
        """
        with _keyboard() as keyboard:
            if keyboard is None:
                return True
            self.messages.print(Text(f"{question} [y/N] "), end="")
            answer = keyboard.readline()
        if not answer.endswith("\n"):  # Ctrl-D
            self.messages.print()
        return answer.strip().lower() in {"y", "yes"}


def _console(stream: TextIO) -> Console:
    # A character that the terminal cannot show must not end a run.
    cast("io.TextIOWrapper", stream).reconfigure(errors="replace")
    return _QuietConsole(
        file=stream,
        force_terminal=stream.isatty(),
        highlight=False,
        markup=False,
        emoji=False,
    )


@contextlib.contextmanager
def _keyboard() -> Generator[TextIO | None]:
    if sys.stdin.isatty():
        yield sys.stdin
        return
    try:
        opened = open(os.ctermid(), encoding="utf-8")  # noqa: PTH123, SIM115  (a device)
    except (OSError, AttributeError):  # no terminal, or Windows
        yield None
        return
    with opened:
        yield opened


def discard(stream: IO[str]) -> None:
    """Write the rest of a stream to nowhere: what it still holds would fail again at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def printable(text: str) -> str:
    """Leave out what could steer a terminal: texts come from the API and from files."""
    return "".join(
        character if character.isprintable() else " " for character in text.replace("\n", " ")
    )
