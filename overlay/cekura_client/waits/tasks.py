"""Looks at call logs from tasks, for `AsyncCekura`; the same as `threads`, in an event loop."""

import inspect
import time
from collections import deque
from collections.abc import Awaitable, Callable

import anyio

from cekura_client import operations
from cekura_client.batches.tasks import PerformAsync
from cekura_client.errors import CekuraError
from cekura_client.models import CallLog
from cekura_client.waits.evaluation_wait import EvaluationWait

_Outcome = tuple[int, CallLog | Exception]


class WaitTasks:
    """Looks at call logs from tasks of its own, for `AsyncCekura`.

    Args:
        perform: Does one call.
        pause: Sleeps so many seconds; raises a `CekuraError` once the client is closed.
    """

    def __init__(self, perform: PerformAsync, pause: Callable[[float], Awaitable[None]]) -> None:
        self._perform = perform
        self._pause = pause

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
        looks = _TaskLooks(self._perform)
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            try:
                while True:
                    await _tell(waiting)
                    if waiting.is_over(time.monotonic()):
                        break
                    while (call_id := waiting.next_look(time.monotonic())) is not None:
                        tasks.start_soon(looks.look, call_id)
                    await self._rest(waiting, looks)
            except Exception as error:  # noqa: BLE001  (raised below: here it would be grouped)
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
    """Tasks that look at one call each."""

    def __init__(self, perform: PerformAsync) -> None:
        self._perform = perform
        self._arrivals: deque[_Outcome] = deque()
        self._arrived = anyio.Event()

    async def look(self, call_id: int) -> None:
        try:
            outcome: CallLog | Exception = await self._perform(operations.retrieve(call_id))
        except Exception as error:  # noqa: BLE001  (raised in the task that waits)
            outcome = error
        self._arrivals.append((call_id, outcome))
        self._arrived.set()

    async def outcomes(self, seconds: float) -> list[_Outcome]:
        with anyio.move_on_after(seconds):
            await self._arrived.wait()
        self._arrived = anyio.Event()
        arrivals = list(self._arrivals)
        self._arrivals.clear()
        return arrivals
