"""Polls call logs until they are evaluated; the caller's functions are called in between.

And sends again, after a pause, what was refused because a call is still being evaluated.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from cekura_client._async.lists import AsyncLister
from cekura_client._async.performing import AsyncPerform, AsyncSleep
from cekura_client._concurrency import AsyncWakeup, async_call, async_workers
from cekura_client.call_logs import operations
from cekura_client.call_logs.waiting.busy import BusyWait
from cekura_client.call_logs.waiting.evaluation_wait import EvaluationWait
from cekura_client.call_logs.waiting.poll_schedule import ListPoll, Poll, PollResult
from cekura_client.engine.exchange import AttemptObserver
from cekura_client.engine.operation import Operation, ResultT
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import CekuraError, ClientClosedError, StillEvaluatingError
from cekura_client.models import CallLog, CallLogSummary, Metric

logger = logging.getLogger("cekura_client")


class AsyncWaits:
    """Polls call logs, several at once.

    Args:
        perform: Does one call.
        wake: Ends every wait of the client's calls, so that they see whether to go on.
        sleep: Sleeps so many seconds; raises a `CekuraError` once the client is closed.
        base_url: Where the client sends it.
    """

    def __init__(
        self,
        perform: AsyncPerform,
        wake: Callable[[], None],
        sleep: AsyncSleep,
        base_url: str,
    ) -> None:
        self._perform = perform
        self._wake = wake
        self._sleep = sleep
        self._base_url = base_url

    async def perform_when_free(self, operation: Operation[ResultT], busy: BusyWait) -> ResultT:
        """Do one call, and again as long as it is refused because of a call that is busy.

        That is safe: what is refused so certainly did not run.

        Raises:
            StillEvaluatingError: A call still is when the time is over, or the client closed.
            CekuraError: It came to no result.
        """
        while True:
            try:
                return await self._perform(operation)
            except StillEvaluatingError as error:
                refusal = error
            pause = busy.next_pause(time.monotonic())
            if pause is None:
                raise refusal
            logger.info(
                "%s: a call is still being evaluated; sent again in %.1f s", operation.name, pause
            )
            try:
                await self._sleep(pause)
            except ClientClosedError:
                refusal.add_note("The client was closed while it waited to send this again.")
                raise refusal from None

    async def run(self, wait: EvaluationWait) -> list[CallLog] | list[CallLogSummary]:
        """Poll until the wait is over.

        A request under way at the end is not waited for: it costs nothing.

        Raises:
            WaitError: Not every call log was seen evaluated.
            CekuraError: Metrics have names that cannot be looked up.
        """
        polls = _Polls(self._perform, self._base_url)
        try:
            await self._look_up(wait, polls)
            await self._poll(wait, polls)
        finally:
            polls.stopped = True
            self._wake()
        if unasked := wait.unasked_note():
            logger.warning("%s", unasked)
        return wait.result()

    async def _look_up(self, wait: EvaluationWait, polls: "_Polls") -> None:
        """Have names of metrics looked up; the time that it takes is of the wait."""
        listing = wait.listing()
        if listing is None:
            return
        async with async_workers() as start:
            start(polls.list_metrics, listing)
            while polls.listed is None and not wait.is_over(time.monotonic()):
                await polls.ring(wait.seconds_left(time.monotonic()))
        if isinstance(polls.listed, Exception):
            raise polls.listed
        if polls.listed is not None:
            wait.look_up(polls.listed)

    async def _poll(self, wait: EvaluationWait, polls: "_Polls") -> None:
        try:
            async with async_workers() as start:
                while True:
                    for notice in wait.notices():
                        await async_call(notice)
                    if wait.is_over(time.monotonic()):
                        break
                    while (poll := wait.next_poll(time.monotonic())) is not None:
                        start(polls.send, poll)
                    await self._idle(wait, polls)
        except BaseException as interruption:
            interruption.add_note(wait.interruption_note())
            raise

    async def _idle(self, wait: EvaluationWait, polls: "_Polls") -> None:
        seconds = wait.idle_seconds(time.monotonic())
        if not wait.is_under_way:
            try:
                await self._sleep(seconds)
            except CekuraError as closed:
                wait.stop(closed)
            return
        for poll, result in await polls.arrived(seconds):
            wait.take(poll, result, time.monotonic())


class _Polls:
    """Polls that are under way at once, and what they came to.

    It observes the attempts of its own requests, too: what is not sent by the end is given up.

    Attributes:
        listed: The metrics, or why they were not listed; None where that is not known yet.
    """

    listed: Sequence[Metric] | Exception | None = None

    def __init__(self, perform: AsyncPerform, base_url: str) -> None:
        self._perform = perform
        self._lister = AsyncLister(self._perform_observed, base_url)
        self._arrivals: deque[tuple[Poll, PollResult]] = deque()
        self._bell = AsyncWakeup()
        self.blocks = self.stopped = False

    async def list_metrics(self, listing: Operation[list[Metric]]) -> None:
        try:
            self.listed = await self._perform_observed(listing)
        except Exception as error:  # noqa: BLE001  (raised where the wait is)
            self.listed = error
        self._bell.wake()

    async def send(self, poll: Poll) -> None:
        result: PollResult
        try:
            result = await self._result(poll)
        except Exception as error:  # noqa: BLE001  (raised where the wait is)
            result = error
        self._arrivals.append((poll, result))
        self._bell.wake()

    async def _result(self, poll: Poll) -> PollResult:
        if isinstance(poll, ListPoll):
            return [row async for row in self._lister.rows(poll.query())]
        return await self._perform_observed(operations.retrieve(poll))

    async def _perform_observed(
        self, operation: Operation[ResultT], observer: AttemptObserver | None = None
    ) -> ResultT:
        return await self._perform(operation, observer or self)

    async def ring(self, seconds: float) -> None:
        await self._bell.wait(seconds)

    async def arrived(self, seconds: float) -> list[tuple[Poll, PollResult]]:
        if not self._arrivals:
            await self.ring(seconds)
        # One by one: more may arrive meanwhile.
        return [self._arrivals.popleft() for _ in range(len(self._arrivals))]

    def sending(self, now: Moment) -> None:
        """Note nothing: a poll costs nothing."""

    def not_run(self) -> None:
        """Note nothing."""

    def give_up(self) -> Exception:
        return CekuraError("The wait is over.")  # nobody is left to see it
