"""Looks at call logs until they are evaluated; the caller's functions are called in between."""

import time
from collections import deque
from collections.abc import Callable

from cekura_client._async.lists import AsyncLister
from cekura_client._async.performing import AsyncPause, AsyncPerform
from cekura_client._concurrency import AsyncWakeup, async_call, async_workers
from cekura_client.call_logs import operations
from cekura_client.call_logs.waiting.evaluation_wait import EvaluationWait
from cekura_client.call_logs.waiting.polls import ListPoll, Outcome, Poll
from cekura_client.engine.attempt_observer import AttemptObserver
from cekura_client.engine.operation import Operation, ResultT
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import CekuraError
from cekura_client.models import CallLog


class AsyncWaits:
    """Looks at call logs, several at once.

    Args:
        perform: Does one call.
        wake: Ends every wait of the client's calls, so that they look whether to go on.
        pause: Sleeps so many seconds; raises a `CekuraError` once the client is closed.
        base_url: Where the client sends it.
    """

    def __init__(
        self,
        perform: AsyncPerform,
        wake: Callable[[], None],
        pause: AsyncPause,
        base_url: str,
    ) -> None:
        self._perform = perform
        self._wake = wake
        self._pause = pause
        self._base_url = base_url

    async def run(self, waiting: EvaluationWait) -> list[CallLog]:
        """Poll until the wait is over.

        A request under way at the end is not waited for: it costs nothing.

        Raises:
            WaitError: Not every call log was seen evaluated.
        """
        looks = _Looks(self._perform, self._base_url)
        try:
            async with async_workers() as start:
                while True:
                    for notice in waiting.notices():
                        await async_call(notice)
                    if waiting.is_over(time.monotonic()):
                        break
                    while (look := waiting.next_look(time.monotonic())) is not None:
                        start(looks.look, look)
                    await self._rest(waiting, looks)
        except BaseException as interruption:
            interruption.add_note(waiting.interruption_note())
            raise
        finally:
            looks.stopped = True
            self._wake()
        return waiting.result()

    async def _rest(self, waiting: EvaluationWait, looks: "_Looks") -> None:
        seconds = waiting.rest(time.monotonic())
        if not waiting.is_under_way:
            try:
                await self._pause(seconds)
            except CekuraError as closed:
                waiting.stop(closed)
            return
        for look, outcome in await looks.arrived(seconds):
            waiting.take(look, outcome, time.monotonic())


class _Looks:
    """Looks that are under way at once, and what they came to.

    It is the watch of its own calls, too: it gives up what has not been sent at the end.
    """

    def __init__(self, perform: AsyncPerform, base_url: str) -> None:
        self._perform = perform
        self._lister = AsyncLister(self._perform_watched, base_url)
        self._arrivals: deque[tuple[Poll, Outcome]] = deque()
        self._bell = AsyncWakeup()
        self.blocks = self.stopped = False

    async def look(self, look: Poll) -> None:
        outcome: Outcome
        try:
            outcome = await self._outcome(look)
        except Exception as error:  # noqa: BLE001  (raised where the wait is)
            outcome = error
        self._arrivals.append((look, outcome))
        self._bell.wake()

    async def _outcome(self, look: Poll) -> Outcome:
        if isinstance(look, ListPoll):
            return [row async for row in self._lister.rows(look.query())]
        return await self._perform_watched(operations.retrieve(look))

    async def _perform_watched(
        self, operation: Operation[ResultT], watch: AttemptObserver | None = None
    ) -> ResultT:
        return await self._perform(operation, watch or self)

    async def arrived(self, seconds: float) -> list[tuple[Poll, Outcome]]:
        if not self._arrivals:
            await self._bell.wait(seconds)
        # One by one: more may arrive meanwhile.
        return [self._arrivals.popleft() for _ in range(len(self._arrivals))]

    def sending(self, now: Moment) -> None:
        """Note nothing: a look costs nothing."""

    def held(self) -> None:
        """Note nothing."""

    def give_up(self) -> Exception:
        return CekuraError("The wait is over.")  # nobody is left to see it
