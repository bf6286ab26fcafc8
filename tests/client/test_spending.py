"""A limit on metric runs is kept before anything is sent, with the figure in the refusal."""

from typing import Any

import pytest
from cekura_client import IncompleteBatchesError, InvalidRequestError, SpendLimitError

from tests.support.twins import Calls, Twin
from tests.support.wire import DONE, WireServer


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
