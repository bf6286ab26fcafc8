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
from cekura_client.call_logs.waiting.poll_schedule import ListPoll, ListScope, Poll

DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
AGENT = 224


def baseline(number: int, agent: int | None = AGENT, **fields: Any) -> EvaluationBaseline:
    return EvaluationBaseline(id=number, status="evaluating", agent_id=agent, **fields)


def wait_for(
    baselines: Iterable[EvaluationBaseline | int],
    metrics: Iterable[int] | None = None,
    **options: Any,
) -> EvaluationWait:
    settings: dict[str, Any] = {
        "timeout": 600.0,
        "max_concurrency": 4,
        "on_evaluated": None,
        "on_progress": None,
        "now": 0.0,
        "jitter": lambda: 0.0,
    }
    return EvaluationWait(baselines, metrics, **settings | options)


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


def test_a_list_shows_how_long_results_have_been_missing() -> None:
    waiting = wait_for(map(baseline, range(1, 5)), [1, 2], missing_after=10.0)
    now = 0.0
    asked: list[float] = []
    while now < 10.5:
        now += waiting.idle_seconds(now)
        poll = list_poll(waiting, now)
        asked.append(now)
        waiting.take(poll, [row(number) for number in poll.ids], now)
    assert asked == [0.5, 1.5, 3.5, 7.5, 10.5]
    # `retrieve` alone decides, and is asked once.
    assert polls(waiting, 10.5) == [1, 2, 3, 4]
    for number in (1, 2, 3):
        waiting.take(number, call(number), 10.5)
    waiting.take(4, call(4, "evaluating"), 10.5)
    assert not waiting.is_over(10.5)
    assert waiting.idle_seconds(10.5) == 6.0
    assert polls(waiting, 16.5) == [4]
    waiting.take(4, call(4), 16.5)
    assert waiting.idle_seconds(16.5) == 10.0


def test_plain_ids_of_a_known_agent_share_a_list() -> None:
    waiting = wait_for([7, 8, baseline(9, 225), 10], agent_id=AGENT)
    poll = list_poll(waiting, 0.5)
    assert (poll.query().scope, poll.ids) == ({"agent_id": AGENT}, (7, 8, 10))
    assert poll.query().time_range is None
    assert polls(waiting, 0.5) == [9]


def summaries(*baselines: EvaluationBaseline | int, **options: Any) -> EvaluationWait:
    """Wait for results of metrics 1 and 2, as lists show them."""
    return wait_for(baselines, [1, 2], whole=False, **{"missing_after": 10.0} | options)


def both(number: int, **more: Any) -> CallLogSummary:
    return row(number, metrics=[{"id": 2, "name": "b"}], **more)


def test_rows_alone_decide_where_no_whole_calls_are_wanted() -> None:
    waiting = summaries(baseline(1), baseline(2), 3, agent_id=AGENT)
    poll = list_poll(waiting, 0.5)
    assert poll.ids == (1, 2, 3)
    # One result stands beside the evaluation, the other in it.
    waiting.take(poll, [row(3), both(1), row(2, "evaluating")], 0.5)
    poll = list_poll(waiting, 1.5)
    assert poll.ids == (2, 3)
    waiting.take(poll, [both(2), row(3)], 1.5)
    moments: list[float] = []
    now = 1.5
    while not waiting.is_over(now):
        now += waiting.idle_seconds(now)
        moments.append(now)
        assert list_poll(waiting, now).ids == (3,)
        waiting.take(ListPoll(poll.scope, (3,)), [row(3)], now)
    assert moments == [3.5, 7.5, 10.5]
    done = waiting.result()
    assert [found.id for found in done] == [1, 2, 3]
    assert all(isinstance(found, CallLogSummary) for found in done)


def test_a_call_that_no_list_shows_is_left_out() -> None:
    waiting = summaries(1, 2, project_id=5)
    now = 0.0
    for rows in ([], [row(1, "evaluating")], [], []):
        now += waiting.idle_seconds(now)
        assert list_poll(waiting, now).ids == (1, 2)
        waiting.take(ListPoll(ListScope(None, 5), (1, 2)), rows, now)
        assert not waiting.is_over(now)
        if now == 3.5:
            break
    now += waiting.idle_seconds(now)
    poll = list_poll(waiting, now)
    assert poll.ids == (1,)
    waiting.take(poll, [both(1)], now)
    with pytest.raises(WaitError, match="of project 5, of the last 30 days") as raised:
        waiting.result()
    assert [found.id for found in raised.value.done] == [1]
    assert [*raised.value.failed] == [2]


@pytest.mark.parametrize("kind", [BadRequestError, NotFoundError, InvalidResponseError])
def test_a_refused_list_leaves_its_calls_out_where_it_alone_decides(
    kind: Callable[..., CekuraError],
) -> None:
    waiting = summaries(baseline(1, 7), baseline(2, 8))
    refused = status_error(kind)
    waiting.take(list_poll(waiting, 0.5), refused, 0.5)
    waiting.take(list_poll(waiting, 0.5), [both(2)], 0.5)
    assert waiting.is_over(0.5)
    with pytest.raises(WaitError) as raised:
        waiting.result()
    assert raised.value.failed == {1: refused}
    assert [found.id for found in raised.value.done] == [2]


def test_a_key_that_may_not_list_ends_it_where_lists_alone_decide() -> None:
    waiting = summaries(baseline(1))
    refused = status_error(PermissionDeniedError)
    waiting.take(list_poll(waiting, 0.5), refused, 0.5)
    with pytest.raises(WaitError) as raised:
        waiting.result()
    assert raised.value.__cause__ is refused


def test_a_list_is_never_given_up_where_it_alone_decides() -> None:
    waiting = summaries(baseline(1))
    now = 0.0
    for _ in range(5):
        now += waiting.idle_seconds(now)
        waiting.take(list_poll(waiting, now), status_error(ServerError), now)
    now += waiting.idle_seconds(now)
    waiting.take(list_poll(waiting, now), [both(1)], now)
    assert [found.id for found in waiting.result()] == [1]


def test_a_long_range_is_narrowed_down_to_the_one_that_a_row_tells() -> None:
    waiting = summaries(1, 2, agent_id=AGENT, since=DAY - timedelta(days=100))
    poll = list_poll(waiting, 0.5)
    assert len(poll.query().windows(timedelta(0))) > 1
    rows = [row(1, "evaluating", timestamp="2026-03-02T12:00:00Z"), row(2, "evaluating")]
    waiting.take(poll, rows, 0.5)
    found = {one.ids: one for one in polls(waiting, 1.5) if isinstance(one, ListPoll)}
    assert [*found] == [(1,), (2,)]
    (window,) = found[1,].query().windows(timedelta(0))
    assert window is not None
    assert window.start < DAY < window.end
    assert len(found[2,].query().windows(timedelta(0))) > 1


def test_a_reply_without_a_moment_is_looked_for_since_then() -> None:
    since = datetime.now(UTC) - timedelta(days=40)
    waiting = summaries(baseline(1), agent_id=225, since=since)
    query = list_poll(waiting, 0.5).query()
    assert query.scope == {"agent_id": AGENT}
    assert query.time_range is not None
    assert query.time_range.start == since
