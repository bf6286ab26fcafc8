"""Ctrl-C and SIGTERM: both stop in good order, so that nothing that was paid for is lost."""

import contextlib
import signal
from collections.abc import Callable, Generator
from types import FrameType
from typing import NoReturn

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
