"""What becomes of each batch, by what the server answers: sorted, and none lost."""

import json
import socket
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cekura_client import (
    APIStatusError,
    BatchProgress,
    BatchReport,
    CallLogSummary,
    CekuraError,
    IncompleteBatchesError,
    JournalFinishedError,
    MissingRowsError,
    RetryPolicy,
)

from tests.support.twins import Calls, Twin
from tests.support.wire import DONE, Answer, Script, WireServer, reply, rows_asked_for, then_close

BUSY = reply(400, b'{"call_logs": ["Call log 3 is still being evaluated."]}')


def sent_ids(server: WireServer) -> list[list[int]]:
    return [json.loads(request.body)["call_logs"] for request in server.received]


def evaluate(calls: Calls, ids: Any, **options: Any) -> BatchReport:
    options = {"batch_size": 2, "max_concurrency": 1} | options
    return calls.evaluate_metrics_in_batches(agent_id=1, metrics=[7], call_logs=ids, **options)


def test_the_ids_are_cut_into_batches_and_each_is_sent_once(twin: Twin) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, iter([1, 2, 3, 2, 1, 4, 5]))
    assert sorted(call for ids in sent_ids(server) for call in ids) == [1, 2, 3, 4, 5]
    assert report.succeeded == [1, 2, 3, 4, 5]
    assert report.complete
    assert str(report) == "5 succeeded, 0 refused, 0 unknown, 0 not sent"
    bodies = [json.loads(request.body) for request in server.received]
    assert all(body["metrics"] == [7] and body["agent_id"] == 1 for body in bodies)


def test_a_rerun_names_its_assistant(twin: Twin) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        report = calls.rerun_evaluation_in_batches(assistant_id="asst_1", call_logs=[1, 2, 3])
    assert report.succeeded == [1, 2, 3]
    assert json.loads(server.received[0].body) == {
        "call_logs": [1, 2, 3],
        "assistant_id": "asst_1",
    }


OUTCOMES: list[tuple[str, Script, str]] = [
    ("400", reply(400, b'{"call_logs": ["Invalid pk 9."]}'), "refused"),
    ("404", reply(404, b'{"detail": "Not found."}'), "refused"),
    ("redirect undone", reply(307, b""), "refused"),
    ("500", reply(500, b""), "unknown"),
    ("502", reply(502, b"<html>"), "unknown"),
    ("lost reply", then_close(), "unknown"),
    ("odd reply", reply(200, b"{}"), "unknown"),
    ("redirect", reply(302, b""), "unknown"),
]


@pytest.mark.parametrize(("name", "script", "kind"), OUTCOMES, ids=[row[0] for row in OUTCOMES])
def test_one_bad_batch_does_not_stop_the_others(
    twin: Twin, name: str, script: Script, kind: str
) -> None:
    scripts: list[Script | Answer] = [DONE, script, DONE]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, [1, 2, 3, 4, 5, 6])
    assert len(server.received) == 3, name
    assert report.succeeded == [1, 2, 5, 6]
    bad: dict[int, CekuraError] = getattr(report, kind)
    assert list(bad) == [3, 4]
    assert all(error.may_have_run is (kind == "unknown") for error in bad.values())
    assert len(report.refused) + len(report.unknown) == 2
    assert report.not_sent == []
    assert report.stopped_by is None
    with pytest.raises(IncompleteBatchesError) as raised:
        report.raise_if_incomplete()
    assert raised.value.report is report
    assert raised.value.may_have_run is (kind == "unknown")


STOPPERS = [
    (401, b'{"detail": "Invalid API key."}'),
    (402, b"{}"),
    (403, b'{"detail": "No."}'),
    (400, b'{"non_field_errors": ["Insufficient credits: 4 metric runs cost 0.8."]}'),
    (400, b'{"detail": "Your balance is too low."}'),
    (400, b'{"error": "You don\'t have enough credits to run \'Tone\'."}'),
    (400, b'{"detail": "Organization 5 has no credits left."}'),
    (400, b'{"credits": ["4 are needed, and 1 is there."]}'),
]


@pytest.mark.parametrize(("status", "body"), STOPPERS)
def test_what_would_refuse_every_batch_stops_the_run(twin: Twin, status: int, body: bytes) -> None:
    with (
        WireServer(DONE, reply(status, body)) as server,
        twin.open(base_url=server.url) as calls,
    ):
        report = evaluate(calls, iter(range(1, 10)))
    assert len(server.received) == 2
    assert report.succeeded == [1, 2]
    assert list(report.refused) == [3, 4]
    assert report.not_sent == [5, 6, 7, 8, 9]
    assert isinstance(report.stopped_by, APIStatusError)
    assert report.stopped_by.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b'{"metrics": ["Metric \'Credit check\' is not assigned."]}',
        b'{"detail": "Metric \'Credit check\' is not assigned."}',
        b'{"detail": "Metric \'Not enough credits\' is not assigned to agent 1."}',
        b'{"non_field_errors": ["There is no credit check metric for call 3."]}',
        b'{"metrics": ["Not enough credits is no metric of agent 1."]}',
        b'{"detail": "The balance of call 3 was not recorded."}',
    ],
)
def test_the_word_credit_alone_refuses_one_batch_alone(twin: Twin, body: bytes) -> None:
    scripts: list[Script | Answer] = [DONE, reply(400, body), DONE]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, [1, 2, 3, 4, 5, 6])
    assert len(server.received) == 3
    assert report.succeeded == [1, 2, 5, 6]
    assert list(report.refused) == [3, 4]
    assert report.stopped_by is None


def test_a_stop_gives_up_what_waits_and_lets_end_what_is_in_flight(twin: Twin) -> None:
    def after(seconds: float, answer: Script) -> Script:
        def script(connection: socket.socket) -> None:
            time.sleep(seconds)
            answer(connection)

        return script

    scripts: list[Script | Answer] = [
        Answer(lambda request: after(1.5, rows_asked_for(request))),
        after(0.5, reply(429, b"", {"Retry-After": "30"})),
        after(1.0, reply(401, b"{}")),
    ]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        started = time.monotonic()
        report = evaluate(calls, [1, 2, 3], batch_size=1, max_concurrency=3)
        assert time.monotonic() - started < 10
    assert len(server.received) == 3
    assert len(report.succeeded) == len(report.refused) == len(report.not_sent) == 1


def test_a_batch_with_a_busy_call_is_sent_again_later(twin: Twin) -> None:
    scripts: list[Script | Answer] = [DONE, BUSY, DONE]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, [1, 2, 3, 4, 5, 6])
    assert sent_ids(server) == [[1, 2], [3, 4], [5, 6], [3, 4]]
    assert report.complete
    assert server.received[3].moment - server.received[1].moment >= 1.0


def test_a_batch_stays_busy_until_the_deadline_at_most(twin: Twin) -> None:
    policy = RetryPolicy(deadline=2.0)
    with WireServer(BUSY) as server, twin.open(base_url=server.url, retries=policy) as calls:
        report = evaluate(calls, [1, 2])
    assert list(report.refused) == [1, 2]
    assert len(server.received) == 2
    assert report.stopped_by is None


def test_the_iterable_is_read_as_it_is_needed(twin: Twin) -> None:
    read: list[int] = []
    most: list[int] = []

    def ids() -> Generator[int]:
        for call in range(1, 101):
            read.append(call)
            yield call

    def note(progress: BatchProgress) -> None:
        most.append(len(read) - progress.done)

    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, ids(), batch_size=5, max_concurrency=2, on_progress=note)
    assert sorted(report.succeeded) == list(range(1, 101))
    assert max(most) <= 15


def test_no_calls_at_all_are_no_error(twin: Twin) -> None:
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        report = evaluate(calls, [])
    assert server.received == []
    assert report.complete


class BoomError(Exception):
    """Raised by code of the caller's."""


def breaking() -> Iterator[int]:
    yield from (1, 2, 3)
    raise BoomError


def raising(_: object) -> None:
    raise BoomError


BREAKS: list[tuple[str, int, Callable[[Calls], BatchReport]]] = [
    ("the iterable", 3, lambda calls: evaluate(calls, breaking())),
    ("on_reply", 8, lambda calls: evaluate(calls, range(1, 9), on_reply=raising)),
    ("on_progress", 8, lambda calls: evaluate(calls, range(1, 9), on_progress=raising)),
    ("a bad id half-way", 3, lambda calls: evaluate(calls, iter([1, 2, 3, "4", 5]))),
]


@pytest.mark.parametrize(("name", "calls_given", "broken"), BREAKS, ids=[row[0] for row in BREAKS])
def test_an_error_of_the_callers_comes_with_the_report(
    twin: Twin, name: str, calls_given: int, broken: Callable[[Calls], BatchReport]
) -> None:
    with (
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(IncompleteBatchesError) as raised,
    ):
        broken(calls)
    report = raised.value.report
    assert raised.value.__cause__ is not None, name
    assert "Nothing was sent" not in str(raised.value)
    assert len(report.succeeded) == sum(len(ids) for ids in sent_ids(server))
    assert sorted(report.succeeded + report.not_sent) == list(range(1, calls_given + 1))
    assert not report.unknown


def test_a_reply_that_the_callback_does_not_take_is_kept(twin: Twin) -> None:
    with (
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(IncompleteBatchesError) as raised,
    ):
        evaluate(calls, [1, 2], on_reply=raising)
    kept = raised.value.report.undelivered
    assert [[call.id for call in rows] for rows in kept] == [[1, 2]]
    assert not raised.value.report.complete
    assert len(server.received) == 1


def taking(taken: list[object]) -> Callable[[list[CallLogSummary]], None]:
    def take(rows: list[CallLogSummary]) -> None:
        taken.extend(found.id for found in rows)

    return take


def row(call: int) -> dict[str, object]:
    return {"id": call, "call_id": f"call_{call}"}


PARTIAL: dict[str, tuple[list[dict[str, object]], list[int]]] = {
    "none": ([], []),
    "of other calls": ([row(8), row(9)], []),
    "one": ([row(2)], [2]),
    "one and another call's": ([row(9), row(1)], [1]),
}


@pytest.mark.parametrize(("rows", "shown"), PARTIAL.values(), ids=PARTIAL)
@pytest.mark.parametrize("with_journal", [True, False])
def test_what_an_accepted_reply_does_not_show_is_unknown(
    twin: Twin,
    tmp_path: Path,
    rows: list[dict[str, object]],
    shown: list[int],
    *,
    with_journal: bool,
) -> None:
    body = json.dumps(rows).encode()
    journal = tmp_path / "run.db" if with_journal else None
    taken: list[object] = []
    with (
        WireServer(reply(200, body), DONE) as server,
        twin.open(base_url=server.url) as calls,
    ):
        report = evaluate(
            calls,
            [1, 2, 3, 4],
            journal=journal,
            on_reply=taking(taken),
        )
        reports = [report]
        if journal is not None:
            with pytest.raises(JournalFinishedError) as raised:
                evaluate(calls, [1, 2, 3, 4], journal=journal, on_reply=taken.append)
            reports.append(raised.value.report)
    missing = sorted({1, 2} - {*shown})
    for told in reports:
        assert sorted(told.succeeded) == sorted([*shown, 3, 4])
        assert sorted(told.unknown) == missing
        for error in told.unknown.values():
            assert isinstance(error, MissingRowsError)
            assert error.may_have_run
            assert error.body == body
            assert error.sent is not None
            assert ", ".join(map(str, missing)) in str(error)
    assert taken == [*shown, 3, 4]
    assert len(server.received) == 2


def test_rows_that_were_not_asked_for_are_not_handed_over_later(twin: Twin, tmp_path: Path) -> None:
    body = json.dumps([row(1), row(9)]).encode()
    taken: list[object] = []
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(IncompleteBatchesError):
            evaluate(calls, [1, 2], journal=tmp_path / "run.db", on_reply=raising)
        report = evaluate(
            calls,
            [1, 2],
            journal=tmp_path / "run.db",
            on_reply=taking(taken),
        )
    assert taken == [1]
    assert (report.succeeded, list(report.unknown)) == ([1], [2])
    assert len(server.received) == 1


def test_a_single_call_returns_its_rows_as_they_came(twin: Twin) -> None:
    body = json.dumps([row(9)]).encode()
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        rows = calls.evaluate_metrics(agent_id=1, metrics=[7], call_logs=[1, 2])
        assert [found.id for found in rows] == [9]
        assert [r.id for r in calls.rerun_evaluation(agent_id=1, call_logs=[1])] == [9]
