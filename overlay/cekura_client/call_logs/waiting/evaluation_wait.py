"""Waiting for many evaluations, without I/O and without a clock: which call to look at, and when.

The shells in `threads` and `tasks` send, sleep and tell the time; here is decided.
"""

import math
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from cekura_client.call_logs.waiting.arguments import (
    checked_concurrency,
    checked_function,
    checked_marks,
    checked_metrics,
    checked_timeout,
)
from cekura_client.call_logs.waiting.baselines import (
    EvaluationBaseline,
    is_evaluated,
    is_still_pending,
)
from cekura_client.call_logs.waiting.poll_schedule import PollSchedule
from cekura_client.call_logs.waiting.polls import ListPoll, ListScope, Outcome, Poll
from cekura_client.errors import (
    APIConnectionError,
    AuthenticationError,
    CekuraError,
    InvalidRequestError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    WaitError,
    WaitTimeoutError,
    shown_ids,
)
from cekura_client.models import CallLog, CallLogSummary

_FIRST_INTERVAL = 0.5  # seconds; doubles with each look
_LONGEST_INTERVAL = 30.0

# These say that the next look would end the same way, at whichever call.
_FOR_ALL = (AuthenticationError, PermissionDeniedError, InvalidRequestError)
# These may pass. Any other error is for good, and of one call alone.
_PASSING = (RateLimitError, ServerError, APIConnectionError, OutcomeUnknownError)
# These may be the list's own trouble: after so many in a row its calls are looked at one by one.
_OF_THE_LIST = (ServerError, OutcomeUnknownError)
_MOST_STRIKES = 2


@dataclass(frozen=True, slots=True)
class WaitProgress:
    """How far a wait has come.

    Attributes:
        total: How many call logs are waited for, each counted once.
        evaluated: How many were seen evaluated.
        failed: How many cannot be read: `retrieve` refuses them for good.

    Example:
        >>> WaitProgress(total=10, evaluated=6, failed=1).pending
        3
    """

    total: int
    evaluated: int
    failed: int

    @property
    def pending(self) -> int:
        """How many are still waited for."""
        return self.total - self.evaluated - self.failed


class EvaluationWait:
    """The state of one wait.

    Args:
        calls: The replies to the requests whose evaluations are waited for, or their marks.
        metrics: Ids of the metrics whose results have to be there; None for any.
        timeout: Seconds that it may all take.
        max_concurrency: How many looks may be under way at once.
        on_evaluated: Takes each call log once it is evaluated; then none is kept here.
        on_progress: Told at the start, and whenever a call log is done with.
        now: The moment, in seconds that only grow.
        jitter: A random number from 0 to 1.

    Raises:
        InvalidRequestError: An argument is refused.
    """

    def __init__(
        self,
        calls: Iterable[CallLog | CallLogSummary | EvaluationBaseline],
        metrics: Iterable[int] | None,
        *,
        timeout: float,
        max_concurrency: int,
        on_evaluated: Callable[[CallLog], object] | None,
        on_progress: Callable[[WaitProgress], object] | None,
        now: float,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._metrics = checked_metrics(metrics)
        self._timeout = checked_timeout(timeout)
        self._free = checked_concurrency(max_concurrency)
        self._on_evaluated = checked_function("on_evaluated", on_evaluated)
        self._on_progress = checked_function("on_progress", on_progress)
        # Named twice: waited for once, since the state given last.
        self._pending = {mark.id: mark for mark in checked_marks(calls)}
        self._order = list(self._pending)
        self._notices: deque[Callable[[], object]] = deque()
        self._evaluated = 0
        self._kept: dict[int, CallLog] = {}
        self._failed: dict[int, CekuraError] = {}
        self._deadline = now + self._timeout
        self._held_until = -math.inf  # no look before that: the API asked for a pause
        self._trouble: CekuraError | None = None  # the last failure that may pass
        self._final: CekuraError | None = None  # the failure that ends it all
        self._under_way: dict[int, float] = {}  # call: the interval that led to the look
        shelves = ((mark.id, ListScope.of(mark)) for mark in self._pending.values())
        # Of the calls that a list may tell enough of.
        self._shelves = {call_id: shelf for call_id, shelf in shelves if shelf is not None}
        self._strikes = Counter[int]()
        self._agenda = PollSchedule(jitter)
        for call_id in self._order:
            self._plan(call_id, _FIRST_INTERVAL, now)
        self._report()

    def _plan(self, call_id: int, interval: float, now: float) -> None:
        self._agenda.plan(call_id, interval, now, self._shelves.get(call_id))

    def is_over(self, now: float) -> bool:
        """Whether nothing is left to look at, or no time, or no hope."""
        held_for_good = self._held_until >= self._deadline and not self._under_way
        hopeless = self._final is not None or held_for_good
        return not self._pending or hopeless or now >= self._deadline

    @property
    def is_under_way(self) -> bool:
        """Whether the outcome of a look is awaited."""
        return bool(self._under_way)

    def next_look(self, now: float) -> Poll | None:
        """Return a look that is due now, and count it as under way."""
        if self.is_over(now) or self._next_moment() > now:
            return None
        look, intervals = self._agenda.take(now)
        self._under_way |= intervals
        self._free -= 1
        return look

    def rest(self, now: float) -> float:
        """Return for how many seconds nothing is to do, unless the outcome of a look arrives."""
        return max(0.0, min(self._next_moment(), self._deadline) - now)

    def _next_moment(self) -> float:
        if not self._free:
            return math.inf
        return max(self._agenda.next_moment(), self._held_until)

    def take(self, look: Poll, outcome: Outcome, now: float) -> None:
        """Take in what a look came to.

        Raises:
            BaseException: The outcome, where it is not of this package.
        """
        ids = look.ids if isinstance(look, ListPoll) else (look,)
        intervals = {call_id: self._under_way.pop(call_id) for call_id in ids}
        self._free += 1
        for call_id in self._to_look_at_later(look, ids, outcome, now):
            interval = min(2 * intervals.pop(call_id), _LONGEST_INTERVAL)
            self._agenda.plan(call_id, interval, now, self._shelves.get(call_id))
        for call_id, interval in intervals.items():
            # What a list shows evaluated, or does not tell enough of, is for `retrieve` to decide.
            if call_id in self._pending:
                self._shelves.pop(call_id, None)
                self._agenda.plan_at_once(call_id, interval, now)

    def _to_look_at_later(
        self, look: Poll, ids: tuple[int, ...], outcome: Outcome, now: float
    ) -> Iterable[int]:
        if isinstance(outcome, CallLog):
            return self._after_call(ids[0], outcome)
        if isinstance(outcome, list):
            return self._after_list(ids, outcome)
        if isinstance(outcome, _PASSING):
            self._after_trouble(look, outcome, now)
            return ids
        if not isinstance(outcome, CekuraError):
            raise outcome
        if isinstance(look, ListPoll) and isinstance(outcome, PermissionDeniedError):
            return ()  # a key that may not list may still read
        if isinstance(outcome, _FOR_ALL):
            self.stop(outcome)
        elif not isinstance(look, ListPoll):
            self._failed[look] = outcome
            del self._pending[look]
            self._report()
        return ()

    def _after_call(self, call_id: int, call: CallLog) -> Iterable[int]:
        if not is_evaluated(call, since=self._pending[call_id], metrics=self._metrics):
            return (call_id,)
        if self._on_evaluated is None:
            self._kept[call_id] = call
        else:
            self._notices.append(partial(self._on_evaluated, call))
        self._evaluated += 1
        del self._pending[call_id]
        self._report()
        return ()

    def _after_list(self, ids: tuple[int, ...], rows: list[CallLogSummary]) -> Iterable[int]:
        shown = {row.id: row for row in rows}
        for call_id in ids:
            del self._strikes[call_id]
            row = shown.get(call_id)
            if row is not None and is_still_pending(
                row, since=self._pending[call_id], metrics=self._metrics
            ):
                yield call_id

    def _after_trouble(self, look: Poll, trouble: CekuraError, now: float) -> None:
        self._trouble = trouble
        if isinstance(trouble, RateLimitError):
            self._held_until = max(self._held_until, now + (trouble.retry_after or 0.0))
        if isinstance(look, ListPoll) and isinstance(trouble, _OF_THE_LIST):
            self._strikes.update(look.ids)
            for call_id in look.ids:
                if self._strikes[call_id] >= _MOST_STRIKES:
                    del self._shelves[call_id]

    def _report(self) -> None:
        if self._on_progress is not None:
            told = WaitProgress(len(self._order), self._evaluated, len(self._failed))
            self._notices.append(partial(self._on_progress, told))

    def notices(self) -> Iterator[Callable[[], object]]:
        """Take out, one by one, what the caller's functions have to be told."""
        while self._notices:
            yield self._notices.popleft()

    def stop(self, reason: CekuraError) -> None:
        """End it, because of this."""
        self._final = reason

    def result(self) -> list[CallLog]:
        """Return the call logs in the order given.

        Raises:
            WaitTimeoutError: The time was over first.
            WaitError: Some cannot be read, or the API lets nothing be read.
        """
        done = [self._kept[call_id] for call_id in self._order if call_id in self._kept]
        pending = [call_id for call_id in self._order if call_id in self._pending]
        if not pending and not self._failed:
            return done
        kind, cause, end = self._ending(pending)
        message = (
            f"{self._evaluated} of {len(self._order)} call logs were seen evaluated. {end} "
            f"Waiting costs nothing: what was found {self._whereabouts}, wait again for `pending`."
        )
        raise kind(message, done=done, pending=pending, failed=self._failed) from cause

    def _ending(self, pending: list[int]) -> tuple[type[WaitError], CekuraError | None, str]:
        if self._final is not None:
            return WaitError, self._final, f"Nothing more can be read: {self._final}"
        unread = ""
        first_failure = next(iter(self._failed.values()), None)
        if first_failure is not None:
            unread = f"{shown_ids(list(self._failed))} cannot be read: {first_failure}"
        if not pending:
            return WaitError, first_failure, unread
        late = f"After {self._timeout:g} s {shown_ids(pending)} were not."
        if self._held_until >= self._deadline:
            late = f"The API asks for a pause that outlasts the {self._timeout:g} s allowed."
        return WaitTimeoutError, self._trouble or first_failure, f"{late} {unread}".rstrip()

    @property
    def _whereabouts(self) -> str:
        return "is in `done`" if self._on_evaluated is None else "went to `on_evaluated`"

    def interruption_note(self) -> str:
        """Say what an exception from elsewhere found done."""
        return (
            f"wait_until_evaluated was interrupted when {self._evaluated} of {len(self._order)} "
            "call logs were seen evaluated. Nothing was charged for waiting, and `retrieve` reads "
            "them again."
        )
