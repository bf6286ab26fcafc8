"""A wait against an API that is played, second by second, with a clock of its own."""

import heapq
import itertools
from dataclasses import dataclass

from cekura_client import (
    APIConnectionError,
    CallLog,
    CekuraError,
    EvaluationMark,
    NotFoundError,
    RateLimitError,
    WaitError,
    WaitProgress,
    WaitTimeoutError,
)
from cekura_client.waits.evaluation_wait import EvaluationWait
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
        looks: What the first looks at it come to, before it is shown: None shows it.
    """

    takes: float
    looks: tuple[CekuraError | None, ...]


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


@st.composite
def played(draw: DrawFn) -> Played:
    looks: list[CekuraError | None] = [*draw(st.lists(FAILURES, max_size=4))]
    if draw(st.integers(0, 9)) == 0:
        looks.append(GONE)
    return Played(draw(st.floats(0, 400)), tuple(looks))


def shown(number: int, *, evaluated: bool) -> CallLog:
    fields = {"id": number, "call_id": "a", "status": "success" if evaluated else "evaluating"}
    return CallLog.from_dict(fields | {"evaluation": {"metrics": [{"id": 1, "name": "a"}]}})


@dataclass
class Game:
    """One wait, played to its end."""

    calls: list[Played]
    concurrency: int
    latencies: list[float]
    jitters: list[float]

    def __post_init__(self) -> None:
        self.told: list[WaitProgress] = []
        self.looks: dict[int, list[tuple[float, float]]] = {
            n: [] for n in range(1, 1 + len(self.calls))
        }
        self.held: list[tuple[float, float]] = []  # from when until when no look is allowed
        self.most = 0
        self._turn = 0
        self.waiting = EvaluationWait(
            [EvaluationMark(id=number, status="evaluating") for number in self.looks],
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

    def _outcome(self, number: int, now: float) -> CallLog | CekuraError:
        call, turn = self.calls[number - 1], len(self.looks[number]) - 1
        failure = call.looks[turn] if turn < len(call.looks) else None
        return failure or shown(number, evaluated=now >= call.takes)

    def play(self) -> float:
        """Play it; returns the moment of its end."""
        now, begun = 0.0, 0
        under_way: list[tuple[float, int]] = []
        for _ in range(100_000):
            for notice in self.waiting.notices():
                notice()
            if self.waiting.is_over(now):
                return now
            while (number := self.waiting.next_look(now)) is not None:
                latency = self.latencies[begun % len(self.latencies)]
                begun += 1
                self.looks[number].append((now, now + latency))
                heapq.heappush(under_way, (now + latency, number))
                self.most = max(self.most, len(under_way))
            later = now + self.waiting.rest(now)
            assert later > now or under_way
            if under_way and under_way[0][0] <= later:
                now, number = heapq.heappop(under_way)
                outcome = self._outcome(number, now)
                if isinstance(outcome, RateLimitError):
                    self.held.append((now, now + (outcome.retry_after or 0.0)))
                self.waiting.take(number, outcome, now)
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
    assert sorted([*pending, *failed, *(number for number in game.looks if number in ids)]) == [
        *game.looks
    ]
    assert ids == [number for number in game.looks if number in ids]
    assert pending == sorted(pending)
    assert timed_out == bool(pending)
    assert game.told[0] == WaitProgress(len(game.calls), 0, 0)
    assert game.told[-1] == WaitProgress(len(game.calls), len(done), len(failed))
    assert len(game.told) == 1 + len(done) + len(failed)

    # It ends in time, and early only where the API asked for a pause beyond that.
    assert end <= TIMEOUT
    if pending and end < TIMEOUT:
        assert max(until for _, until in game.held) >= TIMEOUT

    # It is polite.
    assert game.most <= game.concurrency
    for looks in game.looks.values():
        interval = 0.5
        last = 0.0
        for begun, ended in looks:
            assert begun - last >= interval - TICK
            assert begun < TIMEOUT
            last, interval = ended, min(2 * interval, 30.0)
            assert not [1 for since, until in game.held if since < begun < until - TICK]

    # No look is put off where nothing is in the way.
    if game.concurrency >= len(game.calls) and not game.held:
        for looks in game.looks.values():
            for (_, ended), (begun, _) in itertools.pairwise(looks):
                assert begun - ended <= 30.0 * 1.25 + TICK
