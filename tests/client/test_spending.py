"""A limit on metric runs is kept before anything is sent, with the figure in the refusal."""

from pathlib import Path
from typing import Any

import pytest
from cekura_client import (
    BatchReport,
    IncompleteBatchesError,
    InvalidRequestError,
    SpendLimitError,
)

from tests.support.twins import Calls, Twin
from tests.support.wire import DONE, Answer, Script, WireServer, reply, then_close


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
