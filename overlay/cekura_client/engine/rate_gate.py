"""Keeps requests waiting while the server refuses them for coming too fast: one gate a client.

Nor does it let in more than there are connections.

Arithmetic under a lock: no I/O, no sleeping, and the clock is handed in. A call that has to wait
sleeps in `_async/performing.py`, and is woken from here.
"""

import bisect
import itertools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cekura_client.config import LONGEST
from cekura_client.engine.attempts import Reply

_SHORTEST = 0.001  # seconds; a timer that rounding ends too early would be set again at once
_SLACK = 0.01  # seconds; a pause as long as a call may wait is not too long
# How many requests may be in flight when a client is new, and when a pause has just ended; twice
# as many after each further step of calm, until all connections are in use. Chosen by measurement
# of a herd of 50 at a limit of 10 a second, with 1 and with 100 ms of latency.
_FIRST_IN_FLIGHT = 8
_FIRST_STEP = 0.25  # seconds
_PROBING_IN_FLIGHT = 2
_PROBING_STEP = 1.0  # seconds
# Of what was taken between two pauses, how much is let in at once after the next one; not after a
# calm longer than this. Where the server is 100 ms away, a herd of 50 took 1.06 to 1.2 times the
# ideal time so, and 20 to 30 requests were refused; without it 1.2 to 1.3 times. Without it, but
# with more in flight after a pause, or a faster growth, up to 40 to 90 were refused.
_BELIEVED = 0.75
_LONGEST_WINDOW = 60.0  # seconds


def _nobody_waits() -> None:
    """Wake nobody."""


@dataclass(eq=False, slots=True)
class Ticket:
    """One call's place at the gate, over all its attempts; made by `RateGate.ticket`.

    Attributes:
        number: Its place among all calls that ever came.
        max_wait: The longest pause, in seconds, that the call waits out.
        deadline: The moment after which it waits no more.
        wake: Ends the call's wait; called from any thread, and maybe without need.
        inside: Whether its request may be in flight.
        queued: Whether it waits for that.
        woken: Whether it was woken and has not asked again yet.
        timed: Whether it asks again by itself, once the first in the queue may pass.
        probing: Whether it was let in before the end of a pause.
    """

    number: int
    max_wait: float
    deadline: float
    wake: Callable[[], None] = _nobody_waits
    inside: bool = False
    queued: bool = False
    woken: bool = False
    timed: bool = False
    probing: bool = False

    def outwaits(self, seconds: float, now: float) -> bool:
        """Whether the call's own limits let it wait so long."""
        return seconds <= self.max_wait + _SLACK and now + seconds <= self.deadline + _SLACK


class ClosedGateError(Exception):
    """The call would have to wait longer than its own limits allow.

    Attributes:
        seconds: How long the pause still lasts.
        refusal: The 429 that began it.
    """

    def __init__(self, seconds: float, refusal: Reply) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.refusal = refusal


class RateGate:
    """Lets requests through, few at a time after a 429, and none while a pause lasts.

    A 429 pauses everybody. When the pause is over, few may be in flight at once: whether the
    server is ready again is found out by few requests and not by all. Each second without a 429
    doubles their number. Most of what the server took between the last two pauses it is believed
    to take again. A new client begins with more in flight, whose number doubles faster.

    Calls pass in the order in which they came; one that has been refused keeps its place.

    A pause that is longer than calls may wait, such as after a `Retry-After` that is no number of
    seconds, refuses them; but once every `max_wait` one of them is let in, and its reply says
    whether the pause goes on.

    Args:
        capacity: How many requests may be in flight at most.
        clock: Seconds that only grow.

    Example:
        >>> gate = RateGate(100, clock=lambda: 0.0)
        >>> ticket = gate.ticket(max_wait=60.0, deadline=600.0)
        >>> gate.enter(ticket) is None
        True
        >>> gate.leave(ticket)
    """

    def __init__(self, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._queue: list[Ticket] = []
        self._in_flight = 0
        self._first, self._step = _FIRST_IN_FLIGHT, _FIRST_STEP
        self._ready_at = -math.inf  # the end of the pause, or when the first request came
        self._open = False
        self._tried_at = -math.inf  # when a request last was let in or refused during a pause
        self._refusal: Reply | None = None
        self._refusals_in_a_row = 0
        # Since the last pause ended, or ever where there was none.
        self._entered = self._refused = 0
        self._believed = 0
        self._pausing = self._learns = False

    @property
    def pause(self) -> float:
        """Seconds that the pause still lasts; 0.0 without one."""
        with self._lock:
            return self._pause(self._clock())

    @property
    def refusals_in_a_row(self) -> int:
        """How many pauses began since the server last took a request."""
        with self._lock:
            return self._refusals_in_a_row

    def ticket(self, *, max_wait: float, deadline: float) -> Ticket:
        """Give a call its place behind all that came before it; see `Ticket`."""
        return Ticket(next(self._numbers), max_wait, deadline)

    def enter(self, ticket: Ticket) -> float | None:
        """Ask to send a request.

        Returns:
            None: send it, and `leave` afterwards. Else how many seconds to wait, at most, before
            asking again: less when the ticket is woken.

        Raises:
            ClosedGateError: The wait would be longer than the ticket's limits: `withdraw` it, which
                wakes the next.
        """
        with self._lock:
            ticket.woken = False
            free = self._in_flight < self._capacity
            if self._open and free and self._refusal is None and not self._queue:  # mostly
                self._let_in(ticket)
                return None
            now = self._clock()
            if self._ready_at == -math.inf:
                self._ready_at = now
            place = self._place(ticket)
            pause = self._pause(now)
            if self._pausing and not pause:
                self._end_pause()
            if pause and free and self._may_probe(ticket, pause, now):
                ticket.probing = True
                self._tried_at = now
            elif pause or place >= self._room(now):
                if not ticket.queued:
                    ticket.queued = True  # first: an interrupt may come between the two
                    self._queue.insert(place, ticket)
                return self._wait(ticket, place, pause, now)
            if ticket.queued:
                self._unqueue(ticket)
            self._let_in(ticket)
            woken = self._next(now)
        _wake(woken)
        return None

    def _let_in(self, ticket: Ticket) -> None:
        ticket.inside = True
        self._in_flight += 1
        self._entered += 1

    def _may_probe(self, ticket: Ticket, pause: float, now: float) -> bool:
        too_long = pause > ticket.max_wait + _SLACK
        return too_long and now - self._tried_at >= max(ticket.max_wait, _PROBING_STEP)

    def _wait(self, ticket: Ticket, place: int, pause: float, now: float) -> float:
        if self._refusal is not None and (
            (pause and not ticket.outwaits(pause, now)) or now >= ticket.deadline
        ):
            raise ClosedGateError(pause, self._refusal)
        ticket.timed = place == 0
        wait = self._until_more(now) if place == 0 else LONGEST
        return wait if self._refusal is None else min(wait, ticket.deadline - now)

    def leave(self, ticket: Ticket, *, answered: bool = True) -> None:
        """Tell that a request is over, and was not refused with a 429.

        Args:
            ticket: The call's.
            answered: Whether the server replied.
        """
        with self._lock:
            self._refusals_in_a_row = 0
            if ticket.probing and answered:
                self._ready_at = self._clock()
            woken = self._let_go(ticket)
        _wake(woken)

    def refuse(self, ticket: Ticket, refusal: Reply, pause: float) -> None:
        """Tell that a request was refused with a 429, which keeps everybody waiting.

        Args:
            ticket: The call's; it keeps its place.
            refusal: The reply.
            pause: For how many seconds.
        """
        with self._lock:
            now = self._clock()
            self._refused += 1
            if not self._pause(now):
                self._refusals_in_a_row += 1
                calm = now - self._ready_at
                self._learns = self._refusal is not None and calm <= _LONGEST_WINDOW
                self._pausing = True
            self._refusal = refusal
            self._tried_at = now
            self._open = False
            self._first, self._step = _PROBING_IN_FLIGHT, _PROBING_STEP
            ready_at = now + min(pause, LONGEST)
            # What a probe is told replaces what was told before.
            self._ready_at = ready_at if ticket.probing else max(self._ready_at, ready_at)
            for first in self._queue[:1]:
                first.timed = False  # its time has changed
            woken = self._let_go(ticket)
            pause = self._pause(now)
            for waiting in self._queue:
                if not waiting.woken and not waiting.outwaits(pause, now):
                    waiting.woken = True
                    woken.append(waiting)
        _wake(woken)

    def withdraw(self, ticket: Ticket) -> None:
        """Give up whatever place a ticket has, at the gate or beyond."""
        # No lock for one without a place: only the call itself moves its ticket.
        if not ticket.inside and not ticket.queued:
            return
        with self._lock:
            woken = self._let_go(ticket)
        _wake(woken)

    def _let_go(self, ticket: Ticket) -> list[Ticket]:
        self._in_flight -= ticket.inside
        ticket.inside = ticket.probing = False
        if ticket.queued:
            self._unqueue(ticket)
        return self._next(self._clock()) if self._queue else []

    def _next(self, now: float) -> list[Ticket]:
        """List who has to be woken: who may pass and does not know it.

        Where nobody may, the first one has to know when that ends.
        """
        room = 0 if self._pause(now) else self._room(now)
        if room:
            woken = [waiting for waiting in self._queue[:room] if not waiting.woken]
        else:
            woken = [first for first in self._queue[:1] if not first.woken and not first.timed]
        for waiting in woken:
            waiting.woken = True
        return woken

    def _end_pause(self) -> None:
        taken = self._entered - self._refused
        self._believed = int(taken * _BELIEVED) if self._learns else 0
        self._entered = self._refused = 0
        self._pausing = False

    def _pause(self, now: float) -> float:
        return max(0.0, self._ready_at - now) if self._refusal is not None else 0.0

    def _place(self, ticket: Ticket) -> int:
        """Find where the ticket stands in the queue, or would; numbers are in order of arrival."""
        return bisect.bisect_left(self._queue, ticket.number, key=_number) if self._queue else 0

    def _unqueue(self, ticket: Ticket) -> None:
        place = self._place(ticket)
        if self._queue[place : place + 1] == [ticket]:
            del self._queue[place]
        ticket.queued = False

    def _room(self, now: float) -> int:
        """Count how many more may be in flight."""
        free = self._capacity - self._in_flight
        if not self._open:
            doublings = int((now - self._ready_at) / self._step)
            limit = self._first << min(doublings, 16)
            self._open = limit >= self._capacity
            if not self._open:
                free = min(free, max(limit - self._in_flight, self._believed - self._entered))
        return max(0, free)

    def _until_more(self, now: float) -> float:
        """Tell after how many seconds more may be in flight than now; who leaves wakes, too."""
        if self._open:
            return LONGEST
        doublings = math.floor((now - self._ready_at) / self._step)
        moment = self._ready_at + max(0, doublings + 1) * self._step
        return max(_SHORTEST, moment - now)


def _number(ticket: Ticket) -> int:
    return ticket.number


def _wake(tickets: list[Ticket]) -> None:
    # Outside the lock: what wakes a ticket is not ours.
    for ticket in tickets:
        ticket.wake()
