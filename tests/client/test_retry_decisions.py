"""`decide`: which attempts are repeated, and after how long."""

from typing import Any

import pytest
from cekura_client import RetryPolicy
from cekura_client.engine.retrying import History, Outcome, decide

POLICY = RetryPolicy()


def decided(outcome: Outcome, **changes: Any) -> float | None:
    arguments: dict[str, Any] = {
        "history": History(),
        "repeatable": False,
        "retry_after": None,
        "elapsed": 0.0,
        "jitter": 0.5,
    }
    policy = changes.pop("policy", POLICY)
    return decide(policy, outcome, **(arguments | changes))


@pytest.mark.parametrize("costs", [True, False])
@pytest.mark.parametrize("told", [0.0, 0.5, 1.0, 59.0, 60.0])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_wait_is_never_shorter_than_told(told: float, jitter: float, *, costs: bool) -> None:
    wait = decided(Outcome.RATE_LIMITED, retry_after=told, jitter=jitter, repeatable=not costs)
    assert wait is not None
    assert told <= wait <= told + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"retry_after": 60.1},
        {"retry_after": 86400.0},
        {"retry_after": 30.0, "elapsed": 570.1},
        {"retry_after": 0.0, "elapsed": 600.0},
        {"retry_after": None, "elapsed": 600.0},
        {"retry_after": 0.0, "policy": RetryPolicy(deadline=0)},
    ],
)
def test_a_wait_beyond_the_limits_gives_up_at_once(changes: dict[str, Any]) -> None:
    assert decided(Outcome.RATE_LIMITED, **changes) is None


def test_without_a_told_wait_the_backoff_doubles_from_one_second_to_sixty() -> None:
    waits = [
        decided(Outcome.RATE_LIMITED, history=History(rate_limited=times), jitter=1.0)
        for times in range(9)
    ]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_backoff_is_never_longer_than_a_minute() -> None:
    patient = RetryPolicy(max_wait=600.0)
    history = History(rate_limited=5000)
    assert decided(Outcome.RATE_LIMITED, policy=patient, history=history, jitter=1.0) == 60.0


@pytest.mark.parametrize(
    ("told", "wait"), [(0.0, 0.01), (0.1, 0.11), (2.0, 2.1), (10.0, 10.5), (40.0, 41.0)]
)
def test_what_is_added_to_a_told_wait_grows_with_it_to_a_second(told: float, wait: float) -> None:
    assert decided(Outcome.RATE_LIMITED, retry_after=told, jitter=1.0) == pytest.approx(wait)


def test_the_backoff_has_full_jitter() -> None:
    history = History(rate_limited=3)
    assert decided(Outcome.RATE_LIMITED, history=history, jitter=0.0) == 0.0
    assert decided(Outcome.RATE_LIMITED, history=history, jitter=0.25) == 2.0


def test_a_second_zero_in_a_row_backs_off_as_if_absent() -> None:
    first = decided(Outcome.RATE_LIMITED, retry_after=0.0, jitter=1.0)
    assert first is not None
    assert first < 0.1
    history = History().after(Outcome.RATE_LIMITED)
    assert decided(Outcome.RATE_LIMITED, history=history, retry_after=0.0, jitter=1.0) == 2.0
    assert decided(Outcome.RATE_LIMITED, history=history, retry_after=0.99, jitter=1.0) == 2.0
    believed = decided(Outcome.RATE_LIMITED, history=history, retry_after=1.0, jitter=1.0)
    assert believed == pytest.approx(1.05)


def test_refusals_of_the_clients_other_calls_lengthen_the_backoff() -> None:
    for history, in_a_row in ((History(), 3), (History(rate_limited=3), 1)):
        wait = decided(
            Outcome.RATE_LIMITED, history=history, refusals_in_a_row=in_a_row, jitter=1.0
        )
        assert wait == 8.0


@pytest.mark.parametrize("outcome", Outcome)
def test_each_attempt_is_counted_once(outcome: Outcome) -> None:
    after = History(rate_limited=4, failures=2).after(outcome)
    assert after.attempts == 7
    assert after.rate_limited == (5 if outcome is Outcome.RATE_LIMITED else 4)


def test_the_backoff_ends_with_the_deadline() -> None:
    history = History(rate_limited=9)
    wait = decided(Outcome.RATE_LIMITED, history=history, elapsed=590.0, jitter=1.0)
    assert wait == 10.0
    assert decided(Outcome.RATE_LIMITED, history=history, elapsed=599.5, jitter=1.0) == 0.5


@pytest.mark.parametrize("history", [History(), History(rate_limited=5)])
def test_what_may_have_run_is_never_repeated_unless_it_may_be(history: History) -> None:
    assert decided(Outcome.FAILED, history=history) is None
    assert decided(Outcome.FAILED, history=history, retry_after=0.0) is None


@pytest.mark.parametrize("costs", [True, False])
def test_what_was_never_sent_is_tried_three_times_within_seconds(*, costs: bool) -> None:
    waits = [
        decided(Outcome.NOT_SENT, history=History(failures=times), repeatable=not costs, jitter=1.0)
        for times in range(3)
    ]
    assert waits == [0.5, 1.0, None]


def test_a_safe_operations_failure_is_tried_three_times_and_waits_as_told() -> None:
    waits = [
        decided(
            Outcome.FAILED,
            history=History(failures=times),
            repeatable=True,
            retry_after=7.0,
            jitter=0.0,
        )
        for times in range(3)
    ]
    assert waits == [7.0, 7.0, None]


@pytest.mark.parametrize("costs", [True, False])
def test_what_would_end_the_same_way_is_never_repeated(*, costs: bool) -> None:
    assert decided(Outcome.FINAL, repeatable=not costs) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_wait": -1}, {"max_wait": float("nan")}, {"max_wait": float("inf")},
        {"max_wait": 1e12},
        {"max_wait": "60"}, {"max_wait": True}, {"deadline": -0.1}, {"deadline": None},
        {"attempts": 0}, {"attempts": 2.0}, {"attempts": True},
    ],
)  # fmt: skip
def test_a_policy_refuses_what_no_wait_can_be_computed_from(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f"RetryPolicy.{name}"):
        RetryPolicy(**wrong)
