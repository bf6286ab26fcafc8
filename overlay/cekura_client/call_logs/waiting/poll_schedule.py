"""When the next look is due, and whether it is at one call or at many."""

import heapq
import itertools
import math
from collections.abc import Callable
from operator import itemgetter

from cekura_client.call_logs.listing.query import MOST_ROWS
from cekura_client.call_logs.waiting.polls import ListPoll, ListScope, Poll

_JITTER = 0.25  # of the interval, and only upward
_FEWEST_LISTED = 3  # for fewer, a list and what follows it are no fewer requests

_Entry = tuple[float, int, int, float]  # moment, serial, call, interval


class _Together:
    """The calls of one shelf, by the earliest moment of their next look."""

    def __init__(self, jitter: float) -> None:
        self.entries: list[_Entry] = []
        self.jitter = jitter

    def moment(self) -> float:
        earliest, _, _, interval = self.entries[0]
        return earliest + interval * _JITTER * self.jitter


class PollSchedule:
    """The calls that are to be looked at.

    Args:
        jitter: A random number from 0 to 1.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._serials = itertools.count()
        self._single: list[_Entry] = []
        self._shelves: dict[ListScope, _Together] = {}  # none of them is empty

    def plan(self, call_id: int, interval: float, now: float, shelf: ListScope | None) -> None:
        """Look at a call when the interval has passed."""
        if shelf is None:
            moment = now + interval * (1 + _JITTER * self._jitter())
            self._add(self._single, moment, call_id, interval)
            return
        # Those that share a moment share a request, so one jitter serves all.
        if shelf not in self._shelves:
            self._shelves[shelf] = _Together(self._jitter())
        self._add(self._shelves[shelf].entries, now + interval, call_id, interval)

    def plan_at_once(self, call_id: int, interval: float, now: float) -> None:
        """Look at a call now, by itself."""
        self._add(self._single, now, call_id, interval)

    def _add(self, entries: list[_Entry], moment: float, call_id: int, interval: float) -> None:
        heapq.heappush(entries, (moment, next(self._serials), call_id, interval))

    def next_moment(self) -> float:
        """Return when the next look is due."""
        single = self._single[0][0] if self._single else math.inf
        return min(single, self._next_shelf()[0])

    def _next_shelf(self) -> tuple[float, ListScope | None]:
        due = ((calls.moment(), shelf) for shelf, calls in self._shelves.items())
        return min(due, key=itemgetter(0), default=(math.inf, None))

    def take(self, now: float) -> tuple[Poll, dict[int, float]]:
        """Take out the look that is due, and for each of its calls the interval that led to it."""
        moment, shelf = self._next_shelf()
        if shelf is not None and not (self._single and self._single[0][0] < moment):
            together = self._take_together(shelf, now)
            if len(together) >= _FEWEST_LISTED:
                intervals = {call_id: interval for _, _, call_id, interval in together}
                return ListPoll(shelf, tuple(intervals)), intervals
            for entry in together:
                heapq.heappush(self._single, entry)
        _, _, call_id, interval = heapq.heappop(self._single)
        return call_id, {call_id: interval}

    def _take_together(self, shelf: ListScope, now: float) -> list[_Entry]:
        calls = self._shelves[shelf]
        taken: list[_Entry] = []
        while calls.entries and calls.entries[0][0] <= now and len(taken) < MOST_ROWS:
            taken.append(heapq.heappop(calls.entries))
        calls.jitter = self._jitter()
        if not calls.entries:
            del self._shelves[shelf]
        return taken
