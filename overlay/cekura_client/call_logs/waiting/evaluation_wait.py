"""The state of one wait for many evaluations: which call to poll, and when it is over.

Neither I/O nor a clock is in here: `_async/waits.py` sends, sleeps and tells the time.
"""

import math
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from numbers import Integral
from typing import Any, cast

from cekura_client.call_logs.arguments import one_id, optional_function, optional_id
from cekura_client.call_logs.listing.query import Window, checked_range
from cekura_client.call_logs.metric_names import has_names, ids_and_names, ids_of
from cekura_client.call_logs.operations import listing_of_scope
from cekura_client.call_logs.waiting.baselines import (
    EvaluationBaseline,
    has_come_to_rest,
    is_evaluated,
    is_still_pending,
)
from cekura_client.call_logs.waiting.poll_schedule import (
    ListPoll,
    ListScope,
    Poll,
    PollResult,
    PollSchedule,
)
from cekura_client.config import LONGEST, number_of_seconds, whole_number
from cekura_client.engine.operation import Operation
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
from cekura_client.models import CallLog, CallLogSummary, Metric
from cekura_client.results import is_evaluating, result_ids, says_evaluating

_FIRST_INTERVAL = 0.5  # seconds; doubles with each poll
_LONGEST_INTERVAL = 30.0

# These say that the next poll would end the same way, of whichever call.
_FOR_ALL = (AuthenticationError, PermissionDeniedError, InvalidRequestError)
# These may pass. Any other error is for good, and of one call alone.
_PASSING = (RateLimitError, ServerError, APIConnectionError, OutcomeUnknownError)
# These may be of lists alone: after so many in a row its calls are polled one by one.
_OF_THE_LIST = (ServerError, OutcomeUnknownError)
_MOST_LIST_FAILURES = 2
# Where lists alone are read: a call that so many in a row do not show is none of theirs.
_MOST_ABSENCES = 3
_CLOCKS_APART = timedelta(days=1)  # at most, the API's and this machine's
_AT_ONCE = 0.001  # seconds that are not waited for


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
        calls: The replies to the requests whose evaluations are waited for, their baselines, or
            plain ids.
        metrics: Ids of the metrics whose results have to be there, and names that `look_up` puts
            ids for; None for any.
        timeout: Seconds that it may all take.
        missing_after: Seconds at rest after which a call is done without all results; None: never.
        whole: Whether whole call logs are wanted, which `retrieve` alone reads.
        agent_id: The agent of the calls that do not say.
        project_id: The project of those.
        since: When the earliest of those occurred.
        max_concurrency: How many polls may be under way at once.
        on_evaluated: Takes each call log once it is evaluated; then none is kept here.
        on_progress: Told at the start, and whenever a call log is done with.
        now: The moment, in seconds that only grow.
        jitter: A random number from 0 to 1.
    """

    def __init__(
        self,
        calls: Iterable[CallLog | CallLogSummary | EvaluationBaseline | int],
        metrics: Iterable[int | str] | None,
        *,
        timeout: float,
        missing_after: float | None = 30.0,
        whole: bool = True,
        agent_id: int | None = None,
        project_id: int | None = None,
        since: object = None,
        max_concurrency: int,
        on_evaluated: Callable[[Any], object] | None,
        on_progress: Callable[[WaitProgress], object] | None,
        now: float,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._asked = [] if metrics is None else ids_and_names("metrics", metrics)
        self._metrics = frozenset(one for one in self._asked if isinstance(one, int))
        self._timeout = number_of_seconds("timeout", timeout, most=LONGEST, zero=False)
        self._missing_after = math.inf
        if missing_after is not None:
            self._missing_after = number_of_seconds(
                "missing_after", missing_after, most=LONGEST, zero=True
            )
        self._whole = _checked_whole(whole)
        given_scope = _given_scope(agent_id, project_id, since)
        self._free = whole_number("max_concurrency", max_concurrency, least=1)
        self._on_evaluated = optional_function("on_evaluated", on_evaluated)
        self._on_progress = optional_function("on_progress", on_progress)
        # Named twice: waited for once, since the state given last.
        self._pending: dict[int, EvaluationBaseline] = {}
        self._of_evaluate: set[int] = set()  # what only chosen metrics were asked to run on
        for call, baseline in _baselines(calls):
            self._pending[baseline.id] = baseline
            if isinstance(call, CallLogSummary):
                self._of_evaluate.add(baseline.id)
        self._given_scope = given_scope
        self._unasked: dict[int, set[int]] = {}  # by metric, the calls that have its result
        self._unasked_is_new = True
        self._ids = list(self._pending)
        self._notices: deque[Callable[[], object]] = deque()
        self._evaluated = 0
        self._done: dict[int, CallLog | CallLogSummary] = {}
        self._last: dict[int, CallLog | CallLogSummary] = {}
        self._missing: dict[int, set[int]] = {}  # by pending call, at its last reading
        self._rests_since: dict[int, float] = {}  # by pending call, its first reading of that kind
        self._failed: dict[int, CekuraError] = {}
        self._deadline = now + self._timeout
        self._paused_until = -math.inf  # no poll before that: the API asked for a pause
        self._passing: CekuraError | None = None  # the last failure that may pass
        self._final: CekuraError | None = None  # the failure that ends it all
        self._under_way: dict[int, float] = {}  # call: the interval that led to the poll
        scopes = (
            (call_id, ListScope.of(baseline, given_scope))
            for call_id, baseline in self._pending.items()
        )
        # Of the calls that a list may tell enough of.
        self._scopes = {call_id: scope for call_id, scope in scopes if scope is not None}
        if not self._whole and len(self._scopes) < len(self._ids):
            raise InvalidRequestError(
                "With whole=False lists are read, so wait_until_evaluated needs agent_id or "
                "project_id where calls do not name their agent themselves, as plain ids do not."
            )
        self._list_failures = Counter[int]()
        self._absences = Counter[int]()
        self._schedule = PollSchedule(jitter, whole=self._whole)
        for call_id in self._ids:
            self._plan(call_id, _FIRST_INTERVAL, now)
        self._report()

    def listing(self) -> Operation[list[Metric]] | None:
        """Return what tells the ids of the metrics' names; None where none was given."""
        if not has_names(self._asked):
            return None
        given, agents = self._given_scope, {one.agent_id for one in self._pending.values()}
        if given is not None:
            return listing_of_scope(given.agent_id, given.project_id)
        return listing_of_scope(agents.pop() if len(agents) == 1 else None, None)

    def look_up(self, listed: Sequence[Metric]) -> None:
        """Put ids for the metrics' names.

        Raises:
            MetricNameError: A name is no metric's, or that of several.
        """
        self._metrics = frozenset(ids_of(self._asked, listed))

    def _plan(self, call_id: int, interval: float, now: float) -> None:
        self._schedule.plan(call_id, interval, now, self._scopes.get(call_id))

    def is_over(self, now: float) -> bool:
        """Whether nothing is left to poll, or no time, or no hope."""
        paused_to_the_end = self._paused_until >= self._deadline and not self._under_way
        hopeless = self._final is not None or paused_to_the_end
        return not self._pending or hopeless or now >= self._deadline

    @property
    def is_under_way(self) -> bool:
        """Whether the result of a poll is awaited."""
        return bool(self._under_way)

    def next_poll(self, now: float) -> Poll | None:
        """Return a poll that is due now, and count it as under way."""
        if self.is_over(now) or self._next_moment() > now:
            return None
        poll, intervals = self._schedule.take(now)
        self._under_way |= intervals
        self._free -= 1
        return poll

    def seconds_left(self, now: float) -> float:
        """Return for how many seconds it may still go on."""
        return max(0.0, self._deadline - now)

    def idle_seconds(self, now: float) -> float:
        """Return for how many seconds nothing is to do, unless the result of a poll arrives."""
        return max(0.0, min(self._next_moment(), self._deadline) - now)

    def _next_moment(self) -> float:
        if not self._free:
            return math.inf
        return max(self._schedule.next_moment(), self._paused_until)

    def take(self, poll: Poll, result: PollResult, now: float) -> None:
        """Take in what a poll came to.

        Raises:
            BaseException: The result, where it is an exception that is not of this package.
        """
        ids = poll.ids if isinstance(poll, ListPoll) else (poll,)
        intervals = {call_id: self._under_way.pop(call_id) for call_id in ids}
        self._free += 1
        for call_id in self._to_poll_again(poll, ids, result, now):
            interval = min(2 * intervals.pop(call_id), _LONGEST_INTERVAL)
            left = self._seconds_until_missing(call_id, now)
            if _AT_ONCE < left < interval and not isinstance(result, BaseException):
                interval = left
            self._plan(call_id, interval, now)
        for call_id, interval in intervals.items():
            # What a list shows evaluated, or does not tell enough of, is for `retrieve` to decide.
            if call_id in self._pending:
                self._scopes.pop(call_id, None)
                self._schedule.plan_at_once(call_id, interval, now)

    def _to_poll_again(
        self, poll: Poll, ids: tuple[int, ...], result: PollResult, now: float
    ) -> Iterable[int]:
        """Take in a result, and name the calls that are polled again in the same way."""
        if isinstance(result, CallLog):
            return [*self._after_reading(ids[0], result, now)]
        if isinstance(result, list):
            return [*self._after_list(ids, result, now)]
        if isinstance(result, _PASSING):
            self._after_passing(poll, result, now)
            return ids
        if not isinstance(result, CekuraError):
            raise result
        if self._whole and isinstance(poll, ListPoll) and isinstance(result, PermissionDeniedError):
            return ()  # a key that may not list may still read
        if isinstance(result, _FOR_ALL):
            self.stop(result)
        elif not (self._whole and isinstance(poll, ListPoll)):
            for call_id in ids:
                self._fail(call_id, result)
        return ()

    def _fail(self, call_id: int, error: CekuraError) -> None:
        self._failed[call_id] = error
        self._forget(call_id)
        self._report()

    def _forget(self, call_id: int) -> None:
        del self._pending[call_id]
        for kept in (self._last, self._missing, self._rests_since):
            kept.pop(call_id, None)

    def _after_reading(
        self, call_id: int, call: CallLog | CallLogSummary, now: float
    ) -> Iterator[int]:
        """Take in what a call is like now, and name it where it is to be read again."""
        is_missed = self._note(call_id, call, now)
        since = self._pending[call_id]
        if not (is_missed or is_evaluated(call, since=since, metrics=self._metrics)):
            yield call_id
            return
        if self._metrics and call_id in self._of_evaluate:
            self._note_unasked(call, since)
        if self._on_evaluated is None:
            self._done[call_id] = call
        else:
            self._notices.append(partial(self._on_evaluated, call))
        self._evaluated += 1
        self._forget(call_id)
        self._report()

    def _note_unasked(self, call: CallLog | CallLogSummary, since: EvaluationBaseline) -> None:
        """Note results that are neither of the metrics asked for nor in the reply."""
        for metric in result_ids(call) - self._metrics - {*since.metrics}:
            self._unasked.setdefault(metric, set()).add(call.id)
            if says_evaluating(since.status) and not since.metrics:
                self._unasked_is_new = False  # such a reply hides what was there before

    def unasked_note(self) -> str:
        """Tell of results that nobody asked for; nothing where there are none."""
        if not self._unasked:
            return ""
        calls = len({call for ids in self._unasked.values() for call in ids})
        ran = "They" if self._unasked_is_new else "Unless these are from before, they"
        return (
            f"{calls} of {len(self._ids)} call logs have results of metrics that were not asked "
            f"for: {shown_ids(sorted(self._unasked))}. {ran} ran, too, and may be charged: by a "
            "known issue, the API may run every metric of the agent."
        )

    def _note(self, call_id: int, call: CallLog | CallLogSummary, now: float) -> bool:
        """Note what a call is like now, and tell whether what is missing is waited for no more."""
        if self._on_evaluated is None:
            self._last[call_id] = call
        self._missing[call_id] = {*self._metrics} - result_ids(call)
        if is_evaluating(call):
            self._rests_since.pop(call_id, None)
        if not has_come_to_rest(call, since=self._pending[call_id], metrics=self._metrics):
            return False
        self._rests_since.setdefault(call_id, now)
        return self._seconds_until_missing(call_id, now) <= _AT_ONCE

    def _seconds_until_missing(self, call_id: int, now: float) -> float:
        """Tell for how long the results that a call has not are still waited for."""
        return self._rests_since.get(call_id, math.inf) + self._missing_after - now

    def _after_list(
        self, ids: tuple[int, ...], rows: list[CallLogSummary], now: float
    ) -> Iterator[int]:
        shown = {row.id: row for row in rows}
        for call_id in ids:
            del self._list_failures[call_id]
            row = shown.get(call_id)
            if self._whole:
                if row is not None and self._is_still_pending(call_id, row, now):
                    yield call_id
            elif row is None:
                yield from self._after_absence(call_id)
            else:
                del self._absences[call_id]
                self._scopes[call_id] = self._scopes[call_id].at(row.timestamp)
                yield from self._after_reading(call_id, row, now)

    def _is_still_pending(self, call_id: int, row: CallLogSummary, now: float) -> bool:
        """Whether a list is enough to say so for certain."""
        is_missed = self._note(call_id, row, now)
        since = self._pending[call_id]
        return not is_missed and is_still_pending(row, since=since, metrics=self._metrics)

    def _after_absence(self, call_id: int) -> Iterator[int]:
        self._absences[call_id] += 1
        if self._absences[call_id] < _MOST_ABSENCES:
            yield call_id
            return
        # Nothing that comes later is sure to show it.
        scope = self._scopes[call_id]
        self._fail(call_id, CekuraError(f"Call log {call_id} is in no list of {scope}."))

    def _after_passing(self, poll: Poll, error: CekuraError, now: float) -> None:
        self._passing = error
        if isinstance(error, RateLimitError):
            self._paused_until = max(self._paused_until, now + (error.retry_after or 0.0))
        if self._whole and isinstance(poll, ListPoll) and isinstance(error, _OF_THE_LIST):
            self._list_failures.update(poll.ids)
            for call_id in poll.ids:
                if self._list_failures[call_id] >= _MOST_LIST_FAILURES:
                    del self._scopes[call_id]

    def _report(self) -> None:
        if self._on_progress is not None:
            told = WaitProgress(len(self._ids), self._evaluated, len(self._failed))
            self._notices.append(partial(self._on_progress, told))

    def notices(self) -> Iterator[Callable[[], object]]:
        """Take out, one by one, what the caller's functions have to be told."""
        while self._notices:
            yield self._notices.popleft()

    def stop(self, reason: CekuraError) -> None:
        """End it, because of this."""
        self._final = reason

    def result(self) -> list[CallLog] | list[CallLogSummary]:
        """Return the call logs in the order given.

        Raises:
            WaitTimeoutError: The time was over first.
            WaitError: Some cannot be read, or the API lets nothing be read.
        """
        done = cast(
            "list[CallLog] | list[CallLogSummary]",
            [self._done[call_id] for call_id in self._ids if call_id in self._done],
        )
        pending = [call_id for call_id in self._ids if call_id in self._pending]
        if not pending and not self._failed:
            return done
        kind, cause, end = self._ending(pending)
        whereabouts = "is in `done`" if self._on_evaluated is None else "went to `on_evaluated`"
        message = (
            f"{self._evaluated} of {len(self._ids)} call logs were seen evaluated. {end} "
            f"Waiting costs nothing: what was found {whereabouts}, wait again for `pending`."
        )
        error = kind(message, done=done, pending=pending, failed=self._failed)
        if isinstance(error, WaitTimeoutError):
            error.last = dict(self._last)
            error.missing = {call_id: set(ids) for call_id, ids in self._missing.items()}
        raise error from cause

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
        if self._paused_until >= self._deadline:
            late = f"The API asks for a pause that outlasts the {self._timeout:g} s allowed."
        missing = sorted({metric for metrics in self._missing.values() for metric in metrics})
        if missing:
            late = f"{late} No results of metrics {shown_ids(missing)} yet."
        return WaitTimeoutError, self._passing or first_failure, f"{late} {unread}".rstrip()

    def interruption_note(self) -> str:
        """Say what an exception from elsewhere found done."""
        return (
            f"wait_until_evaluated was interrupted when {self._evaluated} of {len(self._ids)} "
            "call logs were seen evaluated. Nothing was charged for waiting, and `retrieve` reads "
            "them again."
        )


def _checked_whole(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"whole is True or False; got {value!r}.")
    return value


def _given_scope(agent_id: object, project_id: object, since: object) -> ListScope | None:
    """Make the scope of calls that do not say themselves whose they are."""
    agent, project = optional_id("agent_id", agent_id), optional_id("project_id", project_id)
    time_range = checked_range(since, None, datetime.now(UTC))
    if agent is None and project is None:
        if since is not None:
            raise InvalidRequestError("since says which calls of agent_id or project_id are meant.")
        return None
    if time_range is not None:
        time_range = Window(time_range.start, time_range.end + _CLOCKS_APART)
    return ListScope(agent, project, time_range)


def _baselines(calls: object) -> Iterator[tuple[object, EvaluationBaseline]]:
    """Give each call log and its baseline; the call log itself is not kept."""
    if isinstance(calls, (str, bytes)) or not isinstance(calls, Iterable):
        raise InvalidRequestError(
            f"calls is a {type(calls).__name__}; it takes several call logs, as the operations "
            "return them, or ids."
        )
    for call in cast("Iterable[object]", calls):
        if isinstance(call, EvaluationBaseline):
            one_id("calls", call.id)
            optional_id("calls", call.agent_id)
            yield call, call
        elif isinstance(call, (CallLog, CallLogSummary)):
            yield call, EvaluationBaseline.of(call)
        elif isinstance(call, Integral):
            # What it was like is not known, so any evaluation that is over counts.
            yield call, EvaluationBaseline(id=one_id("calls", call), status="evaluating")
        else:
            raise InvalidRequestError(
                f"calls holds a {type(call).__name__}; it takes call logs as the operations "
                "return them, an EvaluationBaseline of each, or ids."
            )
