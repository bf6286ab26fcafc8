"""Does in a thread what waits for a disk, so that an event loop does not."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeVar

import anyio
from anyio import to_thread

_EnteredT = TypeVar("_EnteredT")


async def in_thread(work: Callable[[], object]) -> None:
    """Do some work in a thread, to its end even when the task is cancelled meanwhile."""
    with anyio.CancelScope(shield=True):
        await to_thread.run_sync(work)


@asynccontextmanager
async def entered_in_thread(
    context: AbstractContextManager[_EnteredT],
) -> AsyncGenerator[_EnteredT]:
    """Enter and leave a context in a thread; it is not told of what was raised inside."""
    entered = await to_thread.run_sync(context.__enter__)
    try:
        yield entered
    finally:
        await in_thread(lambda: context.__exit__(None, None, None))
