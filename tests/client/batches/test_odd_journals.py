"""Journals that are damaged or odd: refused before anything is sent, by an error of ours."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cekura_client import (
    BatchReport,
    CallLogSummary,
    CekuraError,
    IncompleteBatchesError,
    InvalidRequestError,
    JournalFinishedError,
    RetryPolicy,
)
from cekura_client.call_logs.batches.journal import CallState, Journal

from tests.support.twins import TWINS, Calls, Twin
from tests.support.wire import Script, WireServer, reply, then_close

SYNC = TWINS[0]


def rows(*ids: int) -> bytes:
    return json.dumps([{"id": call, "call_id": f"call-{call}"} for call in ids]).encode()


def accepted(*ids: int) -> Script:
    return reply(200, rows(*ids))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def evaluate(calls: Calls, journal: Path, ids: Any = range(1, 9), **options: Any) -> BatchReport:
    options = {"batch_size": 2, "max_concurrency": 1, "metrics": [7]} | options
    return calls.evaluate_metrics_in_batches(agent_id=1, call_logs=ids, journal=journal, **options)


class TakenError(Exception):
    """What a callback raises."""


def refuse(_: object) -> None:
    raise TakenError


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WireServer, bytes]]:
    """Leave a journal of accepted calls, refused, unknown, and not sent ones; and its server."""
    journal = tmp_path_factory.mktemp("begun") / "run.db"
    scripts = (
        *(accepted(1, 2), reply(400, b'{"detail": "No."}'), reply(500, b"boom")),
        reply(401, b"{}"),
    )
    with WireServer(*scripts) as server:
        with SYNC.open(base_url=server.url, retries=RetryPolicy(deadline=0)) as calls:
            report = evaluate(calls, journal, range(1, 11))
        assert (report.succeeded, [*report.refused]) == ([1, 2], [3, 4, 7, 8])
        assert ([*report.unknown], report.not_sent) == ([5, 6], [9, 10])
        yield server, journal.read_bytes()


def sql(statement: str, *values: object) -> Callable[[Path], None]:
    def change(journal: Path) -> None:
        with closing(sqlite3.connect(journal, isolation_level=None)) as database:
            database.execute(statement, values)

    return change


def cut_off(keep: float) -> Callable[[Path], None]:
    def change(journal: Path) -> None:
        content = journal.read_bytes()
        journal.write_bytes(content[: int(len(content) * keep)])

    return change


def overwrite(page: int) -> Callable[[Path], None]:
    def change(journal: Path) -> None:
        content = bytearray(journal.read_bytes())
        start = page * 4096 + (100 if page == 0 else 0)
        content[start : (page + 1) * 4096] = b"\xa5" * ((page + 1) * 4096 - start)
        journal.write_bytes(content)

    return change


OTHER_KIND = '{"kind": "NightError", "message": "x", "may_have_run": true}'
OTHER_FACTS = '{"kind": "ServerError", "message": "x", "may_have_run": true, "moon": 1}'
NO_ERROR = '{"kind": "httpx", "message": "x", "may_have_run": true}'
DAMAGES: dict[str, Callable[[Path], None]] = {
    "half is gone": cut_off(0.5),
    "the last page is gone": cut_off(0.8),
    "some bytes are left": cut_off(0.005),
    "first page overwritten": overwrite(0),
    "second page overwritten": overwrite(1),
    "third page overwritten": overwrite(2),
    "fourth page overwritten": overwrite(3),
    "no run": sql("DELETE FROM run"),
    "two runs": sql("INSERT INTO run SELECT * FROM run"),
    "no table of runs": sql("DROP TABLE run"),
    "no table of calls": sql("DROP TABLE call"),
    "a column is gone": sql("ALTER TABLE batch DROP COLUMN sent"),
    "a batch is missing": sql("DELETE FROM batch WHERE number = 3"),
    "no batches": sql("DELETE FROM batch"),
    "sent null": sql("UPDATE batch SET sent = NULL"),
    "sent no moment": sql("UPDATE batch SET sent = 'yesterday'"),
    "sent without a time zone": sql("UPDATE batch SET sent = '2026-01-01T00:00:00'"),
    "sent a number": sql("UPDATE batch SET sent = 5"),
    "error of another version": sql("UPDATE batch SET error = ?", OTHER_KIND),
    "error with other facts": sql("UPDATE batch SET error = ?", OTHER_FACTS),
    "error that is none": sql("UPDATE batch SET error = ?", NO_ERROR),
    "error no JSON": sql("UPDATE batch SET error = 'boom'"),
    "error a list": sql("UPDATE batch SET error = '[]'"),
    "error no text": sql("UPDATE batch SET error = x'00ff'"),
    "unknown state": sql("UPDATE call SET state = 'eaten' WHERE id = 1"),
    "state no UTF-8": sql("UPDATE call SET state = CAST(x'ff' AS TEXT) WHERE id = 1"),
    "batch of a call no number": sql("UPDATE call SET batch = 'x' WHERE id = 5"),
    "repeated from a batch that is missing": sql("INSERT INTO repeated VALUES (5, 99)"),
    "reply no bytes": sql("UPDATE batch SET reply = 'text' WHERE number = 1"),
    "another version": sql("PRAGMA user_version = 99"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_journal_is_refused_and_nothing_is_sent(
    twin: Twin,
    journal: Path,
    begun: tuple[WireServer, bytes],
    damage: Callable[[Path], None],
) -> None:
    server, content = begun
    journal.write_bytes(content)
    damage(journal)
    sent = len(server.received)
    with twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError, match=r"Nothing was sent\."):
            evaluate(calls, journal)
        with pytest.raises(InvalidRequestError, match=r"Nothing was sent\."):
            evaluate(calls, journal, repeat_unknown=[5])
        with pytest.raises(InvalidRequestError, match=r"Nothing was sent\."):
            calls.reconcile(journal=journal)
    assert len(server.received) == sent


@pytest.mark.parametrize(
    "parameters", ["x", "[]", "{}", '{"operation": "evaluate_metrics"}'], ids=str
)
def test_reconciling_refuses_a_journal_whose_run_is_odd(
    twin: Twin, journal: Path, begun: tuple[WireServer, bytes], parameters: str
) -> None:
    server, content = begun
    journal.write_bytes(content)
    sql("UPDATE run SET parameters = ?", parameters)(journal)
    sent = len(server.received)
    with (
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match=r"Nothing was sent\."),
    ):
        calls.reconcile(journal=journal)
    assert len(server.received) == sent


@pytest.mark.parametrize("unread", [b'{"detail": "of yesterday"}', b"\xff", b"", b"[[1]]"])
def test_a_kept_reply_that_no_longer_reads_is_handed_over_as_bytes(
    twin: Twin, journal: Path, unread: bytes
) -> None:
    taken: list[int | None] = []

    def take(reply: list[CallLogSummary]) -> None:
        taken.extend(row.id for row in reply)

    with (
        WireServer(accepted(1, 2), accepted(3, 4)) as server,
        twin.open(base_url=server.url) as calls,
    ):
        with pytest.raises(IncompleteBatchesError):
            evaluate(calls, journal, [1, 2, 3, 4], on_reply=refuse)
        sql("UPDATE batch SET reply = ?", unread)(journal)
        report = evaluate(calls, journal, [1, 2, 3, 4], on_reply=take)
        assert report.succeeded == [1, 2, 3, 4]
        assert taken == [3, 4]
        # Nothing is left to do, but the bytes are still there for a version that reads them.
        with pytest.raises(JournalFinishedError) as finished:
            evaluate(calls, journal, [1, 2, 3, 4], on_reply=take)
    for one in (report, finished.value.report):
        [error] = one.unreadable
        assert (error.body, error.may_have_run) == (unread, True)
        assert error.sent is not None
        assert error.sent.call_logs == [1, 2]
        assert not one.complete
    assert len(server.received) == 2


def test_a_reply_that_was_taken_does_not_stay_in_the_file(twin: Twin, journal: Path) -> None:
    secret = json.dumps([{"id": 1, "call_id": "a", "notes": "said in confidence " * 2000}]).encode()

    taken: list[list[CallLogSummary]] = []
    with (
        WireServer(reply(200, secret), accepted(2)) as server,
        twin.open(base_url=server.url) as calls,
    ):
        with pytest.raises(IncompleteBatchesError):
            evaluate(calls, journal, [1, 2], batch_size=1, on_reply=refuse)
        assert b"said in confidence" in journal.read_bytes()
        evaluate(calls, journal, [1, 2], batch_size=1, on_reply=taken.append)
    assert b"said in confidence" not in journal.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_file_that_was_there_empty_becomes_private(twin: Twin, journal: Path) -> None:
    journal.touch()
    journal.chmod(0o644)
    with WireServer(accepted(1)) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, journal, [1])
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(f"{journal}.lock").stat().st_mode) == 0o600


def test_what_cannot_be_noted_when_a_run_ends_is_not_taken_for_known(
    twin: Twin, journal: Path
) -> None:
    trigger = (
        "CREATE TRIGGER full BEFORE INSERT ON call WHEN new.id > 2 "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    scripts = (accepted(1, 2), accepted(3, 4))
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        with Journal(journal, parameters(server)):
            pass
        sql(trigger)(journal)
        with pytest.raises(IncompleteBatchesError, match="disk full"):
            evaluate(calls, journal, [1, 2, 3, 4])
        sql("DROP TRIGGER full")(journal)
        assert evaluate(calls, journal, [1, 2, 3, 4]).succeeded == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("first", "state", "told"),
    [
        (reply(429, b"", {"Retry-After": "0"}), "to send", "not_sent"),
        (accepted(1, 2), "succeeded", "succeeded"),
        (reply(400, b"{}"), "refused", "refused"),
        (reply(500, b""), "unknown", "unknown"),
    ],
    ids=["429", "200", "400", "500"],
)
def test_a_reply_that_cannot_be_noted_is_told_and_nothing_is_sent_again(
    twin: Twin, journal: Path, first: Script, state: str, told: str
) -> None:
    trigger = (
        f"CREATE TRIGGER full BEFORE UPDATE ON call WHEN new.state = '{state}' "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with WireServer(first, accepted(1, 2)) as server, twin.open(base_url=server.url) as calls:
        with Journal(journal, parameters(server)):
            pass
        sql(trigger)(journal)
        with pytest.raises(IncompleteBatchesError, match="disk full") as raised:
            evaluate(calls, journal, [1, 2])
    assert list(getattr(raised.value.report, told)) == [1, 2]
    assert len(server.received) == 1
    # The journal knows of the sending alone.
    sql("DROP TRIGGER full")(journal)
    with Journal(journal, None) as read:
        assert list(read.report.unknown) == [1, 2]


def parameters(server: WireServer) -> dict[str, Any]:
    run = {"operation": "evaluate_metrics", "agent_id": 1, "metrics": [7]}
    return {"base_url": server.url, **run}


@pytest.mark.parametrize("kind", ["a folder", "links in a circle", "an empty file"])
def test_what_is_no_file_of_a_journal_is_refused(twin: Twin, journal: Path, kind: str) -> None:
    if kind == "a folder":
        journal.mkdir()
    elif kind == "an empty file":
        journal.touch()
    else:
        journal.symlink_to(f"{journal}.other")
        Path(f"{journal}.other").symlink_to(journal)
    with WireServer(accepted(1)) as server, twin.open(base_url=server.url) as calls:
        if kind != "an empty file":  # a run begins there
            with pytest.raises(InvalidRequestError, match="journal"):
                evaluate(calls, journal, [1])
        with pytest.raises(InvalidRequestError, match="journal"):
            calls.reconcile(journal=journal)
    assert server.received == []


def test_a_journal_that_was_made_and_not_entered_is_not_locked(journal: Path) -> None:
    waiting = Journal(journal, {})
    with Journal(journal, {}), pytest.raises(InvalidRequestError, match="in use"), waiting:
        pass
    with waiting as entered:
        assert entered is waiting


HOLDING = """
import os, signal, sys
from cekura_client.call_logs.batches.journal import Journal
journal = Journal(sys.argv[1], {})
journal.__enter__()
if sys.argv[2] == "fork":
    child = os.fork()
    if not child:
        journal.__exit__(None, None, None)
        del journal
        os._exit(0)
    os.waitpid(child, 0)
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(os.name != "posix", reason="forks, and kills")
@pytest.mark.parametrize("how", ["alone", "fork"])
def test_a_journal_is_locked_until_its_process_dies_and_not_by_its_child(
    journal: Path, how: str
) -> None:
    with subprocess.Popen(  # noqa: S603  (our own code)
        [sys.executable, "-c", HOLDING, str(journal), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        journal.read_bytes()
        with pytest.raises(InvalidRequestError, match="in use"), Journal(journal, {}):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with Journal(journal, {}) as opened:
            opened.end([5], all_known=False, finished=False)
    with Journal(journal, {}) as opened:
        assert opened.to_send == [5]


def test_a_lock_that_leads_elsewhere_is_refused(journal: Path, tmp_path: Path) -> None:
    Path(f"{journal}.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidRequestError, match="cannot be opened"), Journal(journal, {}):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_closed_journal_takes_no_notes(journal: Path) -> None:
    with Journal(journal, {}) as opened:
        opened.note({CallState.TO_SEND: [1]})
    with pytest.raises(CekuraError, match="closed"):
        opened.note({CallState.TO_SEND: [2]})
    with Journal(journal, {}) as opened:
        assert opened.to_send == [1]


def test_a_write_that_an_interrupt_left_open_is_undone_before_the_next(journal: Path) -> None:
    class Cut(BaseException):
        pass

    with Journal(journal, {}) as opened:
        with pytest.raises(Cut):
            opened.end(_cut_short(Cut), all_known=True, finished=True)
        opened.end([1], all_known=False, finished=False)
    with Journal(journal, {}) as opened:
        assert (opened.to_send, opened.all_known) == ([1], False)


def _cut_short(error: type[BaseException]) -> Any:
    yield 7
    raise error


def test_what_is_lost_once_more_is_unknown_since_its_first_sending(
    twin: Twin, journal: Path
) -> None:
    with WireServer(then_close()) as server, twin.open(base_url=server.url) as calls:
        first = evaluate(calls, journal, [1, 2]).unknown
        second = evaluate(calls, journal, [1, 2], repeat_unknown=[1, 2]).unknown
        with pytest.raises(JournalFinishedError) as raised:
            evaluate(calls, journal, [1, 2])
    assert len(server.received) == 2
    repeated = {error.sent.at for error in second.values() if error.sent}
    assert repeated == {
        error.sent.at for error in raised.value.report.unknown.values() if error.sent
    }
    assert max(repeated) <= min(error.sent.at for error in first.values() if error.sent)
