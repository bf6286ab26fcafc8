"""What a poll is, one call or many that one list shows, and when the next one is due."""

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from cekura_client.call_logs.listing.query import MOST_ROWS, ListQuery, Window
from cekura_client.call_logs.waiting.baselines import EvaluationBaseline
from cekura_client.models import CallLog, CallLogSummary
from cekura_client.results import with_time_zone

_JITTER = 0.25  # of the interval, and only upward
_FEWEST_LISTED = 3  # for fewer, a list and what follows it are no fewer requests
# The API lists 33 days at most in one request; whether the ends are in it is not published.
_PERIOD = timedelta(days=32)
_MARGIN = timedelta(seconds=1)
_FIRST_PERIOD = datetime(2000, 1, 1, tzinfo=UTC)
_YEARS = range(2000, 9999)

_Entry = tuple[float, int, int, float]  # moment, serial number, call, interval


@dataclass(frozen=True, slots=True)
class ListScope:
    """Where a list finds a call.

    Attributes:
        agent_id: Its agent; None where `project_id` alone is known.
        project_id: Its project.
        time_range: When it occurred; None for the API's own range, the last 30 days.
    """

    agent_id: int | None
    project_id: int | None = None
    time_range: Window | None = None

    @classmethod
    def of(
        cls, baseline: EvaluationBaseline, given: "ListScope | None" = None
    ) -> "ListScope | None":
        """Find the scope of a call; what its baseline does not tell is as given."""
        if baseline.agent_id is None:
            return given
        time_range = _period_of(baseline.timestamp)
        if time_range is None and given is not None:
            time_range = given.time_range
        return cls(baseline.agent_id, time_range=time_range)

    def at(self, timestamp: datetime | None) -> "ListScope":
        """Narrow its range down to one that one request may name, once the moment is known."""
        period = None if self.time_range is None else _period_of(timestamp)
        return self if period is None else replace(self, time_range=period)

    def __str__(self) -> str:
        """Say whose calls, and of which time."""
        whose = f"project {self.project_id}" if self.agent_id is None else f"agent {self.agent_id}"
        if self.time_range is None:
            return f"{whose}, of the last 30 days; name since where it is older"
        return f"{whose}, from {self.time_range.start:%Y-%m-%d} to {self.time_range.end:%Y-%m-%d}"

    def query(self, call_ids: tuple[int, ...]) -> ListQuery:
        """Ask for these calls, 200 at most."""
        scope = {"agent_id": self.agent_id, "project_id": self.project_id}
        return ListQuery(
            scope={name: value for name, value in scope.items() if value is not None},
            time_range=self.time_range,
            call_ids=call_ids,
            page_size=MOST_ROWS,
        )


def _period_of(timestamp: datetime | None) -> Window | None:
    """Find a range that one request may name; calls of about the same time share one."""
    if timestamp is None or timestamp.year not in _YEARS:
        return None
    number = (with_time_zone(timestamp) - _FIRST_PERIOD) // _PERIOD
    start = _FIRST_PERIOD + number * _PERIOD
    return Window(start - _MARGIN, start + _PERIOD + _MARGIN)


@dataclass(frozen=True, slots=True)
class ListPoll:
    """A poll of many calls through one list.

    Attributes:
        scope: Where they are.
        ids: The calls, 200 at most.
    """

    scope: ListScope
    ids: tuple[int, ...]

    def query(self) -> ListQuery:
        """What the list is asked for."""
        return self.scope.query(self.ids)


Poll = int | ListPoll
"""What to send: `retrieve` of the call with this id, or a list."""

PollResult = CallLog | list[CallLogSummary] | BaseException
"""What a poll came to."""


class _Together:
    """The calls of one scope, by the earliest moment of their next poll."""

    def __init__(self, jitter: float) -> None:
        self.entries: list[_Entry] = []
        self.jitter = jitter

    def moment(self) -> float:
        earliest, _, _, interval = self.entries[0]
        return earliest + interval * _JITTER * self.jitter


class PollSchedule:
    """The calls that are to be polled.

    Args:
        jitter: A random number from 0 to 1.
        whole: Whether calls are polled one by one where a list of them saves nothing.
    """

    def __init__(self, jitter: Callable[[], float], *, whole: bool) -> None:
        self._jitter = jitter
        self._fewest_listed = _FEWEST_LISTED if whole else 1
        self._serial_numbers = itertools.count()
        self._single: list[_Entry] = []
        self._together: dict[ListScope, _Together] = {}  # none of them is empty

    def plan(self, call_id: int, interval: float, now: float, scope: ListScope | None) -> None:
        """Poll a call when the interval has passed."""
        if scope is None:
            moment = now + interval * (1 + _JITTER * self._jitter())
            self._add(self._single, moment, call_id, interval)
            return
        # Those that share a moment share a request, so one jitter serves all.
        if scope not in self._together:
            self._together[scope] = _Together(self._jitter())
        self._add(self._together[scope].entries, now + interval, call_id, interval)

    def plan_at_once(self, call_id: int, interval: float, now: float) -> None:
        """Poll a call now, by itself."""
        self._add(self._single, now, call_id, interval)

    def _add(self, entries: list[_Entry], moment: float, call_id: int, interval: float) -> None:
        heapq.heappush(entries, (moment, next(self._serial_numbers), call_id, interval))

    def next_moment(self) -> float:
        """Return when the next poll is due."""
        single = self._single[0][0] if self._single else math.inf
        return min(single, self._next_scope()[0])

    def _next_scope(self) -> tuple[float, ListScope | None]:
        due = ((calls.moment(), scope) for scope, calls in self._together.items())
        return min(due, key=itemgetter(0), default=(math.inf, None))

    def take(self, now: float) -> tuple[Poll, dict[int, float]]:
        """Take out the poll that is due, and for each of its calls the interval that led to it."""
        moment, scope = self._next_scope()
        if scope is not None and not (self._single and self._single[0][0] < moment):
            together = self._take_together(scope, now)
            if len(together) >= self._fewest_listed:
                intervals = {call_id: interval for _, _, call_id, interval in together}
                return ListPoll(scope, tuple(intervals)), intervals
            for entry in together:
                heapq.heappush(self._single, entry)
        _, _, call_id, interval = heapq.heappop(self._single)
        return call_id, {call_id: interval}

    def _take_together(self, scope: ListScope, now: float) -> list[_Entry]:
        calls = self._together[scope]
        taken: list[_Entry] = []
        while calls.entries and calls.entries[0][0] <= now and len(taken) < MOST_ROWS:
            taken.append(heapq.heappop(calls.entries))
        calls.jitter = self._jitter()
        if not calls.entries:
            del self._together[scope]
        return taken
