"""A limit on `"all"`, and estimates, against the sandbox: the calls are counted by listing."""

from decimal import Decimal
from typing import Any

import pytest
from cekura_client import Estimate, InvalidRequestError, SpendLimitError
from cekura_client.sandbox import Sandbox

from tests.support.twins import Twin


def test_all_calls_are_counted_before_they_are_sent(twin: Twin) -> None:
    with (
        Sandbox(calls=1200, evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        with pytest.raises(SpendLimitError) as raised:
            calls.rerun_evaluation(
                agent_id=2142, call_logs="all", max_metric_runs=1799, metrics_assigned=3
            )
        assert raised.value.metric_runs == 1800
        assert sandbox.metric_runs == 0
        calls.rerun_evaluation(
            agent_id=2142, call_logs="all", max_metric_runs=1800, metrics_assigned=3
        )
        assert sandbox.metric_runs == 1800


def test_all_calls_of_an_assistant_cannot_be_counted(twin: Twin) -> None:
    with (
        Sandbox() as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
        pytest.raises(InvalidRequestError, match="agent_id"),
    ):
        calls.rerun_evaluation(assistant_id="asst_abc123", call_logs="all", max_metric_runs=10)
    assert sandbox.metric_runs == sandbox.requests == 0


ESTIMATES: list[tuple[dict[str, Any], Estimate]] = [
    (
        {"call_logs": [1, 2, 2], "metrics": [7, 8]},
        Estimate(calls=2, metric_runs=4, credits=Decimal("0.8")),
    ),
    (
        {"call_logs": range(1, 101), "metrics": 3, "credits_per_run": 0.5},
        Estimate(calls=100, metric_runs=300, credits=Decimal(150)),
    ),
    (
        {"call_logs": "all", "metrics": 2, "agent_id": 224},
        Estimate(calls=6, metric_runs=12, credits=Decimal("2.4")),
    ),
]


@pytest.mark.parametrize(("asked", "estimate"), ESTIMATES)
def test_an_estimate_multiplies(twin: Twin, asked: dict[str, Any], estimate: Estimate) -> None:
    with (
        Sandbox() as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        assert calls.estimate(**asked) == estimate
    assert sandbox.metric_runs == 0


WRONG: list[dict[str, Any]] = [
    {"call_logs": [], "metrics": [1]},
    {"call_logs": [1], "metrics": 0},
    {"call_logs": [1], "metrics": True},
    {"call_logs": [1], "metrics": [1], "credits_per_run": -1},
    {"call_logs": [1], "metrics": [1], "credits_per_run": "much"},
    {"call_logs": "all", "metrics": [1]},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_estimated_is_refused(twin: Twin, wrong: dict[str, Any]) -> None:
    with (
        Sandbox() as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
        pytest.raises(InvalidRequestError),
    ):
        calls.estimate(**wrong)
    assert sandbox.requests == 0
