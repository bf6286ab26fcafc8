"""A limit on metric runs is kept before anything is sent, with the figure in the refusal."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cekura_client import (
    BatchReport,
    Estimate,
    IncompleteBatchesError,
    InvalidRequestError,
    SpendLimitError,
)

from tests.support.twins import Calls, Twin
from tests.support.wire import (
    DONE,
    Answer,
    Received,
    Script,
    WireServer,
    reply,
    rows_asked_for,
    then_close,
)


def evaluate(calls: Calls, **options: Any) -> object:
    return calls.evaluate_metrics(agent_id=1, call_logs=[1, 2, 3, 3], metrics=[7, 8], **options)


def test_one_below_the_need_is_refused_with_the_figure(twin: Twin) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(SpendLimitError, match="6 metric runs") as raised:
            evaluate(calls, max_metric_runs=5)
        assert (raised.value.metric_runs, raised.value.max_metric_runs) == (6, 5)
        assert server.received == []
        evaluate(calls, max_metric_runs=6)
        evaluate(calls, max_metric_runs=None)
    assert len(server.received) == 2


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "6"])
def test_what_is_no_limit_is_refused(twin: Twin, wrong: Any) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError, match="max_metric_runs"):
            evaluate(calls, max_metric_runs=wrong)
        with pytest.raises(InvalidRequestError, match="metrics_assigned"):
            calls.rerun_evaluation(agent_id=1, call_logs=[1], metrics_assigned=wrong or -1)
    assert server.received == []


def test_a_rerun_counts_the_metrics_that_are_said_to_be_assigned(twin: Twin) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(SpendLimitError) as raised:
            calls.rerun_evaluation(
                agent_id=1, call_logs=[1, 2], max_metric_runs=5, metrics_assigned=3
            )
        assert raised.value.metric_runs == 6
        with pytest.raises(SpendLimitError):
            calls.rerun_evaluation(agent_id=1, call_logs=[1, 2], max_metric_runs=1)
        assert server.received == []
        calls.rerun_evaluation(agent_id=1, call_logs=[1, 2], max_metric_runs=2)
    assert len(server.received) == 1


def test_batches_of_a_list_are_counted_before_the_first_is_sent(twin: Twin) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(SpendLimitError) as raised:
            calls.evaluate_metrics_in_batches(
                agent_id=1, metrics=[7, 8], call_logs=range(1, 101), max_metric_runs=199
            )
        assert raised.value.metric_runs == 200
        assert server.received == []
        report = calls.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7, 8], call_logs=range(1, 101), max_metric_runs=200
        )
    assert report.complete


def test_batches_of_an_iterator_stop_before_the_limit(twin: Twin) -> None:
    with (
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(IncompleteBatchesError) as raised,
    ):
        calls.rerun_evaluation_in_batches(
            agent_id=1,
            call_logs=iter(range(1, 101)),
            batch_size=10,
            max_concurrency=1,
            max_metric_runs=75,
            metrics_assigned=3,
        )
    assert isinstance(raised.value.__cause__, SpendLimitError)
    report = raised.value.report
    assert report.succeeded == list(range(1, 21))
    assert report.not_sent == list(range(21, 26))
    assert len(server.received) == 2


def test_what_is_sent_again_counts_again(twin: Twin, tmp_path: Path) -> None:
    def run(calls: Calls, limit: int, **options: Any) -> BatchReport:
        return calls.evaluate_metrics_in_batches(
            agent_id=1,
            metrics=[7],
            call_logs=[1, 2, 3, 4],
            journal=tmp_path / "run.db",
            max_metric_runs=limit,
            **options,
        )

    scripts: list[Script | Answer] = [then_close(), reply(401), then_close(), DONE]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        assert len(run(calls, 4).unknown) == 4
        with pytest.raises(
            SpendLimitError, match=r"8 metric runs \(4 call logs, 4 repeats"
        ) as raised:
            run(calls, 7, repeat_unknown=[1, 2, 3, 4])
        assert (raised.value.metric_runs, raised.value.max_metric_runs) == (8, 7)
        assert len(server.received) == 1
        # What was refused never ran, so it counts for nothing.
        assert len(run(calls, 8, repeat_unknown=[1, 2, 3, 4]).unknown) == 4
        assert len(run(calls, 8, repeat_unknown=[1, 2, 3, 4]).unknown) == 4
        with pytest.raises(SpendLimitError, match=r"9 metric runs \(4 call logs, 5 repeats"):
            run(calls, 8, repeat_unknown=[1])
        assert len(server.received) == 3
        assert run(calls, 9, repeat_unknown=[1]).succeeded == [1]
    assert len(server.received) == 4


def test_what_is_sent_again_counts_with_calls_of_an_iterator(twin: Twin, tmp_path: Path) -> None:
    options: dict[str, Any] = {"agent_id": 1, "metrics": [7], "journal": tmp_path / "run.db"}
    with WireServer(then_close(), DONE) as server, twin.open(base_url=server.url) as calls:
        calls.evaluate_metrics_in_batches(call_logs=iter([1, 2]), **options)
        options |= {"repeat_unknown": [1, 2], "max_metric_runs": 3}
        with pytest.raises(SpendLimitError, match="4 metric runs"):
            calls.evaluate_metrics_in_batches(call_logs=iter([]), **options)
    assert len(server.received) == 1


def listed(*costs: float | None, enabled: int | None = 0) -> Answer:
    """List metrics of these prices, the first so many of which run by themselves; accept the rest.

    Their ids are 1, 2 and so on, their names "metric 1" and so on.
    """
    metrics = [
        {
            "id": number,
            "name": f"metric {number}",
            "metric_cost": cost,
            "observability_enabled": None if enabled is None else number <= enabled,
        }
        for number, cost in enumerate(costs, start=1)
    ]

    def answer(request: Received) -> Script:
        if request.method == "GET":
            return reply(200, json.dumps(metrics).encode())
        return rows_asked_for(request)

    return Answer(answer)


def paid(server: WireServer) -> int:
    return sum(request.method == "POST" for request in server.received)


SIX = (0, 0.2, 0.6, 0.1, 0.2, 0.3)


@pytest.mark.parametrize("metrics", [["metric 1", "metric 2", "metric 3"], [1, 2, "metric 3"]])
def test_an_estimate_adds_up_true_prices(twin: Twin, metrics: list[int | str]) -> None:
    with WireServer(listed(*SIX)) as server, twin.open(base_url=server.url) as calls:
        estimate = calls.estimate(call_logs=[1, 2], metrics=metrics, agent_id=1)
    assert (estimate.calls, estimate.metric_runs) == (2, 6)
    # Exactly, where floats would come to 1.6000000000000001.
    assert str(estimate.credits) == str(estimate.worst_case_credits) == "1.6"
    assert estimate.per_metric == {1: 0, 2: Decimal("0.4"), 3: Decimal("1.2")}
    assert estimate.unpriced == []
    assert len(server.received) == 1


def test_the_worst_case_is_all_that_runs_by_itself(twin: Twin) -> None:
    with WireServer(listed(*SIX, enabled=6)) as server, twin.open(base_url=server.url) as calls:
        estimate = calls.estimate(call_logs=[1, 2], metrics=[1, 2, 3], project_id=1)
        everything = calls.estimate(call_logs=[1, 2], metrics="all", agent_id=1)
    assert (estimate.credits, estimate.worst_case_credits) == (Decimal("1.6"), Decimal("2.8"))
    assert (everything.metric_runs, everything.credits) == (12, Decimal("2.8"))
    assert [request.path.partition("?")[2] for request in server.received] == [
        "project_id=1",
        "agent_id=1",
    ]


def test_what_may_run_by_itself_for_all_that_is_told_counts_in_the_worst_case(twin: Twin) -> None:
    with WireServer(listed(*SIX, enabled=None)) as server, twin.open(base_url=server.url) as calls:
        estimate = calls.estimate(call_logs=[1, 2], metrics=[1, 2, 3], agent_id=1)
        with pytest.raises(SpendLimitError, match=r"at worst 2\.8"):
            calls.evaluate_metrics(
                agent_id=1, call_logs=[1, 2], metrics=[1, 2, 3], max_credits=Decimal("2.7")
            )
    assert (estimate.credits, estimate.worst_case_credits) == (Decimal("1.6"), Decimal("2.8"))
    assert paid(server) == 0


def test_what_has_no_price_is_told(twin: Twin) -> None:
    answer = listed(None, 0.2, None, None, -1, enabled=3)
    with WireServer(answer) as server, twin.open(base_url=server.url) as calls:
        estimate = calls.estimate(call_logs=[1], metrics=[1, 2, 5, 99], agent_id=1)
        without_scope = calls.estimate(call_logs=[1], metrics=["metric 2"])
    assert estimate.per_metric == {1: None, 2: Decimal("0.2"), 5: None, 99: None}
    assert (estimate.credits, estimate.worst_case_credits) == (Decimal("0.2"), Decimal("0.2"))
    assert estimate.unpriced == [1, 5, 99, 3]
    # Of all that the key sees, nobody knows what runs on these calls.
    assert (without_scope.credits, without_scope.worst_case_credits) == (Decimal("0.2"), None)


def test_without_a_list_one_price_is_taken_for_all(twin: Twin) -> None:
    with WireServer(listed(0.6)) as server, twin.open(base_url=server.url) as calls:
        estimates = [
            calls.estimate(call_logs=[1, 2], metrics=[1]),
            calls.estimate(call_logs=[1, 2], metrics=1, agent_id=1),
        ]
    assert estimates == [Estimate(calls=2, metric_runs=2, credits=Decimal("0.4"))] * 2
    assert server.received == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"metrics": "all"},
        {"metrics": "all", "project_id": 1},
        {"metrics": "metric 1", "agent_id": 1},
        {"metrics": [""], "agent_id": 1},
        {"metrics": [1], "agent_id": 1, "call_logs": []},
        {"metrics": [1], "agent_id": "1"},
        {"metrics": [1], "project_id": 0},
        {"metrics": [1], "agent_id": 1, "credits_per_run": -1},
        {"metrics": 3, "call_logs": 5, "credits_per_run": Decimal("9e999999")},
        {"metrics": [1], "project_id": 1, "call_logs": "all"},
    ],
)
def test_what_cannot_be_estimated_sends_nothing(twin: Twin, wrong: dict[str, Any]) -> None:
    with (
        WireServer(listed(0.6)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError),
    ):
        calls.estimate(**{"call_logs": [1]} | wrong)
    assert server.received == []


def test_a_limit_on_credits_keeps_the_worst_case(twin: Twin) -> None:
    asked: dict[str, Any] = {"agent_id": 1, "call_logs": [1, 2], "metrics": [1, "metric 3"]}
    with WireServer(listed(*SIX, enabled=4)) as server, twin.open(base_url=server.url) as calls:
        message = r"costs 1\.2 credits, and at worst 1\.8, .*more than max_credits=1\.7"
        acts: list[Any] = [calls.evaluate_metrics, calls.evaluate_metrics_in_batches]
        for act in acts:
            with pytest.raises(SpendLimitError, match=message) as raised:
                act(**asked, max_credits=1.7)
            assert (raised.value.credits, raised.value.max_credits) == (
                Decimal("1.8"),
                Decimal("1.7"),
            )
            assert paid(server) == 0
        for number, act in enumerate(acts):
            act(**asked, max_credits=Decimal("1.8"))
            assert paid(server) == number + 1
    assert len(server.received) == 6


def test_a_rerun_keeps_a_limit_on_credits_by_all_assigned_metrics(twin: Twin) -> None:
    asked: dict[str, Any] = {"call_logs": [1, 2]}
    with WireServer(listed(0.2, 0.6, enabled=1)) as server, twin.open(base_url=server.url) as calls:
        for act in (calls.rerun_evaluation, calls.rerun_evaluation_in_batches):
            with pytest.raises(SpendLimitError, match=r"costs 1\.6 credits: more than"):
                act(**asked, agent_id=7, max_credits=1.59)
            with pytest.raises(SpendLimitError):
                act(**asked, assistant_id="a b", max_credits=1)
        assert paid(server) == 0
        calls.rerun_evaluation(**asked, agent_id=7, max_credits=1.6)
    assert [request.path.partition("?")[2] for request in server.received] == [
        *["agent_id=7", "assistant_id=a+b"] * 2,
        *["agent_id=7", ""],
    ]


@pytest.mark.parametrize("costs", [(0.2, None), (0.2, -0.1), (0.2, 1e300), ()])
def test_what_has_no_price_is_over_any_limit(twin: Twin, costs: tuple[float | None, ...]) -> None:
    with WireServer(listed(*costs, enabled=2)) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(SpendLimitError, match=r"not tell the price of 1 metric \([12]\)"):
            calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[1], max_credits=1000)
        with pytest.raises(SpendLimitError, match="not tell the price") as raised:
            calls.rerun_evaluation(agent_id=1, call_logs=[1], max_credits=1000)
        assert raised.value.credits is None
    assert paid(server) == 0


@pytest.mark.parametrize("wrong", [-0.1, True, "much", float("nan"), float("inf"), 1e19, [1]])
def test_what_is_no_limit_on_credits_is_refused(twin: Twin, wrong: Any) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError, match="max_credits"):
            evaluate(calls, max_credits=wrong)
        with pytest.raises(InvalidRequestError, match="max_credits"):
            calls.rerun_evaluation(agent_id=1, call_logs=[1], max_credits=wrong)
    assert server.received == []


def test_batches_of_an_iterator_stop_before_the_limit_on_credits(twin: Twin) -> None:
    with (
        WireServer(listed(0.2)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(IncompleteBatchesError) as raised,
    ):
        calls.evaluate_metrics_in_batches(
            agent_id=1,
            metrics=["metric 1"],
            call_logs=iter(range(1, 101)),
            batch_size=10,
            max_concurrency=1,
            max_credits=5,
        )
    assert isinstance(raised.value.__cause__, SpendLimitError)
    assert raised.value.report.succeeded == list(range(1, 21))
    assert paid(server) == 2
