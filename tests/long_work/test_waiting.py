"""`wait_until_evaluated` against the sandbox, as people use it."""

from typing import Any

import pytest
from cekura_client import CallLog, EvaluationBaseline, WaitTimeoutError, metric_results, to_rows
from cekura_client.sandbox import Sandbox

from tests.support.twins import Calls, Twin

SECONDS = 0.2
AGENT = 2142


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cekura_client.call_logs.waiting.evaluation_wait._FIRST_INTERVAL", 0.05)


def results(call: CallLog) -> list[int]:
    return [result.id for result in metric_results(call)]


@pytest.mark.parametrize("stale", [False, True], ids=["being evaluated", "as before"])
@pytest.mark.parametrize("seconds", [0, SECONDS], ids=["at once", "in the background"])
def test_what_was_asked_for_is_there_in_the_end(twin: Twin, seconds: float, stale: bool) -> None:  # noqa: FBT001  (a table)
    with (
        Sandbox(evaluation_seconds=seconds, stale_replies=stale) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        # The first metric has a result before, the other has none; 102 and 503 are reviewed.
        started = calls.evaluate_metrics(agent_id=224, call_logs=[503, 123], metrics=[789, 790])
        rerunning = calls.rerun_evaluation(agent_id=2142, call_logs=[102, 101])
        first = calls.wait_until_evaluated(started, [789, 790])
        second = calls.wait_until_evaluated(rerunning)
    assert [(call.id, results(call)) for call in first] == [
        (503, [789, 790, 791, 792]), (123, [789, 790]),
    ]  # fmt: skip
    assert [(call.id, results(call)) for call in second] == [
        (102, [801, 802, 803]), (101, [801, 802, 803]),
    ]  # fmt: skip
    for call in (*first, *second):
        assert call.success is not None


def test_a_second_evaluation_is_waited_for_anew(twin: Twin) -> None:
    with (
        Sandbox(evaluation_seconds=SECONDS, stale_replies=True) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        stamps: list[Any] = []
        for _ in range(2):
            started = calls.evaluate_metrics(agent_id=224, call_logs=[123], metrics=[790])
            (call,) = calls.wait_until_evaluated(started, [790])
            stamps.append(call.updated_at)
    assert stamps[0] < stamps[1]


def test_many_calls_through_a_rate_limit(twin: Twin) -> None:
    with (
        Sandbox(calls=120, evaluation_seconds=0, rate_limit=(60, 0.5)) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        marks: list[EvaluationBaseline] = []
        for agent in (224, 2142):
            started = calls.rerun_evaluation(agent_id=agent, call_logs="all")
            marks += [EvaluationBaseline.of(call) for call in started]
        done: list[CallLog] = []
        assert calls.wait_until_evaluated(marks, timeout=60, on_evaluated=done.append) == []
    assert sorted(call.id for call in done if isinstance(call.id, int)) == sorted(
        mark.id for mark in marks
    )
    assert len(done) == 120
    assert len(to_rows(done)) == sandbox.metric_runs


def test_many_calls_take_few_requests_beside_one_each(twin: Twin) -> None:
    with (
        Sandbox(calls=800, evaluation_seconds=1) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        ids = [call.id for call in sandbox.call_logs if call.agent_id == AGENT]
        started = calls.rerun_evaluation(agent_id=AGENT, call_logs=ids)
        marks = [EvaluationBaseline.of(call) for call in started]
        before = sandbox.requests
        done = calls.wait_until_evaluated(marks)
        sent = sandbox.requests - before
    assert [call.id for call in done] == ids
    assert len(ids) == 400
    # Each is retrieved once; one by one, the looks until then were as many again each time.
    assert len(ids) < sent <= len(ids) + 40


def test_a_metric_that_never_gives_a_result_is_pending_in_the_end(twin: Twin) -> None:
    def wait(calls: Calls) -> None:
        started = calls.evaluate_metrics(agent_id=224, call_logs=[123, 456], metrics=[789])
        calls.wait_until_evaluated(started, [789, 792], timeout=1)

    with (
        Sandbox(evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
        pytest.raises(WaitTimeoutError) as raised,
    ):
        wait(calls)
    assert (raised.value.done, raised.value.pending) == ([], [123, 456])
