"""A wait in an event loop that any thread can end."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

import anyio


class LoopWakeup:
    """Made and waited for in one task; `wake` may come from any thread."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self._call_soon = _call_soon()

    def wake(self) -> None:
        """End the wait at hand, or the next one at once."""
        # A loop that has ended has no task left to wake.
        with contextlib.suppress(RuntimeError):
            self._call_soon(self._set)

    async def wait(self, seconds: float) -> bool:
        """Wait so long, or until woken.

        Returns:
            Whether it was woken.
        """
        with anyio.move_on_after(seconds):
            await self._event.wait()
        woken, self._event = self._event.is_set(), anyio.Event()
        return woken

    def _set(self) -> None:
        self._event.set()


def _call_soon() -> Callable[[Callable[[], None]], object]:
    if anyio.get_cancelled_exc_class() is asyncio.CancelledError:
        return partial(_call_soon_in_asyncio, asyncio.get_running_loop())
    import trio  # noqa: PLC0415  (only who runs it has it)

    return trio.lowlevel.current_trio_token().run_sync_soon


def _call_soon_in_asyncio(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(function)
