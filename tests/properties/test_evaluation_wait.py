"""A wait against an API that is played, second by second, with a clock of its own."""

import heapq
import itertools
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


@dataclass(frozen=True)
class Played:
    """A call of the API that is played.

    Attributes:
        takes: Seconds until it is evaluated.
        polls: What the first polls of it come to, before it is shown: None shows it.
        agent: Its agent; None: it is not known.
        lag: Seconds that a list lags behind; below 0: that it runs ahead. None: it never shows it.
    """

    takes: float
    polls: tuple[CekuraError | None, ...]
    agent: int | None
    lag: float | None


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
    )


def fields(number: int, *, evaluated: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": number,
        "call_id": "a",
        "status": "success" if evaluated else "evaluating",
    }
    return shown | {"evaluation": {"metrics": [{"id": 1, "name": "a"}]}}


@dataclass
class Game:
    """One wait, played to its end."""

    calls: list[Played]
    concurrency: int
    latencies: list[float]
    jitters: list[float]
    lists: list[CekuraError | None]  # what they come to, in turn: None shows the calls

    def __post_init__(self) -> None:
        self.told: list[WaitProgress] = []
        # Of each poll its begin, its end, and whether it is a list that leaves the call open.
        self.polls: dict[int, list[tuple[float, float, bool]]] = {
            n: [] for n in range(1, 1 + len(self.calls))
        }
        self.listed = 0
        self.alone: Counter[int] = Counter()
        self.paused: list[tuple[float, float]] = []  # from when until when no poll is allowed
        self.most = 0
        self._turn = 0
        self.waiting = EvaluationWait(
            [
                EvaluationBaseline(id=number, status="evaluating", agent_id=call.agent)
                for number, call in enumerate(self.calls, start=1)
            ],
            None,
            timeout=TIMEOUT,
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
            self._note_left_open(poll, result)
            return result
        call, turn = self.calls[poll - 1], self.alone[poll]
        self.alone[poll] += 1
        failure = call.polls[turn] if turn < len(call.polls) else None
        return failure or CallLog.from_dict(fields(poll, evaluated=now >= call.takes))

    def _rows(self, poll: ListPoll, now: float) -> list[CallLogSummary]:
        rows: list[CallLogSummary] = []
        for number in poll.ids:
            call = self.calls[number - 1]
            if call.lag is not None:
                evaluated = now >= call.takes + call.lag
                rows.append(CallLogSummary.from_dict(fields(number, evaluated=evaluated)))
        return rows

    def _note_left_open(self, poll: ListPoll, result: PollResult) -> None:
        pending: set[object] = set()
        if isinstance(result, list):
            pending = {row.id for row in result if row.status == "evaluating"}
        elif isinstance(result, (APIConnectionError, RateLimitError, ServerError)):
            pending = set(poll.ids)
        for number in poll.ids:
            begun, ended, _ = self.polls[number][-1]
            self.polls[number][-1] = (begun, ended, number not in pending)

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
                    self.polls[number].append((now, now + latency, False))
                heapq.heappush(under_way, (now + latency, begun, poll))
                self.most = max(self.most, len(under_way))
            later = now + self.waiting.idle_seconds(now)
            assert later > now or under_way
            if under_way and under_way[0][0] <= later:
                now, _, poll = heapq.heappop(under_way)
                result = self._result(poll, now)
                if isinstance(result, RateLimitError):
                    self.paused.append((now, now + (result.retry_after or 0.0)))
                self.waiting.take(poll, result, now)
            else:
                now = later
        raise AssertionError("It does not end")


@TEXTS
@given(
    st.builds(
        Game,
        st.lists(played(), max_size=12),
        st.integers(1, 5),
        st.lists(st.floats(0, 20), min_size=1, max_size=5),
        st.lists(st.floats(0, 1), min_size=1, max_size=5),
        st.lists(FAILURES | st.sampled_from(LIST_FAILURES), min_size=1, max_size=4),
    )
)
def test_a_wait_keeps_to_its_rules(game: Game) -> None:
    end = game.play()
    done: list[CallLog]
    pending: list[int] = []
    failed: dict[int, CekuraError] = {}
    timed_out = False
    try:
        done = game.waiting.result()
    except WaitError as error:
        done, pending, failed = error.done, error.pending, error.failed
        timed_out = isinstance(error, WaitTimeoutError)

    # Every call is accounted for, once and in the order given.
    ids = [call.id for call in done]
    assert sorted([*pending, *failed, *(number for number in game.polls if number in ids)]) == [
        *game.polls
    ]
    assert ids == [number for number in game.polls if number in ids]
    assert pending == sorted(pending)
    assert timed_out == bool(pending)
    assert game.told[0] == WaitProgress(len(game.calls), 0, 0)
    assert game.told[-1] == WaitProgress(len(game.calls), len(done), len(failed))
    assert len(game.told) == 1 + len(done) + len(failed)

    # Whatever a list says, no call counts too early, and none is lost for what a list says.
    for number in ids:
        assert isinstance(number, int)
        assert end >= game.calls[number - 1].takes
    assert all(game.calls[number - 1].polls[-1:] == (GONE,) for number in failed)

    # It ends in time, and early only where the API asked for a pause beyond that.
    assert end <= TIMEOUT
    if pending and end < TIMEOUT:
        assert max(until for _, until in game.paused) >= TIMEOUT

    # It is polite.
    assert game.most <= game.concurrency
    for polls in game.polls.values():
        interval, last, left_open = 0.5, 0.0, False
        for begun, ended, leaves_open in polls:
            # What a list leaves open is polled by itself at once: both are one poll.
            assert left_open or begun - last >= interval - TICK
            assert begun >= last - TICK
            assert begun < TIMEOUT
            last, left_open = ended, leaves_open
            interval = interval if leaves_open else min(2 * interval, 30.0)
            assert not [1 for since, until in game.paused if since < begun < until - TICK]

    # No poll is put off where nothing is in the way.
    if game.concurrency >= len(game.calls) and not game.paused:
        for polls in game.polls.values():
            for (_, ended, _), (begun, _, _) in itertools.pairwise(polls):
                assert begun - ended <= 30.0 * 1.25 + TICK
