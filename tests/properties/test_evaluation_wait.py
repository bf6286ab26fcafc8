"""A wait against an API that is played, second by second, with a clock of its own."""

import heapq
import itertools
import math
from collections import Counter
from dataclasses import dataclass

from cekura_client import (
    APIConnectionError,
    CallLog,
    CallLogSummary,
    CekuraError,
    EvaluationBaseline,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    WaitError,
    WaitProgress,
    WaitTimeoutError,
)
from cekura_client.call_logs.waiting.evaluation_wait import EvaluationWait
from cekura_client.call_logs.waiting.poll_schedule import ListPoll, Poll, PollResult
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.properties.budget import TEXTS

TIMEOUT = 300.0
TICK = 1e-9  # seconds that sums of floats may be off
AT_ONCE = 0.001  # seconds that are not waited for


@dataclass(frozen=True)
class Played:
    """A call of the API that is played.

    Attributes:
        takes: Seconds until it is evaluated.
        polls: What the first polls of it come to, before it is shown: None shows it.
        agent: Its agent; None: it is not known.
        lag: Seconds that a list lags behind; below 0: that it runs ahead. None: it never shows it.
        gives: The metrics that it has results of in the end, of 1 and 2.
        is_plain: Whether its id alone is known.
    """

    takes: float
    polls: tuple[CekuraError | None, ...]
    agent: int | None
    lag: float | None
    gives: tuple[int, ...] = (1, 2)
    is_plain: bool = False

    def given(self, number: int) -> EvaluationBaseline | int:
        if self.is_plain:
            return number
        return EvaluationBaseline(id=number, status="evaluating", agent_id=self.agent)


FAILURES = st.one_of(
    st.none(),
    st.builds(APIConnectionError, st.just("It failed.")),
    st.floats(0, 40).map(
        lambda seconds: RateLimitError(
            "Too many.", status_code=429, headers={}, body=b"", retry_after=seconds
        )
    ),
)
GONE = NotFoundError("Gone.", status_code=404, headers={}, body=b"")
LIST_FAILURES = [
    None,
    GONE,
    PermissionDeniedError("No.", status_code=403, headers={}, body=b""),
    ServerError("It failed.", status_code=500, headers={}, body=b""),
]


@st.composite
def played(draw: DrawFn) -> Played:
    polls: list[CekuraError | None] = [*draw(st.lists(FAILURES, max_size=4))]
    if draw(st.integers(0, 9)) == 0:
        polls.append(GONE)
    return Played(
        draw(st.floats(0, 400)),
        tuple(polls),
        draw(st.sampled_from([None, 1, 1, 1, 2])),
        draw(st.none() | st.floats(-100, 100)),
        draw(st.sampled_from([(1, 2), (1, 2), (2,), ()])),
        draw(st.booleans()),
    )


def fields(number: int, metrics: tuple[int, ...], *, evaluated: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": number,
        "call_id": "a",
        "status": "success" if evaluated else "evaluating",
    }
    return shown | {"evaluation": {"metrics": [{"id": metric} for metric in metrics]}}


@dataclass
class Polled:
    """One poll of one call.

    Attributes:
        begun: When it was sent.
        ended: When its result came.
        leaves_open: Whether it is a list that leaves it to `retrieve` to say more.
        left: For how many seconds more the metrics are waited for that a call at rest has not.
    """

    begun: float
    ended: float
    leaves_open: bool = False
    left: float = math.inf


@dataclass
class Game:
    """One wait, played to its end."""

    calls: list[Played]
    concurrency: int
    latencies: list[float]
    jitters: list[float]
    lists: list[CekuraError | None]  # what they come to, in turn: None shows the calls
    missing_after: float | None = 30.0
    whole: bool = True

    def __post_init__(self) -> None:
        self.told: list[WaitProgress] = []
        self.polls: dict[int, list[Polled]] = {n: [] for n in range(1, 1 + len(self.calls))}
        self.listed = 0
        self.alone: Counter[int] = Counter()
        self.paused: list[tuple[float, float]] = []  # from when until when no poll is allowed
        self.most = 0
        self._turn = 0
        # By call, from when on each reading has shown it at rest.
        self.rests_since: dict[int, float] = {}
        self.waiting = EvaluationWait(
            [call.given(number) for number, call in enumerate(self.calls, start=1)],
            [1, 2],
            timeout=TIMEOUT,
            missing_after=self.missing_after,
            whole=self.whole,
            agent_id=None if self.whole else 1,
            max_concurrency=self.concurrency,
            on_evaluated=None,
            on_progress=self.told.append,
            now=0.0,
            jitter=self._jitter,
        )

    def _jitter(self) -> float:
        self._turn += 1
        return self.jitters[self._turn % len(self.jitters)]

    def _result(self, poll: Poll, now: float) -> PollResult:
        if isinstance(poll, ListPoll):
            self.listed += 1
            result = self.lists[self.listed % len(self.lists)] or self._rows(poll, now)
            self._note_left_open(poll, result, now)
            return result
        call, turn = self.calls[poll - 1], self.alone[poll]
        self.alone[poll] += 1
        failure = call.polls[turn] if turn < len(call.polls) else None
        evaluated = now >= call.takes
        if failure is None:
            self._note_rest(poll, now, evaluated=evaluated)
        return failure or CallLog.from_dict(fields(poll, call.gives, evaluated=evaluated))

    def _note_rest(self, number: int, now: float, *, evaluated: bool) -> None:
        if evaluated:
            self.rests_since.setdefault(number, now)
        else:
            self.rests_since.pop(number, None)

    def _rows(self, poll: ListPoll, now: float) -> list[CallLogSummary]:
        rows: list[CallLogSummary] = []
        for number in poll.ids:
            call = self.calls[number - 1]
            if call.lag is not None:
                evaluated = now >= call.takes + call.lag
                self._note_rest(number, now, evaluated=evaluated)
                shown = fields(number, call.gives, evaluated=evaluated)
                rows.append(CallLogSummary.from_dict(shown))
        return rows

    def _note_left_open(self, poll: ListPoll, result: PollResult, now: float) -> None:
        pending: set[object] = set()
        if isinstance(result, list):
            pending = {row.id for row in result if self._is_left_to_the_list(row, now)}
        elif isinstance(result, (APIConnectionError, RateLimitError, ServerError)):
            pending = set(poll.ids)
        for number in poll.ids:
            self.polls[number][-1].leaves_open = number not in pending

    def _is_left_to_the_list(self, row: CallLogSummary, now: float) -> bool:
        if row.status == "evaluating" or not self.whole:
            return True
        return self.calls[row.id - 1].gives == (2,) and self._left(row.id, now) > AT_ONCE

    def _left(self, number: int, now: float) -> float:
        after = math.inf if self.missing_after is None else self.missing_after
        return self.rests_since.get(number, math.inf) + after - now

    def _note_left(self, poll: Poll, result: PollResult, now: float) -> None:
        shown = {row.id for row in result} if isinstance(result, list) else set[int]()
        if isinstance(result, CallLog):
            shown.add(result.id)
        for number in poll.ids if isinstance(poll, ListPoll) else (poll,):
            if number in shown:
                self.polls[number][-1].left = self._left(number, now)

    def play(self) -> float:
        """Play it; returns the moment of its end."""
        now, begun = 0.0, 0
        under_way: list[tuple[float, int, Poll]] = []
        for _ in range(100_000):
            for notice in self.waiting.notices():
                notice()
            if self.waiting.is_over(now):
                return now
            while (poll := self.waiting.next_poll(now)) is not None:
                latency = self.latencies[begun % len(self.latencies)]
                begun += 1
                for number in poll.ids if isinstance(poll, ListPoll) else (poll,):
                    self.polls[number].append(Polled(now, now + latency))
                heapq.heappush(under_way, (now + latency, begun, poll))
                self.most = max(self.most, len(under_way))
            later = now + self.waiting.idle_seconds(now)
            assert later > now or under_way
            if under_way and under_way[0][0] <= later:
                now, _, poll = heapq.heappop(under_way)
                result = self._result(poll, now)
                self._note_left(poll, result, now)
                if isinstance(result, RateLimitError):
                    self.paused.append((now, now + (result.retry_after or 0.0)))
                self.waiting.take(poll, result, now)
            else:
                now = later
        raise AssertionError("It does not end")


def check_politeness(game: Game) -> None:
    assert game.most <= game.concurrency
    for polls in game.polls.values():
        interval, last, left_open = 0.5, 0.0, False
        for poll in polls:
            # What a list leaves open is polled by itself at once: both are one poll.
            assert left_open or poll.begun - last >= interval - TICK
            assert poll.begun >= last - TICK
            assert poll.begun < TIMEOUT
            assert not [1 for since, until in game.paused if since < poll.begun < until - TICK]
            last, left_open = poll.ended, poll.leaves_open
            if not left_open:
                interval = min(2 * interval, 30.0)
                # The last poll of a call at rest comes when that has lasted long enough.
                interval = poll.left if AT_ONCE < poll.left < interval else interval


@dataclass
class Outcome:
    """What a wait came to."""

    done: list[CallLog | CallLogSummary]
    pending: list[int]
    failed: dict[int, CekuraError]
    error: WaitError | None = None

    @classmethod
    def of(cls, game: Game) -> "Outcome":
        try:
            return cls([*game.waiting.result()], [], {})
        except WaitError as error:
            return cls([*error.done], error.pending, error.failed, error)


MISSING_AFTER = st.none() | st.sampled_from([0.0, 5.0, 30.0]) | st.floats(0, 200)


@TEXTS
@given(
    st.builds(
        Game,
        st.lists(played(), max_size=12),
        st.integers(1, 5),
        st.lists(st.floats(0, 20), min_size=1, max_size=5),
        st.lists(st.floats(0, 1), min_size=1, max_size=5),
        st.lists(FAILURES | st.sampled_from(LIST_FAILURES), min_size=1, max_size=4),
        MISSING_AFTER,
    )
)
def test_a_wait_keeps_to_its_rules(game: Game) -> None:
    end = game.play()
    came = Outcome.of(game)
    done, pending, failed = came.done, came.pending, came.failed

    # Every call is accounted for, once and in the order given.
    ids = [call.id for call in done]
    assert sorted([*pending, *failed, *(number for number in game.polls if number in ids)]) == [
        *game.polls
    ]
    assert ids == [number for number in game.polls if number in ids]
    assert pending == sorted(pending)
    assert isinstance(came.error, WaitTimeoutError) == bool(pending)
    if isinstance(came.error, WaitTimeoutError):
        assert came.error.last.keys() == came.error.missing.keys() <= {*pending}
        for number, metrics in came.error.missing.items():
            assert metrics == {1, 2} - {*game.calls[number - 1].gives}
    assert game.told[0] == WaitProgress(len(game.calls), 0, 0)
    assert game.told[-1] == WaitProgress(len(game.calls), len(done), len(failed))
    assert len(game.told) == 1 + len(done) + len(failed)

    # Whatever a list says, no call counts too early, and none is lost for what a list says.
    for number in ids:
        assert end >= game.calls[number - 1].takes
        if game.calls[number - 1].gives != (1, 2):
            # It was seen at rest, and nothing else, for as long as it was to be.
            assert game.polls[number][-1].left <= AT_ONCE
    assert all(game.calls[number - 1].polls[-1:] == (GONE,) for number in failed)

    # It ends in time, and early only where the API asked for a pause beyond that.
    assert end <= TIMEOUT
    if pending and end < TIMEOUT:
        assert max(until for _, until in game.paused) >= TIMEOUT

    check_politeness(game)

    # No poll is put off where nothing is in the way.
    if game.concurrency >= len(game.calls) and not game.paused:
        for polls in game.polls.values():
            for before, after in itertools.pairwise(polls):
                assert after.begun - before.ended <= 30.0 * 1.25 + TICK


@TEXTS
@given(
    st.builds(
        Game,
        st.lists(played(), max_size=12),
        st.integers(1, 5),
        st.lists(st.floats(0, 20), min_size=1, max_size=5),
        st.lists(st.floats(0, 1), min_size=1, max_size=5),
        st.lists(FAILURES, min_size=1, max_size=4),
        MISSING_AFTER,
        st.just(False),  # noqa: FBT003  (not whole)
    )
)
def test_a_wait_through_lists_alone_keeps_to_its_rules(game: Game) -> None:
    end = game.play()
    assert not game.alone
    came = Outcome.of(game)
    done, pending, failed = came.done, came.pending, came.failed
    assert isinstance(came.error, WaitTimeoutError) == bool(pending)
    assert sorted([*pending, *failed, *(call.id for call in done)]) == [*game.polls]
    for call in done:
        assert isinstance(call, CallLogSummary)
        played = game.calls[call.id - 1]
        assert played.lag is not None
        assert end >= played.takes + played.lag
        assert played.gives == (1, 2) or game.polls[call.id][-1].left <= AT_ONCE
    assert all(game.calls[number - 1].lag is None for number in failed)
    assert end <= TIMEOUT
    check_politeness(game)
