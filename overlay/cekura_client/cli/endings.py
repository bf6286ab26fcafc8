"""Runs a command, and turns whatever ends it, an interrupt too, into one line and an exit code."""

import contextlib
import logging
import signal
from collections.abc import Callable, Generator
from types import FrameType
from typing import NoReturn

import typer

from cekura_client import CekuraError, InvalidRequestError
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.output.words import in_the_shell, told


def guarded(command: Callable[[Terminal], ExitCode], *, verbose: bool, debug: bool) -> None:
    """Run a command, and exit as it says.

    Args:
        command: The command.
        verbose: Whether each wait is told.
        debug: Whether each request is told, too.

    Raises:
        typer.Exit: Always; it carries the exit code.
    """
    terminal = Terminal()
    logger = logging.getLogger("cekura_client")
    if verbose or debug:
        logger.setLevel(logging.DEBUG if debug else logging.INFO)
        logger.addHandler(_Lines(terminal))
    else:
        logger.addHandler(logging.NullHandler())  # warnings are in the errors too
    raise typer.Exit(_exit_code(command, terminal))


def _exit_code(command: Callable[[Terminal], ExitCode], terminal: Terminal) -> ExitCode:
    try:
        return command(terminal)
    except BadUsageError as error:
        terminal.say(f"Error: {error}", "bold")
        return ExitCode.BAD_USAGE
    except InvalidRequestError as error:
        terminal.say(f"Error: {told(error)}", "bold")
        return ExitCode.BAD_USAGE
    except CekuraError as error:
        terminal.say(f"Error: {told(error)}", "bold")
        return ExitCode.UNKNOWN if error.may_have_run else ExitCode.INCOMPLETE
    except KeyboardInterrupt as interruption:
        notes: list[str] = getattr(interruption, "__notes__", [])
        terminal.say(" ".join(["Interrupted.", *notes]), "bold")
        # Ctrl-C from the sending of what costs credits to its result carries what was sent.
        may_have_run = getattr(interruption, "sent", None) is not None
        return ExitCode.UNKNOWN if may_have_run else ExitCode.INTERRUPTED


class _Lines(logging.Handler):
    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        self._terminal.say(in_the_shell(self.format(record)), "dim")


_Handler = Callable[[int, FrameType | None], object] | signal.Handlers


@contextlib.contextmanager
def told_of_interrupts(tell: Callable[[], None]) -> Generator[None]:
    """Have every Ctrl-C and SIGTERM told, and raised as a KeyboardInterrupt.

    A Ctrl-C that the shell has a background job ignore stays ignored.
    """

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        tell()
        signal.default_int_handler(number, frame)

    ordinary: dict[signal.Signals, _Handler] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    caught = [number for number, usual in ordinary.items() if signal.getsignal(number) is usual]
    for number in caught:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in caught:
            signal.signal(number, ordinary[number])
