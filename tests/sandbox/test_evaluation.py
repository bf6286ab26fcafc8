"""What an accepted request does: its price, the state of the moment, the results a moment later."""

import threading
from typing import Any

import pytest
from cekura_client.sandbox import Sandbox

from tests.sandbox.caller import Caller, Row, errors, rows
from tests.sandbox.conftest import Serve

LONG = 3600


def metric_ids(call: Row) -> list[int]:
    results: list[Row] = call["evaluation"]["metrics"]
    return [result["id"] for result in results]


def test_the_published_examples_are_accepted(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=0))
    evaluated = rows(
        caller.evaluate({"agent_id": 224, "call_logs": [123, 456], "metrics": [789, 790]})
    )
    assert [call["id"] for call in evaluated] == [123, 456]
    some = rows(caller.rerun({"agent_id": 2142, "call_logs": [101, 102, 103]}))
    assert [call["id"] for call in some] == [101, 102, 103]
    every = rows(caller.rerun({"agent_id": 2142, "call_logs": "all"}))
    assert {call["agent"] for call in every} == {2142}
    assert len(every) == 6
    by_assistant = rows(caller.rerun({"assistant_id": 2143, "call_logs": [101, 102]}))
    assert [call["id"] for call in by_assistant] == [101, 102]


@pytest.mark.parametrize("assistant_id", [2143, "2143"])
def test_an_assistant_id_is_a_number_or_text(serve: Serve, assistant_id: object) -> None:
    caller = serve(Sandbox())
    assert len(rows(caller.rerun({"assistant_id": assistant_id, "call_logs": "all"}))) == 6


def test_an_external_assistant_id(serve: Serve) -> None:
    caller = serve(Sandbox())
    found = rows(caller.rerun({"assistant_id": "asst_abc123", "call_logs": "all"}))
    assert {call["agent"] for call in found} == {224}


def test_all_of_an_agent_without_calls_is_nothing_and_costs_nothing(serve: Serve) -> None:
    caller = serve(Sandbox())
    assert rows(caller.rerun({"agent_id": 2144, "call_logs": "all"})) == []
    assert caller.sandbox.credits == 1000


def test_each_metric_run_costs_a_fifth_of_a_credit(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=0, credits=3))
    body = {"agent_id": 224, "call_logs": [123, 456], "metrics": [789, 790, 791]}
    rows(caller.evaluate(body))
    assert (caller.sandbox.metric_runs, caller.sandbox.credits) == (6, 1.8)
    rows(caller.rerun({"agent_id": 2142, "call_logs": [101, 102]}))
    assert (caller.sandbox.metric_runs, caller.sandbox.credits) == (12, 0.6)
    rows(caller.evaluate({"project_id": 456, "call_logs": [123], "metrics": [789, 790, 791]}))
    assert (caller.sandbox.metric_runs, caller.sandbox.credits) == (15, 0)


def test_an_id_named_twice_counts_once(serve: Serve) -> None:
    caller = serve(Sandbox())
    body = {"agent_id": 224, "call_logs": [123, 456, 123], "metrics": [789, 789]}
    assert [call["id"] for call in rows(caller.evaluate(body))] == [123, 456]
    rows(caller.rerun({"agent_id": 2142, "call_logs": [101, 101]}))
    assert caller.sandbox.metric_runs == 2 + 3


def test_a_short_balance_refuses_the_whole_request(serve: Serve) -> None:
    caller = serve(Sandbox(credits=0.5, evaluation_seconds=LONG))
    before = caller.call(101)
    said = errors(caller.rerun({"agent_id": 2142, "call_logs": [101]}))
    assert "Insufficient credits" in said["non_field_errors"][0]
    assert (caller.sandbox.metric_runs, caller.sandbox.credits) == (0, 0.5)
    assert caller.call(101) == before
    rows(caller.evaluate({"agent_id": 2142, "call_logs": [101], "metrics": [801, 802]}))
    assert caller.sandbox.credits == 0.1


def test_agent_and_project_may_be_given_together(serve: Serve) -> None:
    caller = serve(Sandbox())
    body = {"agent_id": 224, "project_id": 456, "call_logs": [123], "metrics": [789]}
    assert len(rows(caller.evaluate(body))) == 1


def test_a_project_takes_all_its_metrics(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=0))
    rows(caller.evaluate({"project_id": 457, "call_logs": [101], "metrics": [804]}))
    assert metric_ids(caller.call(101)) == [801, 804]


def test_the_reply_shows_the_state_of_the_moment(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=0.5))
    body = {"agent_id": 224, "call_logs": [123], "metrics": [790, 791, 792]}
    (row,) = rows(caller.evaluate(body))
    assert (row["status"], row["metrics"]) == ("evaluating", [])
    assert caller.call(123)["evaluation"] == {"metrics": []}
    call = caller.finished(123)
    assert call["status"] in {"success", "failure"}
    # The first one is the result it had before: the other results do not replace it.
    assert metric_ids(call) == [789, 790, 791, 792]
    assert caller.call(123) == call


def test_where_evaluating_takes_no_time_the_next_look_shows_the_results(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=0))
    (call,) = rows(caller.rerun({"agent_id": 2142, "call_logs": [101]}))
    assert (call["status"], call["success"], metric_ids(call)) == ("evaluating", None, [])
    call = caller.call(101)
    assert call["status"] in {"success", "failure"}
    assert metric_ids(call) == [801, 802, 803]


@pytest.mark.parametrize("seconds", [0, LONG])
def test_a_stale_reply_shows_the_call_as_it_was_before(serve: Serve, seconds: float) -> None:
    caller = serve(Sandbox(evaluation_seconds=seconds, stale_replies=True))
    before = caller.call(101)
    assert rows(caller.rerun({"agent_id": 2142, "call_logs": [101]})) == [before]
    after = caller.call(101)
    assert after["updated_at"] > before["updated_at"]
    assert metric_ids(after) == ([] if seconds else [801, 802, 803])


@pytest.mark.parametrize("again", ["evaluate", "rerun", "all"])
def test_a_call_that_is_being_evaluated_is_refused(serve: Serve, again: str) -> None:
    caller = serve(Sandbox(evaluation_seconds=LONG))
    rows(caller.evaluate({"agent_id": 2142, "call_logs": [101], "metrics": [801]}))
    calls: object = "all" if again == "all" else [103, 101]
    body: dict[str, Any] = {"agent_id": 2142, "call_logs": calls}
    reply = (
        caller.evaluate({**body, "metrics": [801]}) if again == "evaluate" else caller.rerun(body)
    )
    assert errors(reply) == {"call_logs": ["Call log 101 is still being evaluated."]}
    assert caller.sandbox.metric_runs == 1
    assert caller.call(103)["status"] != "evaluating"


def test_a_rerun_resets_the_outcome_of_calls_that_nobody_reviewed(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=0.2))
    assert caller.call(101)["success"] is not None
    reviewed = caller.call(102)
    assert (reviewed["is_reviewed"], reviewed["success"]) == (True, True)
    first, second = rows(caller.rerun({"agent_id": 2142, "call_logs": [101, 102]}))
    assert (first["status"], first["success"]) == ("evaluating", None)
    assert (second["status"], second["success"]) == ("evaluating", True)
    assert caller.finished(101)["success"] is not None
    call = caller.finished(102)
    assert (call["status"], call["success"]) == ("reviewed_success", True)


def test_evaluating_keeps_the_outcome_meanwhile(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=LONG))
    before = caller.call(101)["success"]
    (row,) = rows(caller.evaluate({"agent_id": 2142, "call_logs": [101], "metrics": [801]}))
    assert row["success"] == before


def test_a_human_decision_outlives_the_metrics(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=0))
    assert caller.call(503)["status"] == "reviewed_failure"
    rows(caller.rerun({"agent_id": 224, "call_logs": [503]}))
    call = caller.call(503)
    assert (call["status"], call["success"]) == ("reviewed_failure", False)


def test_the_kinds_of_results(serve: Serve) -> None:
    caller = serve(Sandbox(calls=200, evaluation_seconds=0))
    started = rows(caller.rerun({"agent_id": 224, "call_logs": "all"}))
    calls = [caller.call(call["id"]) for call in started]
    verdicts: set[tuple[Any, ...]] = set()
    for call in calls:
        failed = False
        for result in call["evaluation"]["metrics"]:
            assert all(isinstance(text, str) for text in result["explanation"])
            if result["eval_type"] == "binary":
                verdicts.add((result["passed"], result["score"], result["score_normalized"]))
                failed = failed or result["passed"] is False
            elif result["eval_type"] == "numeric":
                assert 0 <= result["score"] <= 10
                assert 0 <= result["score_normalized"] <= 1
            else:
                assert result["enum"] == result["value"]
                assert "score" not in result
        if not call["is_reviewed"]:
            assert call["success"] is not failed
            assert call["status"] == ("failure" if failed else "success")
    assert verdicts == {(True, 5, 1), (False, 0, 0), (None, None, None)}


def test_the_same_metric_on_the_same_call_gives_the_same_result(serve: Serve) -> None:
    body = {"agent_id": 224, "call_logs": [123, 456], "metrics": [789, 790, 791, 792]}
    first = serve(Sandbox(evaluation_seconds=0))
    second = serve(Sandbox(evaluation_seconds=0, calls=4))

    def results(caller: Caller) -> list[Any]:
        rows(caller.evaluate(body))
        return [caller.call(call_id)["evaluation"] for call_id in (123, 456)]

    found = results(first)
    assert len(found[0]["metrics"]) == 4
    assert results(first) == found
    assert results(second) == found


def test_requests_at_the_same_time_are_charged_once_each(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=LONG))
    statuses: list[int] = []

    def ask() -> None:
        with Caller(caller.sandbox) as own:
            statuses.append(own.rerun({"agent_id": 2142, "call_logs": "all"}).status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [400] * 7
    assert (caller.sandbox.metric_runs, caller.sandbox.credits) == (18, 996.4)
    assert caller.sandbox.requests == 8
