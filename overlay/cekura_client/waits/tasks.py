"""Looks at call logs from tasks, for `AsyncCekura`; the same as `threads`, in an event loop."""

import inspect
import time
from collections import deque
from collections.abc import Awaitable, Callable

import anyio

from cekura_client import operations
from cekura_client.batches.tasks import PerformAsync
from cekura_client.errors import CekuraError
from cekura_client.listing.listers import AsyncLister
from cekura_client.models import CallLog
from cekura_client.waits.evaluation_wait import EvaluationWait
from cekura_client.waits.looks import ListLook, Look, Outcome

_Arrival = tuple[Look, Outcome]


class WaitTasks:
    """Looks at call logs from tasks of its own, for `AsyncCekura`.

    Args:
        perform: Does one call.
        pause: Sleeps so many seconds; raises a `CekuraError` once the client is closed.
        base_url: Where the client sends it.
    """

    def __init__(
        self,
        perform: PerformAsync,
        pause: Callable[[float], Awaitable[None]],
        base_url: str,
    ) -> None:
        self._perform = perform
        self._pause = pause
        self._base_url = base_url

    async def run(self, waiting: EvaluationWait) -> list[CallLog]:
        """Look until the wait is over; the caller's functions are called in this task.

        A request under way at the end is cancelled: it costs nothing.

        Raises:
            WaitError: Not every call log was seen evaluated.
        """
        try:
            await self._look_until_over(waiting)
        except BaseException as interruption:
            interruption.add_note(waiting.interruption_note())
            raise
        return waiting.result()

    async def _look_until_over(self, waiting: EvaluationWait) -> None:
        looks = _TaskLooks(self._perform, self._base_url)
        failure: BaseException | None = None
        async with anyio.create_task_group() as tasks:
            try:
                while True:
                    await _tell(waiting)
                    if waiting.is_over(time.monotonic()):
                        break
                    while (look := waiting.next_look(time.monotonic())) is not None:
                        tasks.start_soon(looks.look, look)
                    await self._rest(waiting, looks)
            except anyio.get_cancelled_exc_class():
                raise
            except BaseException as error:  # noqa: BLE001  (raised below: here it would be grouped)
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _rest(self, waiting: EvaluationWait, looks: "_TaskLooks") -> None:
        seconds = waiting.rest(time.monotonic())
        if not waiting.is_under_way:
            try:
                await self._pause(seconds)
            except CekuraError as closed:
                waiting.stop(closed)
            return
        for outcome in await looks.outcomes(seconds):
            waiting.take(*outcome, time.monotonic())


async def _tell(waiting: EvaluationWait) -> None:
    for notice in waiting.notices():
        result = notice()
        if inspect.isawaitable(result):
            await result


class _TaskLooks:
    """Tasks of one look each."""

    def __init__(self, perform: PerformAsync, base_url: str) -> None:
        self._perform = perform
        self._lister = AsyncLister(perform, base_url)
        self._arrivals: deque[_Arrival] = deque()
        self._arrived = anyio.Event()

    async def look(self, look: Look) -> None:
        try:
            outcome = await self._outcome(look)
        except Exception as error:  # noqa: BLE001  (raised in the task that waits)
            outcome = error
        self._arrivals.append((look, outcome))
        self._arrived.set()

    async def _outcome(self, look: Look) -> Outcome:
        if isinstance(look, ListLook):
            return [row async for row in self._lister.rows(look.query())]
        return await self._perform(operations.retrieve(look))

    async def outcomes(self, seconds: float) -> list[_Arrival]:
        with anyio.move_on_after(seconds):
            await self._arrived.wait()
        self._arrived = anyio.Event()
        arrivals = list(self._arrivals)
        self._arrivals.clear()
        return arrivals
