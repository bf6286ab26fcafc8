"""Which calls a wait polls through lists: without a network, and with a clock moved by hand."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cekura_client import (
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    CallLog,
    CallLogSummary,
    CekuraError,
    ClientClosedError,
    EvaluationBaseline,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    WaitError,
)
from cekura_client.call_logs.listing.query import LONGEST_WINDOW
from cekura_client.call_logs.waiting.evaluation_wait import EvaluationWait
from cekura_client.call_logs.waiting.poll_schedule import ListPoll, Poll

DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
AGENT = 224


def baseline(number: int, agent: int | None = AGENT, **fields: Any) -> EvaluationBaseline:
    return EvaluationBaseline(id=number, status="evaluating", agent_id=agent, **fields)


def wait_for(baselines: Iterable[EvaluationBaseline], **options: Any) -> EvaluationWait:
    settings: dict[str, Any] = {
        "timeout": 600.0,
        "max_concurrency": 4,
        "on_evaluated": None,
        "on_progress": None,
        "now": 0.0,
        "jitter": lambda: 0.0,
    }
    return EvaluationWait(baselines, None, **settings | options)


def fields(number: int, status: str = "success", **more: Any) -> dict[str, Any]:
    results = [] if status == "evaluating" else [{"id": 1, "name": "a"}]
    shown = {"id": number, "call_id": "a", "status": status, "evaluation": {"metrics": results}}
    return shown | more


def row(number: int, status: str = "success", **more: Any) -> CallLogSummary:
    return CallLogSummary.from_dict(fields(number, status, **more))


def call(number: int, status: str = "success") -> CallLog:
    return CallLog.from_dict(fields(number, status))


def list_poll(waiting: EvaluationWait, now: float) -> ListPoll:
    poll = waiting.next_poll(now)
    assert isinstance(poll, ListPoll)
    return poll


def polls(waiting: EvaluationWait, now: float) -> list[Poll]:
    """Begin all polls that are due."""
    found: list[Poll] = []
    while (poll := waiting.next_poll(now)) is not None:
        found.append(poll)
    return found


def status_error(kind: Callable[..., CekuraError], **options: Any) -> CekuraError:
    return kind("It failed.", status_code=0, headers={}, body=b"", **options)


def test_two_hundred_calls_of_one_agent_share_a_list() -> None:
    waiting = wait_for(baseline(number) for number in range(1, 451))
    found = polls(waiting, 0.5)
    assert [poll.ids for poll in found if isinstance(poll, ListPoll)] == [
        tuple(range(1, 201)),
        tuple(range(201, 401)),
        tuple(range(401, 451)),
    ]
    assert len(found) == 3


def test_a_list_is_one_poll_under_way() -> None:
    waiting = wait_for([baseline(number) for number in range(1, 451)], max_concurrency=2)
    assert len(polls(waiting, 0.5)) == 2


def test_each_agent_has_its_own_list() -> None:
    waiting = wait_for(baseline(number, number % 2 + 7) for number in range(1, 9))
    asked = [
        (poll.query().scope, poll.ids) for poll in polls(waiting, 0.5) if isinstance(poll, ListPoll)
    ]
    assert asked == [({"agent_id": 8}, (1, 3, 5, 7)), ({"agent_id": 7}, (2, 4, 6, 8))]


def test_few_calls_and_those_of_no_known_agent_are_polled_one_by_one() -> None:
    baselines = [baseline(1), baseline(2), *(baseline(number, None) for number in range(3, 7))]
    found = polls(wait_for(baselines, max_concurrency=9), 0.5)
    assert sorted(poll for poll in found if isinstance(poll, int)) == [1, 2, 3, 4, 5, 6]


def test_calls_that_became_few_are_polled_one_by_one() -> None:
    waiting = wait_for(map(baseline, range(1, 6)))
    waiting.take(
        list_poll(waiting, 0.5),
        [row(number, "evaluating" if number < 3 else "success") for number in range(1, 6)],
        0.5,
    )
    assert polls(waiting, 0.5) == [3, 4, 5]
    for number in (3, 4, 5):
        waiting.take(number, call(number), 0.5)
    assert waiting.idle_seconds(0.5) == 1.0
    assert polls(waiting, 1.5) == [1, 2]


@pytest.mark.parametrize("hours", [0, 24 * 10, 24 * 31.9, 24 * 70])
def test_a_list_names_a_range_that_the_api_takes_and_every_call_is_in(hours: float) -> None:
    baselines = [
        baseline(number, timestamp=DAY - timedelta(hours=hours * part))
        for number, part in enumerate((0.0, 0.5, 1.0) * 3, start=1)
    ]
    times = {one.id: one.timestamp for one in baselines}
    seen: list[int] = []
    for poll in polls(wait_for(baselines), 0.5):
        assert isinstance(poll, ListPoll)
        (window,) = poll.query().windows(timedelta(0))
        assert window is not None
        assert window.end - window.start <= LONGEST_WINDOW
        for number in poll.ids:
            moment = times[number]
            assert moment is not None
            assert window.start < moment < window.end
        seen += poll.ids
    assert sorted(seen) == [one.id for one in baselines]


@pytest.mark.parametrize(
    "timestamp",
    [None, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
    ids=["none", "first", "last"],
)
def test_calls_of_no_usable_time_are_listed_in_the_last_days(timestamp: Any) -> None:
    waiting = wait_for([baseline(number, timestamp=timestamp) for number in range(1, 4)])
    assert list_poll(waiting, 0.5).query().time_range is None


def test_a_timestamp_without_an_offset_is_of_utc() -> None:
    naive = [baseline(number, timestamp=DAY.replace(tzinfo=None)) for number in (1, 2, 3)]
    aware = [baseline(number, timestamp=DAY) for number in (1, 2, 3)]
    assert list_poll(wait_for(naive), 0.5) == list_poll(wait_for(aware), 0.5)


def test_the_lists_become_rarer_as_single_polls_do() -> None:
    waiting = wait_for(map(baseline, range(1, 5)))
    moments: list[float] = []
    now = 0.0
    while len(moments) < 9:
        assert waiting.next_poll(now) is None
        now += waiting.idle_seconds(now)
        moments.append(now)
        poll = list_poll(waiting, now)
        waiting.take(poll, [row(number, "evaluating") for number in poll.ids], now)
    assert moments == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5, 121.5]


def test_one_jitter_keeps_the_calls_of_a_list_together() -> None:
    jitters = iter([1.0, 0.0, 0.5, 0.0])
    waiting = wait_for(map(baseline, range(1, 5)), jitter=lambda: next(jitters))
    assert waiting.idle_seconds(0.0) == 0.625
    poll = list_poll(waiting, 0.625)
    assert len(poll.ids) == 4
    waiting.take(poll, [row(number, "evaluating") for number in poll.ids], 1.0)
    assert waiting.idle_seconds(1.0) == 1.125


@pytest.mark.parametrize(
    ("jitter", "later"),
    [
        (0.0, [(1.5, (1, 2, 3, 4)), (1.7, (201, 202, 203))]),
        (1.0, [(1.75, (1, 2, 3, 4, 201, 202, 203))]),
    ],
)
def test_lists_of_few_calls_become_one_where_their_polls_are_due(
    jitter: float, later: list[tuple[float, tuple[int, ...]]]
) -> None:
    waiting = wait_for(map(baseline, range(1, 204)), jitter=lambda: jitter, max_concurrency=300)
    full, rest = list_poll(waiting, 0.65), list_poll(waiting, 0.65)
    assert (len(full.ids), rest.ids) == (200, (201, 202, 203))
    waiting.take(full, [row(number, "evaluating") for number in (1, 2, 3, 4)], 0.5)
    waiting.take(rest, [row(number, "evaluating") for number in rest.ids], 0.7)
    assert polls(waiting, 0.7) == list(range(5, 201))
    now = 0.7
    for moment, ids in later:
        assert waiting.next_poll(now) is None
        now += waiting.idle_seconds(now)
        assert now == pytest.approx(moment)
        assert list_poll(waiting, now).ids == ids


def test_only_retrieve_says_that_a_call_is_evaluated() -> None:
    waiting = wait_for(map(baseline, range(1, 5)))
    waiting.take(list_poll(waiting, 0.5), [row(number) for number in range(1, 5)], 0.6)
    with pytest.raises(WaitError, match="0 of 4"):
        waiting.result()
    assert polls(waiting, 0.6) == [1, 2, 3, 4]
    # The list was ahead of what `retrieve` shows, or wrong: the call goes on being pending.
    waiting.take(1, call(1, "evaluating"), 0.7)
    for number in (2, 3, 4):
        waiting.take(number, call(number), 0.7)
    assert not waiting.is_over(0.7)
    assert waiting.next_poll(1.6) is None
    assert polls(waiting, 1.7) == [1]
    waiting.take(1, call(1), 1.7)
    assert [found.id for found in waiting.result()] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("told", "reply"),
    [
        pytest.param(None, {}, id="not shown"),
        pytest.param({"evaluation": None}, {}, id="at rest, and no results"),
        pytest.param({"id": 99}, {}, id="another id"),
        pytest.param(
            {"evaluation": None, "updated_at": "2026-03-02T12:00:00Z"},
            {"updated_at": DAY},
            id="as before, and no results",
        ),
        pytest.param({"updated_at": None}, {"updated_at": DAY}, id="no updated_at"),
    ],
)
def test_what_a_list_does_not_tell_is_polled_one_by_one_for_good(
    told: dict[str, Any] | None, reply: dict[str, Any]
) -> None:
    baselines = [EvaluationBaseline(id=1, agent_id=AGENT, metrics=(1,), **reply)]
    waiting = wait_for(baselines + [baseline(number) for number in range(2, 6)])
    rows = [row(number, "evaluating") for number in range(2, 6)]
    waiting.take(list_poll(waiting, 0.5), rows if told is None else [row(1, **told), *rows], 0.5)
    assert polls(waiting, 0.5) == [1]
    waiting.take(1, call(1, "evaluating"), 0.5)
    later = polls(waiting, 1.5)
    assert 1 in later
    assert [poll.ids for poll in later if isinstance(poll, ListPoll)] == [(2, 3, 4, 5)]


@pytest.mark.parametrize(
    "kind", [BadRequestError, PermissionDeniedError, NotFoundError, InvalidResponseError]
)
def test_a_list_that_is_refused_leaves_the_calls_to_retrieve(
    kind: Callable[..., CekuraError],
) -> None:
    waiting = wait_for(map(baseline, (1, 2, 3)))
    waiting.take(list_poll(waiting, 0.5), status_error(kind), 0.5)
    for now in (0.5, 1.5, 3.5):
        assert polls(waiting, now) == [1, 2, 3]
        for number in (1, 2, 3):
            status = "success" if now == 3.5 else "evaluating"
            waiting.take(number, call(number, status), now)
    assert [found.id for found in waiting.result()] == [1, 2, 3]


@pytest.mark.parametrize("final", [status_error(AuthenticationError), ClientClosedError()])
def test_what_refuses_every_request_ends_it_all(final: CekuraError) -> None:
    waiting = wait_for(map(baseline, (1, 2, 3)))
    waiting.take(list_poll(waiting, 0.5), final, 0.5)
    assert waiting.is_over(0.5)
    with pytest.raises(WaitError) as raised:
        waiting.result()
    assert raised.value.__cause__ is final
    assert (raised.value.pending, raised.value.failed) == ([1, 2, 3], {})


@pytest.mark.parametrize("passing", [status_error(ServerError), OutcomeUnknownError("It failed.")])
def test_a_list_that_fails_twice_in_a_row_is_given_up(passing: CekuraError) -> None:
    waiting = wait_for(map(baseline, (1, 2, 3)))
    pending = [row(number, "evaluating") for number in (1, 2, 3)]
    now = 0.5
    for outcome, rest in ((passing, 1.0), (pending, 2.0), (passing, 4.0), (passing, 8.0)):
        waiting.take(list_poll(waiting, now), outcome, now)
        assert waiting.idle_seconds(now) == rest
        now += rest
    assert polls(waiting, now) == [1, 2, 3]


def test_trouble_that_is_not_the_lists_own_does_not_give_it_up() -> None:
    waiting = wait_for(map(baseline, (1, 2, 3)))
    now = 0.5
    for _ in range(5):
        waiting.take(list_poll(waiting, now), APIConnectionError("It failed."), now)
        now += waiting.idle_seconds(now)
    waiting.take(list_poll(waiting, now), status_error(RateLimitError, retry_after=90.0), now)
    assert waiting.idle_seconds(now) == 90.0
    assert list_poll(waiting, now + 90.0).ids == (1, 2, 3)


def test_a_list_under_way_may_outlast_the_time() -> None:
    waiting = wait_for(map(baseline, (1, 2, 3)))
    list_poll(waiting, 0.5)
    assert waiting.is_under_way
    assert waiting.is_over(600.0)
    with pytest.raises(WaitError) as raised:
        waiting.result()
    assert raised.value.pending == [1, 2, 3]


def test_what_is_not_of_this_package_passes_through() -> None:
    waiting = wait_for(map(baseline, (1, 2, 3)))
    with pytest.raises(ZeroDivisionError):
        waiting.take(list_poll(waiting, 0.5), ZeroDivisionError(), 0.5)
