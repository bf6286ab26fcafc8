"""One bad id does not sink its batch: the rest is sent again, once, without it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cekura_client import (
    BadRequestError,
    BatchProgress,
    BatchReport,
    CekuraError,
    IncompleteBatchesError,
)
from cekura_client.call_logs.batches.jobs import calls_at_fault
from cekura_client.call_logs.batches.journal import Journal

from tests.support.twins import Calls, Twin
from tests.support.wire import DONE, Answer, Received, Script, WireServer, reply, rows_asked_for


def refusal(*texts: str, field: str = "call_logs", **others: Any) -> Script:
    return reply(400, json.dumps({field: texts} | others).encode())


def no_such(call: int) -> str:
    return f'Invalid pk "{call}" - object does not exist.'


def sent_ids(server: WireServer) -> list[list[int]]:
    return [json.loads(request.body)["call_logs"] for request in server.received]


def evaluate(calls: Calls, ids: Any, **options: Any) -> BatchReport:
    options = {"batch_size": 3, "max_concurrency": 1} | options
    return calls.evaluate_metrics_in_batches(agent_id=224, metrics=[7], call_logs=ids, **options)


def test_the_rest_of_a_batch_is_sent_again_without_the_calls_at_fault(twin: Twin) -> None:
    seen: list[BatchProgress] = []
    scripts: list[Script | Answer] = [refusal(no_such(2)), DONE]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, [1, 2, 3, 4], on_progress=seen.append, max_metric_runs=4)
    assert sent_ids(server) == [[1, 2, 3], [1, 3], [4]]
    assert report.succeeded == [1, 3, 4]
    assert list(report.refused) == [2]
    assert report.unknown == {}
    assert seen[-1] == BatchProgress(succeeded=3, refused=1, total=4)
    assert min(progress.in_flight for progress in seen) == 0
    with pytest.raises(IncompleteBatchesError, match=r'First refusal: .*Invalid pk "2"') as raised:
        report.raise_if_incomplete()
    assert raised.value.__cause__ is report.refused[2]


ONCE: dict[str, list[Script | Answer]] = {
    "names another": [refusal(no_such(1)), refusal(no_such(2)), DONE],
    "fails otherwise": [refusal(no_such(1)), reply(404, b"{}"), DONE],
}


@pytest.mark.parametrize("scripts", ONCE.values(), ids=ONCE)
def test_the_rest_is_sent_again_once(twin: Twin, scripts: list[Script | Answer]) -> None:
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, [1, 2, 3, 4])
    assert sent_ids(server) == [[1, 2, 3], [2, 3], [4]]
    assert report.succeeded == [4]
    assert list(report.refused) == [1, 2, 3]
    assert report.refused[1] is not report.refused[2]
    assert report.refused[2] is report.refused[3]


def test_a_rest_whose_reply_is_lost_is_unknown_and_not_sent_again(twin: Twin) -> None:
    scripts: list[Script | Answer] = [refusal(no_such(1)), reply(502, b""), DONE]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, [1, 2, 3, 4])
    assert sent_ids(server) == [[1, 2, 3], [2, 3], [4]]
    assert (report.succeeded, list(report.refused), list(report.unknown)) == ([4], [1], [2, 3])


# "1, 2 and 3" are the batch; what is at fault by what a 400 says.
SAID: list[tuple[dict[str, Any], set[int]]] = [
    ({"call_logs": [no_such(2)]}, {2}),
    ({"call_logs": [no_such(2), no_such(3)]}, {2, 3}),
    ({"call_logs": ["Not found: [1, 3]."]}, {1, 3}),
    ({"call_logs": ["Not found: 1,3."]}, {1, 3}),
    ({"call_logs": {"1": [no_such(3)]}}, {3}),
    ({"call_logs": [2, 3]}, {2, 3}),
    ({"call_logs": "Call log 2 does not belong to agent 3."}, {2}),
    ({"call_logs": ["Not of agent_id=1: 2"]}, {2}),
    ({"call_logs": ["Invalid pk '12' - object does not exist."]}, set()),
    ({"call_logs": ["Invalid pk 23, or 1.3, or 2026-3-1, or call_2, or 02, or 12:3."]}, set()),
    ({"call_logs": ["This list is too long."]}, set()),
    ({"call_logs": ["Call log 2 is still being evaluated.", no_such(3)]}, set()),
    ({"call_logs": [no_such(2)], "detail": "Not enough credits."}, set()),
    ({"call_logs": [no_such(2)], "metrics": [no_such(7)]}, set()),
    ({"metrics": [no_such(2)]}, set()),
    ({"detail": no_such(2)}, set()),
    ({"non_field_errors": [no_such(2)]}, set()),
]


@pytest.mark.parametrize(("said", "expected"), SAID)
def test_what_is_at_fault_is_read_as_whole_ids(said: dict[str, Any], expected: set[int]) -> None:
    body = json.dumps(said).encode()
    error = BadRequestError("400", status_code=400, headers={}, body=body)
    assert calls_at_fault(error, [1, 2, 3]) == expected
    assert calls_at_fault(CekuraError("2"), [1, 2, 3]) == set()


@pytest.mark.parametrize(
    "script",
    [
        refusal(no_such(9)),
        refusal(no_such(1), no_such(2), no_such(3)),
        refusal("No."),
        refusal(no_such(1), field="metrics"),
        reply(404, b'{"call_logs": ["Not found: 2."]}'),
    ],
)
def test_nothing_is_sent_again_where_none_or_all_of_the_batch_are_named(
    twin: Twin, script: Script
) -> None:
    with WireServer(script, DONE) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, [1, 2, 3, 4])
    assert sent_ids(server) == [[1, 2, 3], [4]]
    assert list(report.refused) == [1, 2, 3]


def test_a_process_that_ends_between_the_two_sendings_loses_no_call(
    twin: Twin, tmp_path: Path
) -> None:
    def kill(progress: BatchProgress) -> None:
        if progress.refused:  # noted, and the rest not sent yet
            raise ZeroDivisionError

    path = tmp_path / "run.db"
    with (
        WireServer(refusal(no_such(2)), DONE) as server,
        twin.open(base_url=server.url) as calls,
    ):
        with pytest.raises(IncompleteBatchesError) as raised:
            evaluate(calls, [1, 2, 3], journal=path, on_progress=kill)
        assert raised.value.report.not_sent == [1, 3]
        assert list(raised.value.report.refused) == [2]
        with Journal(path, None) as journal:
            assert sorted(journal.to_send) == [1, 3]
            assert list(journal.report.refused) == [2]
            assert "Invalid pk" in str(journal.report.refused[2])
        report = evaluate(calls, [1, 2, 3], journal=path)
    assert sent_ids(server) == [[1, 2, 3], [2, 1, 3]]
    assert sorted(report.succeeded) == [1, 2, 3]


def test_a_process_that_is_killed_while_the_rest_is_sent_leaves_it_unknown(
    twin: Twin, tmp_path: Path
) -> None:
    path, copy = tmp_path / "run.db", tmp_path / "copy.db"

    def copied(request: Received) -> Script:
        shutil.copy(path, copy)  # what a kill at this moment would leave
        return rows_asked_for(request)

    with (
        WireServer(refusal(no_such(2)), Answer(copied)) as server,
        twin.open(base_url=server.url) as calls,
    ):
        evaluate(calls, [1, 2, 3], journal=path)
        with Journal(copy, None) as journal:
            assert journal.to_send == []
            assert list(journal.report.refused) == [2]
            assert list(journal.report.unknown) == [1, 3]
            assert journal.report.unknown[1].sent is not None
        sent = len(server.received)
        report = evaluate(calls, [1, 2, 3], journal=copy)
    # Only what certainly did not run.
    assert sent_ids(server)[sent:] == [[2]]
    assert list(report.unknown) == [1, 3]


def test_a_call_that_may_have_run_before_stays_unknown_when_it_is_named(
    twin: Twin, tmp_path: Path
) -> None:
    path = tmp_path / "run.db"
    scripts: list[Script | Answer] = [reply(502, b""), refusal(no_such(2)), DONE]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        assert list(evaluate(calls, [1, 2, 3], journal=path).unknown) == [1, 2, 3]
        report = evaluate(calls, [1, 2, 3], journal=path, repeat_unknown=[1, 2])
    assert sent_ids(server) == [[1, 2, 3], [1, 2], [1]]
    assert report.succeeded == [1]
    assert sorted(report.unknown) == [2, 3]
    assert not report.refused
