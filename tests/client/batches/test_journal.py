"""The journal: what a later process knows of an earlier one, and whom it refuses."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cekura_client import (
    BatchReport,
    CallLogSummary,
    Cekura,
    IncompleteBatchesError,
    InvalidRequestError,
    InvalidResponseError,
    JournalFinishedError,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
    ServerError,
)

from tests.support.twins import KEY, Calls, Twin
from tests.support.wire import DONE, Answer, Script, WireServer, reply, then_close

NO_SUCH = reply(400, b'{"call_logs": ["Invalid pk."]}')


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def evaluate(calls: Calls, ids: Any, journal: Path, **options: Any) -> BatchReport:
    options = {"batch_size": 2, "max_concurrency": 1, "metrics": [7]} | options
    return calls.evaluate_metrics_in_batches(agent_id=1, call_logs=ids, journal=journal, **options)


def first_run(twin: Twin, server: WireServer, ids: Any, journal: Path) -> BatchReport:
    with twin.open(base_url=server.url, retries=RetryPolicy(deadline=0)) as calls:
        return evaluate(calls, ids, journal)


def sent_ids(server: WireServer) -> list[list[int]]:
    return [json.loads(request.body)["call_logs"] for request in server.received]


def test_going_on_sends_only_what_certainly_did_not_run(twin: Twin, journal: Path) -> None:
    stop = reply(401, b"{}")
    scripts: list[Script | Answer] = [DONE, NO_SUCH, reply(500, b"boom"), then_close(), stop, DONE]
    ids = range(1, 13)
    with WireServer(*scripts) as server:
        first = first_run(twin, server, ids, journal)
        assert first.succeeded == [1, 2]
        assert list(first.refused) == [3, 4, 9, 10]
        assert list(first.unknown) == [5, 6, 7, 8]
        assert first.not_sent == [11, 12]
        second = first_run(twin, server, ids, journal)
        assert sorted(second.succeeded) == [1, 2, 3, 4, 9, 10, 11, 12]
        assert not second.refused
        assert not second.not_sent
        assert isinstance(second.unknown[5], ServerError)
        assert second.unknown[5].text == "boom"
        assert isinstance(second.unknown[7], OutcomeUnknownError)
        assert all(error.may_have_run for error in second.unknown.values())
        assert len(server.received) == 8
        with pytest.raises(JournalFinishedError) as raised:
            first_run(twin, server, ids, journal)
        assert raised.value.report == second or str(raised.value.report) == str(second)
        assert len(server.received) == 8
    assert sent_ids(server)[5:] == [[3, 4], [9, 10], [11, 12]]


def test_an_unknown_call_is_sent_again_only_when_it_is_named(twin: Twin, journal: Path) -> None:
    scripts: list[Script | Answer] = [then_close(), then_close(), DONE]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        first = evaluate(calls, [1, 2, 3, 4], journal)
        assert list(first.unknown) == [1, 2, 3, 4]
        with pytest.raises(InvalidRequestError, match="call log 9"):
            evaluate(calls, [1, 2, 3, 4], journal, repeat_unknown=[9])
        second = evaluate(calls, [1, 2, 3, 4], journal, repeat_unknown=[2, 3])
        assert second.succeeded == [2, 3]
        assert list(second.unknown) == [1, 4]
        with pytest.raises(InvalidRequestError, match="call log 2"):
            evaluate(calls, [1, 2, 3, 4], journal, repeat_unknown=[2])
    assert sent_ids(server) == [[1, 2], [3, 4], [2, 3]]


@pytest.mark.parametrize("refused", [{"max_metric_runs": 1}, {"ids": [1, 2, 0]}])
def test_an_unknown_call_is_not_named_by_a_run_that_is_refused(
    twin: Twin, journal: Path, refused: dict[str, Any]
) -> None:
    with WireServer(then_close(), DONE) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, [1, 2], journal)
        wrong: dict[str, Any] = {"ids": [1, 2], "journal": journal} | refused
        with pytest.raises(InvalidRequestError, match=r"[Nn]othing (of this )?was sent"):
            evaluate(calls, **wrong, repeat_unknown=[1, 2])
        with pytest.raises(JournalFinishedError) as raised:
            evaluate(calls, [1, 2], journal)
    assert list(raised.value.report.unknown) == [1, 2]
    assert len(server.received) == 1


def test_what_is_repeated_in_vain_is_as_unknown_as_before(twin: Twin, journal: Path) -> None:
    lost = reply(500, b"first")
    with WireServer(lost, lost, NO_SUCH, reply(401, b"{}"), DONE) as server:
        first_run(twin, server, [1, 2, 3, 4], journal)
        with twin.open(base_url=server.url) as calls:
            refused = evaluate(calls, [1, 2, 3, 4], journal, repeat_unknown=[1, 2])
            assert sorted(refused.unknown) == [1, 2, 3, 4]
            assert not refused.refused
            assert refused.unknown[1].may_have_run
            given_up = evaluate(
                calls, [1, 2, 3, 4], journal, repeat_unknown=[1, 2, 3], batch_size=1
            )
            assert sorted(given_up.unknown) == [1, 2, 3, 4]
            assert not given_up.not_sent
            # Whoever does not name them does not send them.
            with pytest.raises(JournalFinishedError) as raised:
                evaluate(calls, [1, 2, 3, 4], journal)
            assert sorted(raised.value.report.unknown) == [1, 2, 3, 4]
            sent = {error.sent.at for error in raised.value.report.unknown.values() if error.sent}
            assert max(sent) < datetime.now(UTC)
            assert len(server.received) == 4
            last = evaluate(calls, [1, 2, 3, 4], journal, repeat_unknown=[1, 2, 3, 4])
            assert sorted(last.succeeded) == [1, 2, 3, 4]


def test_repeating_needs_a_journal(twin: Twin) -> None:
    with (
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match="journal"),
    ):
        calls.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7], call_logs=[1], repeat_unknown=[1]
        )
    assert server.received == []


OTHER_RUNS: dict[str, dict[str, Any]] = {
    "metrics": {"metrics": [7, 8]},
    "project": {"project_id": 5},
}


@pytest.mark.parametrize("other", OTHER_RUNS.values(), ids=OTHER_RUNS)
def test_a_journal_refuses_another_run(twin: Twin, journal: Path, other: dict[str, Any]) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, [1], journal)
        with pytest.raises(InvalidRequestError, match="another run"):
            evaluate(calls, [1], journal, **other)
        with pytest.raises(InvalidRequestError, match="another run"):
            calls.rerun_evaluation_in_batches(agent_id=1, call_logs=[1], journal=journal)
    with (
        WireServer(DONE) as elsewhere,
        twin.open(base_url=elsewhere.url) as calls,
        pytest.raises(InvalidRequestError, match="another run"),
    ):
        evaluate(calls, [1], journal)
    assert len(server.received) == 1
    assert elsewhere.received == []


def test_a_run_whose_calls_are_all_known_takes_no_further_ones(twin: Twin, journal: Path) -> None:
    with WireServer(NO_SUCH, DONE) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, [1, 2], journal)
        with pytest.raises(InvalidRequestError, match="Call log 3 is not of the run"):
            evaluate(calls, [1, 2, 3], journal)
        assert len(server.received) == 1
        assert evaluate(calls, [], journal).succeeded == [1, 2]


FILES: dict[str, bytes] = {"text": b"no database\n" * 500, "short": b"x"}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_another_file_is_no_journal_and_stays_as_it_is(
    twin: Twin, journal: Path, content: bytes
) -> None:
    journal.write_bytes(content)
    with (
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match="no journal"),
    ):
        evaluate(calls, [1], journal)
    assert journal.read_bytes() == content
    assert server.received == []


def test_a_database_of_another_program_is_no_journal(twin: Twin, journal: Path) -> None:
    with sqlite3.connect(journal) as database:
        database.execute("CREATE TABLE run (parameters TEXT)")
    database.close()
    with (
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match="no journal"),
    ):
        evaluate(calls, [1], journal)
    assert server.received == []


@pytest.mark.parametrize("name", [":memory:", "file:run.db?mode=memory"])
def test_a_journal_is_a_file_whatever_its_name(
    twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, [1], Path(name))
        with pytest.raises(JournalFinishedError):
            evaluate(calls, [1], Path(name))
    assert len(server.received) == 1


@pytest.mark.parametrize("path", [5, b"run.db", "run\0.db", ""])
def test_what_is_no_path_is_no_journal(twin: Twin, path: Any) -> None:
    with (
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match="journal"),
    ):
        evaluate(calls, [1], path)
    assert server.received == []


def test_a_journal_in_a_folder_that_is_not_there_is_refused(twin: Twin, tmp_path: Path) -> None:
    with (
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match="cannot be opened"),
    ):
        evaluate(calls, [1], tmp_path / "nowhere" / "run.db")
    assert server.received == []


def test_a_journal_that_another_process_uses_is_refused(twin: Twin, journal: Path) -> None:
    code = f"""
import sys
from cekura_client.call_logs.batches.journal import Journal
with Journal({str(journal)!r}, {{}}):
    print("open", flush=True)
    sys.stdin.readline()
"""
    with (
        subprocess.Popen(  # noqa: S603  (our own code)
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other,
        WireServer(DONE) as server,
        twin.open(base_url=server.url) as calls,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(InvalidRequestError, match="in use"):
            evaluate(calls, [1], journal)
        other.communicate("\n")
    assert server.received == []


@pytest.mark.parametrize("name", ["run.db", "soft.db", "hard.db"])
def test_a_journal_that_this_process_uses_is_refused_and_stays_locked(
    twin: Twin, journal: Path, name: str
) -> None:
    code = f"""
from cekura_client.call_logs.batches.journal import Journal
from cekura_client import InvalidRequestError
try:
    with Journal({str(journal)!r}, {{}}):
        pass
except InvalidRequestError as error:
    print(error)
"""
    said: list[str] = []

    def take(_: object) -> None:
        if name == "soft.db":
            journal.with_name(name).symlink_to(journal)
        elif name == "hard.db":
            journal.with_name(name).hardlink_to(journal)
        with (
            Cekura(KEY, base_url=server.url) as other,
            pytest.raises(InvalidRequestError) as raised,
        ):
            other.call_logs.evaluate_metrics_in_batches(
                agent_id=1, metrics=[7], call_logs=[1], journal=journal.with_name(name)
            )
        said.append(str(raised.value))
        run = [sys.executable, "-c", code]
        said.append(subprocess.run(run, capture_output=True, text=True, check=True).stdout)  # noqa: S603  (our own code)

    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, [1], journal, on_reply=take)
    assert "in use by this process or another" in said[0]
    assert "in use by this process or another" in said[1]
    assert len(server.received) == 1


def test_a_copy_that_is_made_of_an_open_journal_does_not_unlock_it(
    twin: Twin, journal: Path
) -> None:
    code = f"""
from cekura_client.call_logs.batches.journal import Journal
from cekura_client import InvalidRequestError
try:
    with Journal({str(journal)!r}, None):
        pass
except InvalidRequestError as error:
    print(error)
"""
    said: list[str] = []

    def take(_: object) -> None:
        assert journal.read_bytes()
        run = [sys.executable, "-c", code]
        said.append(subprocess.run(run, capture_output=True, text=True, check=True).stdout)  # noqa: S603  (our own code)

    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, [1], journal, on_reply=take)
    assert "in use by this process or another" in said[0]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_only_its_owner_may_read_a_journal(twin: Twin, journal: Path) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, [1], journal)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


class TakenError(Exception):
    """What a callback raises once."""


def test_a_reply_that_was_not_taken_is_handed_over_when_the_run_goes_on(
    twin: Twin, journal: Path
) -> None:
    taken: list[list[object]] = []
    full = [True]

    def take(rows: list[CallLogSummary]) -> None:
        if full[0]:
            raise TakenError
        taken.append([row.id for row in rows])

    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(IncompleteBatchesError):
            evaluate(calls, [1, 2, 3, 4], journal, on_reply=take)
        assert len(server.received) == 1
        full[0] = False
        report = evaluate(calls, [1, 2, 3, 4], journal, on_reply=take)
        with pytest.raises(JournalFinishedError):
            evaluate(calls, [1, 2, 3, 4], journal, on_reply=take)
    assert report.succeeded == [1, 2, 3, 4]
    assert taken == [[1, 2], [3, 4]]
    assert len(server.received) == 2


def test_a_reply_that_was_not_taken_waits_for_who_takes_it(twin: Twin, journal: Path) -> None:
    taken: list[object] = []

    def refuse(_: list[CallLogSummary]) -> None:
        raise TakenError

    def take(rows: list[CallLogSummary]) -> None:
        taken.extend(row.id for row in rows)

    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(IncompleteBatchesError):
            evaluate(calls, [1, 2, 3, 4], journal, on_reply=refuse)
        assert evaluate(calls, [1, 2, 3, 4], journal).succeeded == [1, 2, 3, 4]
        with pytest.raises(JournalFinishedError):
            evaluate(calls, [1, 2, 3, 4], journal)
        assert taken == []
        evaluate(calls, [1, 2, 3, 4], journal, on_reply=take)
        with pytest.raises(JournalFinishedError):
            evaluate(calls, [1, 2, 3, 4], journal, on_reply=take)
    assert taken == [1, 2]
    assert len(server.received) == 2


def test_a_reply_that_is_not_the_contracts_is_kept_in_the_journal(
    twin: Twin, journal: Path
) -> None:
    odd = b'{"paid": "for"}'
    limited = reply(429, b"", {"Retry-After": "7"})
    with WireServer(reply(200, odd), limited) as server:
        first_run(twin, server, [1, 2, 3, 4], journal)
    with WireServer(DONE), sqlite3.connect(journal) as database:
        database.execute("UPDATE run SET finished = 1")
    database.close()
    with twin.open(base_url=server.url) as calls, pytest.raises(JournalFinishedError) as raised:
        evaluate(calls, [1, 2, 3, 4], journal)
    report = raised.value.report
    error = report.unknown[1]
    assert isinstance(error, InvalidResponseError)
    assert error.body == odd
    assert error.status_code == 200
    refusal = report.refused[3]
    assert isinstance(refusal, RateLimitError)
    assert (refusal.retry_after, refusal.attempts) == (7.0, 1)


def test_the_key_is_not_in_the_journal(twin: Twin, journal: Path) -> None:
    echo = reply(400, b'{"detail": "no such key: the-secret-key"}')
    with (
        WireServer(DONE, echo) as server,
        twin.open(base_url=server.url, api_key="the-secret-key") as calls,
    ):
        evaluate(calls, [1, 2, 3], journal)
    with sqlite3.connect(journal) as database:
        errors = database.execute("SELECT error FROM batch").fetchall()
    database.close()
    assert "the-secret-key" not in str(errors)


def test_a_journal_that_cannot_be_written_stops_the_run_before_it_sends(
    twin: Twin, journal: Path
) -> None:
    trigger = (
        "CREATE TRIGGER full BEFORE INSERT ON call WHEN new.id > 2 "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with WireServer(NO_SUCH, DONE) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, [], journal)
        with sqlite3.connect(journal) as database:
            database.execute(trigger)
            database.execute("UPDATE run SET all_known = 0, finished = 0")
        database.close()
        with pytest.raises(IncompleteBatchesError, match="disk full") as raised:
            evaluate(calls, [1, 2, 3, 4, 5, 6], journal)
    assert sent_ids(server) == [[1, 2]]
    assert list(raised.value.report.refused) == [1, 2]
    assert raised.value.report.not_sent == [3, 4, 5, 6]
