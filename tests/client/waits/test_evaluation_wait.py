"""When a wait polls which call: without a network, and with a clock that is moved by hand."""

import math
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from cekura_client import (
    APIConnectionError,
    AuthenticationError,
    CallLog,
    CekuraError,
    EvaluationBaseline,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    WaitError,
    WaitProgress,
    WaitTimeoutError,
)
from cekura_client.call_logs.waiting.evaluation_wait import EvaluationWait

TIMEOUT = 600.0


def wait_for(*ids: int, **options: Any) -> EvaluationWait:
    settings: dict[str, Any] = {
        "timeout": TIMEOUT,
        "max_concurrency": 4,
        "on_evaluated": None,
        "on_progress": None,
        "now": 0.0,
        "jitter": lambda: 0.0,
    }
    baselines = [EvaluationBaseline(id=number, status="evaluating") for number in ids]
    return EvaluationWait(baselines, None, **settings | options)


def call(number: int, status: str = "success", metrics: tuple[int, ...] = (1,)) -> CallLog:
    shown = () if status == "evaluating" else metrics
    results = [{"id": metric, "name": "a"} for metric in shown]
    fields = {"id": number, "call_id": "a", "status": status, "evaluation": {"metrics": results}}
    return CallLog.from_dict(fields)


def status_error(kind: Callable[..., CekuraError], **options: Any) -> CekuraError:
    return kind("It failed.", status_code=0, headers={}, body=b"", **options)


def tell(waiting: EvaluationWait) -> None:
    for notice in waiting.notices():
        notice()


def next_moment(waiting: EvaluationWait, now: float) -> float:
    """Find when the next poll may be sent, by the seconds that are idle."""
    assert waiting.next_poll(now) is None
    return now + waiting.idle_seconds(now)


def test_the_polls_of_a_call_become_rarer() -> None:
    waiting = wait_for(5)
    moments: list[float] = []
    now = 0.0
    while len(moments) < 9:
        now = next_moment(waiting, now)
        moments.append(now)
        assert waiting.next_poll(now) == 5
        waiting.take(5, call(5, "evaluating"), now)
    assert moments == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5, 121.5]


def test_jitter_only_lengthens_an_interval_by_a_quarter_at_most() -> None:
    waiting = wait_for(5, jitter=lambda: 1.0)
    assert next_moment(waiting, 0.0) == 0.625


def test_no_more_polls_are_under_way_than_allowed() -> None:
    waiting = wait_for(*range(1, 11), max_concurrency=3)
    begun = [waiting.next_poll(1.0) for _ in range(4)]
    assert begun == [1, 2, 3, None]
    assert waiting.idle_seconds(1.0) == TIMEOUT - 1.0
    waiting.take(2, call(2), 1.0)
    assert [waiting.next_poll(1.0) for _ in range(2)] == [4, None]


def test_a_call_not_polled_yet_goes_before_a_second_poll() -> None:
    waiting = wait_for(1, 2, 3, max_concurrency=1)
    polled: list[int] = []
    for now in (10.0, 20.0, 30.0, 40.0):
        poll = waiting.next_poll(now)
        assert isinstance(poll, int)
        polled.append(poll)
        waiting.take(poll, call(poll, "evaluating"), now)
    assert polled == [1, 2, 3, 1]


def test_the_calls_come_in_the_order_given_each_once() -> None:
    waiting = wait_for(7, 3, 9, 3)
    assert [waiting.next_poll(1.0) for _ in range(4)] == [7, 3, 9, None]
    for number in (9, 7, 3):
        assert not waiting.is_over(1.0)
        waiting.take(number, call(number), 1.0)
    assert waiting.is_over(1.0)
    assert [found.id for found in waiting.result()] == [7, 3, 9]


def test_nothing_to_wait_for_is_over_at_once() -> None:
    waiting = wait_for()
    assert waiting.is_over(0.0)
    assert waiting.result() == []


def test_progress_is_told_at_the_start_and_with_each_call() -> None:
    told: list[WaitProgress] = []
    waiting = wait_for(1, 2, on_progress=told.append)
    assert (waiting.next_poll(1.0), waiting.next_poll(1.0)) == (1, 2)
    waiting.take(2, call(2, "evaluating"), 1.0)
    waiting.take(1, call(1), 1.0)
    assert waiting.next_poll(3.0) == 2
    waiting.take(2, status_error(NotFoundError), 3.0)
    assert told == []
    tell(waiting)
    assert told == [WaitProgress(2, 0, 0), WaitProgress(2, 1, 0), WaitProgress(2, 1, 1)]
    assert [progress.pending for progress in told] == [2, 1, 0]


def test_calls_that_are_handed_over_are_not_kept() -> None:
    found: list[CallLog] = []
    waiting = wait_for(1, 2, on_evaluated=found.append)
    assert (waiting.next_poll(1.0), waiting.next_poll(1.0)) == (1, 2)
    waiting.take(2, call(2), 1.0)
    waiting.take(1, call(1), 1.0)
    tell(waiting)
    assert waiting.result() == []
    assert [one.id for one in found] == [2, 1]


@pytest.mark.parametrize(
    "passing",
    [
        status_error(ServerError),
        APIConnectionError("It failed."),
        OutcomeUnknownError("It failed."),
        status_error(RateLimitError),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_polled_again_later(passing: CekuraError) -> None:
    waiting = wait_for(1)
    assert waiting.next_poll(0.5) == 1
    waiting.take(1, passing, 0.5)
    assert next_moment(waiting, 0.5) == 1.5
    with pytest.raises(WaitTimeoutError) as raised:
        waiting.result()
    assert raised.value.__cause__ is passing
    assert (raised.value.pending, raised.value.failed) == ([1], {})
    assert waiting.next_poll(1.5) == 1
    waiting.take(1, call(1), 1.5)
    assert [found.id for found in waiting.result()] == [1]


@pytest.mark.parametrize("kind", [NotFoundError, InvalidResponseError])
def test_a_call_that_cannot_be_read_is_left_out(kind: Callable[..., CekuraError]) -> None:
    waiting = wait_for(1, 2)
    gone = status_error(kind)
    assert (waiting.next_poll(1.0), waiting.next_poll(1.0)) == (1, 2)
    waiting.take(1, gone, 1.0)
    assert not waiting.is_over(1.0)
    waiting.take(2, call(2), 1.0)
    assert waiting.is_over(1.0)
    with pytest.raises(WaitError, match=r"1 of 2 .* 1 cannot be read: It failed") as raised:
        waiting.result()
    assert not isinstance(raised.value, WaitTimeoutError)
    assert [found.id for found in raised.value.done] == [2]
    assert (raised.value.pending, raised.value.failed) == ([], {1: gone})
    assert raised.value.__cause__ is gone
    assert raised.value.may_have_run is False


@pytest.mark.parametrize("kind", [AuthenticationError, PermissionDeniedError])
def test_a_refused_key_ends_it_all(kind: Callable[..., CekuraError]) -> None:
    waiting = wait_for(1, 2, 3)
    refused = status_error(kind)
    assert [waiting.next_poll(1.0) for _ in range(3)] == [1, 2, 3]
    waiting.take(3, call(3), 1.0)
    waiting.take(2, refused, 1.0)
    assert waiting.is_over(1.0)
    with pytest.raises(WaitError, match=r"Nothing more can be read: It failed") as raised:
        waiting.result()
    assert not isinstance(raised.value, WaitTimeoutError)
    assert [found.id for found in raised.value.done] == [3]
    assert raised.value.pending == [1, 2]
    assert raised.value.__cause__ is refused


def test_a_pause_that_the_api_asks_for_holds_every_poll() -> None:
    waiting = wait_for(1, 2, 3, max_concurrency=2)
    assert (waiting.next_poll(1.0), waiting.next_poll(1.0)) == (1, 2)
    waiting.take(1, status_error(RateLimitError, retry_after=90.0), 1.0)
    waiting.take(2, status_error(RateLimitError, retry_after=20.0), 1.0)
    assert next_moment(waiting, 1.0) == 91.0
    assert {waiting.next_poll(91.0), waiting.next_poll(91.0)} == {3, 1}


@pytest.mark.parametrize("seconds", [TIMEOUT, 1e308])
def test_a_pause_that_outlasts_the_time_ends_it_at_once(seconds: float) -> None:
    waiting = wait_for(1, 2)
    limited = status_error(RateLimitError, retry_after=seconds)
    assert (waiting.next_poll(1.0), waiting.next_poll(1.0)) == (1, 2)
    waiting.take(1, limited, 1.0)
    assert not waiting.is_over(1.0)  # the other poll may still find something
    waiting.take(2, call(2), 1.0)
    assert waiting.is_over(1.0)
    with pytest.raises(WaitTimeoutError, match=r"a pause that outlasts the 600 s") as raised:
        waiting.result()
    assert raised.value.__cause__ is limited
    assert [found.id for found in raised.value.done] == [2]


def test_the_time_is_over_whatever_is_under_way() -> None:
    waiting = wait_for(*range(1, 10), max_concurrency=9)
    for _ in range(9):
        waiting.next_poll(1.0)
    waiting.take(1, call(1), 1.0)
    waiting.take(2, status_error(NotFoundError), 1.0)
    assert waiting.idle_seconds(599.0) == 1.0
    assert not waiting.is_over(599.9)
    assert waiting.is_over(600.0)
    assert waiting.next_poll(600.0) is None
    with pytest.raises(WaitTimeoutError) as raised:
        waiting.result()
    error = raised.value
    assert isinstance(error, TimeoutError)
    assert str(error) == (
        "1 of 9 call logs were seen evaluated. After 600 s 3, 4, 5, 6, 7 and 2 more were not. "
        "2 cannot be read: It failed. Waiting costs nothing: what was found is in `done`, wait "
        "again for `pending`."
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own)
    assert isinstance(again, WaitTimeoutError)
    assert [found.id for found in again.done] == [1]
    assert again.pending == [3, 4, 5, 6, 7, 8, 9]
    assert isinstance(again.failed[2], NotFoundError)
    assert (str(again), again.may_have_run) == (str(error), False)


def test_an_error_says_where_the_calls_went() -> None:
    found: list[CallLog] = []
    waiting = wait_for(1, 2, on_evaluated=found.append)
    assert waiting.next_poll(1.0) == 1
    waiting.take(1, call(1), 1.0)
    with pytest.raises(WaitTimeoutError, match="what was found went to `on_evaluated`") as raised:
        waiting.result()
    assert (raised.value.done, raised.value.pending) == ([], [2])


def test_what_is_not_of_this_package_passes_through() -> None:
    waiting = wait_for(1)
    assert waiting.next_poll(1.0) == 1
    with pytest.raises(ZeroDivisionError):
        waiting.take(1, ZeroDivisionError(), 1.0)


def test_the_state_given_last_counts() -> None:
    first = EvaluationBaseline(id=1, metrics=(1,), status="evaluating")
    options: dict[str, Any] = {"on_evaluated": None, "on_progress": None, "now": 0.0}
    waiting = EvaluationWait(
        [first, EvaluationBaseline(id=1, metrics=(1,))],
        None,
        timeout=math.pi,
        max_concurrency=1,
        **options,
    )
    assert waiting.next_poll(1.0) == 1
    waiting.take(1, call(1), 1.0)
    assert not waiting.is_over(1.0)


def patient(calls: Iterable[EvaluationBaseline | int], **options: Any) -> EvaluationWait:
    """Wait for the results of metrics 1 and 2."""
    settings: dict[str, Any] = {
        "timeout": TIMEOUT,
        "max_concurrency": 4,
        "on_evaluated": None,
        "on_progress": None,
        "now": 0.0,
        "jitter": lambda: 0.0,
    }
    return EvaluationWait(calls, [1, 2], **settings | options)


def read_until(
    waiting: EvaluationWait, show: Callable[[float], CallLog | CekuraError], end: float = 200.0
) -> list[float]:
    """Answer every poll of one call; returns the moments of the polls."""
    moments: list[float] = []
    now = 0.0
    while not waiting.is_over(now) and now < end:
        poll = waiting.next_poll(now)
        if poll is None:
            now += waiting.idle_seconds(now)
            continue
        moments.append(now)
        waiting.take(poll, show(now), now)
    return moments


@pytest.mark.parametrize("start", [EvaluationBaseline(id=7, status="evaluating"), 7])
def test_what_is_missing_at_rest_is_waited_for_no_longer_than_told(
    start: EvaluationBaseline | int,
) -> None:
    waiting = patient([start], missing_after=30.0)
    moments = read_until(waiting, lambda now: call(7, "evaluating" if now < 3 else "success"))
    assert moments == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 33.5]
    assert [found.id for found in waiting.result()] == [7]


def test_results_that_come_late_end_it_at_once() -> None:
    waiting = patient([7])
    moments = read_until(waiting, lambda now: call(7, metrics=(1, 2) if now > 5 else (2,)))
    assert moments == [0.5, 1.5, 3.5, 7.5]
    assert len(waiting.result()) == 1


@pytest.mark.parametrize(
    ("missing_after", "moments"),
    [(0, [0.5]), (0.25, [0.5, 0.75]), (2.0, [0.5, 1.5, 2.5]), (0.1 + 0.2, [0.5, 0.8])],
)
def test_how_long_is_for_the_caller_to_say(missing_after: float, moments: list[float]) -> None:
    waiting = patient([7], missing_after=missing_after)
    assert read_until(waiting, lambda _: call(7, metrics=())) == pytest.approx(moments)
    assert len(waiting.result()) == 1


def test_for_ever_is_until_the_time_is_over() -> None:
    waiting = patient([7], missing_after=None)
    assert len(read_until(waiting, lambda _: call(7), TIMEOUT)) == 24
    assert waiting.is_over(TIMEOUT)
    with pytest.raises(WaitTimeoutError, match="No results of metrics 2 yet"):
        waiting.result()


def test_a_call_that_is_evaluated_again_rests_anew() -> None:
    busy_at = {7.5, 15.5}
    waiting = patient([7], missing_after=20.0)
    moments = read_until(
        waiting, lambda now: call(7, "evaluating" if now in busy_at else "success")
    )
    assert moments == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 51.5]


def test_a_poll_that_fails_leaves_the_rest_as_it_was() -> None:
    waiting = patient([7], missing_after=10.0)
    failing = APIConnectionError("It failed.")
    moments = read_until(waiting, lambda now: failing if now == 7.5 else call(7))
    # The poll at 10.5 would be less than twice 4 seconds after the failure.
    assert moments == [0.5, 1.5, 3.5, 7.5, 15.5]
    assert len(waiting.result()) == 1


BEFORE, THEN = "2026-03-02T12:00:00Z", "2026-03-02T12:00:01Z"


def aged(updated_at: str, metrics: tuple[int, ...] = (1,)) -> CallLog:
    return CallLog.from_dict(call(7, metrics=metrics).to_dict() | {"updated_at": updated_at})


@pytest.mark.parametrize("shown", [THEN, BEFORE])
def test_what_is_as_it_was_before_or_lags_behind_is_not_done(shown: str) -> None:
    waiting = patient([EvaluationBaseline.of(aged(THEN))], missing_after=0.0)
    read_until(waiting, lambda _: aged(shown), TIMEOUT)
    with pytest.raises(WaitTimeoutError):
        waiting.result()


def test_a_copy_that_lags_behind_ends_nothing() -> None:
    waiting = patient([EvaluationBaseline.of(aged(BEFORE))], missing_after=3.0)
    older = "2026-03-02T11:00:00Z"
    read_until(waiting, lambda now: aged(older if 3 < now < 8 else THEN))
    (done,) = waiting.result()
    assert done.updated_at is not None
    assert done.updated_at.hour == 12


def test_a_first_result_of_those_asked_for_is_a_change() -> None:
    waiting = patient([EvaluationBaseline(id=7, metrics=(3,))], missing_after=0.0)
    assert read_until(waiting, lambda now: call(7, metrics=(3,) if now < 5 else (1, 3))) == [
        0.5, 1.5, 3.5, 7.5,
    ]  # fmt: skip


@pytest.mark.parametrize("hands_over", [False, True])
def test_the_error_tells_what_the_others_were_like(hands_over: bool) -> None:  # noqa: FBT001
    found: list[CallLog] = []
    waiting = patient([1, 2, 3, 4], on_evaluated=found.append if hands_over else None)
    assert [waiting.next_poll(1.0) for _ in range(4)] == [1, 2, 3, 4]
    waiting.take(1, call(1, metrics=(1, 2)), 1.0)
    waiting.take(2, call(2, "evaluating"), 1.0)
    waiting.take(3, call(3, metrics=(2, 5)), 1.0)
    with pytest.raises(
        WaitTimeoutError, match=r"were not\. No results of metrics 1, 2 yet"
    ) as raised:
        waiting.result()
    error = pickle.loads(pickle.dumps(raised.value))  # noqa: S301  (our own)
    assert error.pending == [2, 3, 4]
    assert error.missing == {2: {1, 2}, 3: {1}}
    shown = {call_id: str(last.status) for call_id, last in error.last.items()}
    assert shown == ({} if hands_over else {2: "evaluating", 3: "success"})
