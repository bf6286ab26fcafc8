"""A run's journal: a SQLite file that knows each call's state, whatever becomes of the process.

A state is on disk before its batch is sent, and again after the reply. One journal belongs to one
run, and is open in one process at a time: a lock in a file beside it sees to that. All that it
holds is read and checked when it is opened, before anything is sent.
"""

import enum
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from cekura_client import errors
from cekura_client.call_logs.batches.report import BatchReport
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import (
    APIStatusError,
    CekuraError,
    InvalidRequestError,
    InvalidResponseError,
    OutcomeUnknownError,
    RateLimitError,
    SentRequest,
    StillEvaluatingError,
    was_accepted,
)

if TYPE_CHECKING:
    from filelock import BaseFileLock

_ResultT = TypeVar("_ResultT")

_APPLICATION = 0x43454B55  # SQLite's application_id: "CEKU"
_VERSION = 4
_SMALLEST_DATABASE = 512  # bytes: one page
_TABLES = """
CREATE TABLE run (parameters TEXT NOT NULL, all_known INTEGER NOT NULL, finished INTEGER NOT NULL);
CREATE TABLE batch (number INTEGER PRIMARY KEY, sent TEXT, sent_by_server TEXT, error TEXT,
                    error_body BLOB, reply BLOB);
CREATE TABLE call (id INTEGER PRIMARY KEY, state TEXT NOT NULL, batch INTEGER,
                   runs INTEGER NOT NULL);
CREATE TABLE repeated (id INTEGER PRIMARY KEY, batch INTEGER NOT NULL);
"""
_CALLS = "SELECT id, state, batch FROM call ORDER BY batch IS NULL, batch, id"
_BATCHES = "SELECT number, sent, sent_by_server, error, error_body FROM batch"
_KEPT_REPLIES = "SELECT number, typeof(reply) FROM batch WHERE reply IS NOT NULL"
_NEW_BATCH = "INSERT INTO batch DEFAULT VALUES"
# `runs` is how many of its sendings may have run.
_NOTE_CALL = (
    "INSERT INTO call VALUES (?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET state = excluded.state, batch = excluded.batch, "
    "runs = runs + excluded.runs - (state = 'sending' AND excluded.state IN ('to send', 'refused'))"
)
_IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NOT_REACHED = {
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR),
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOLFS),
}
_PRIMARY = 0xFF  # the bits of an SQLite result code that say of which kind it is


class CallState(enum.StrEnum):
    """What became of a call so far, as it is written in the journal."""

    SENDING = "sending"
    """On its way: if nothing more is ever noted, nobody knows whether it ran."""
    TO_SEND = "to send"
    """It certainly did not run, and is to be sent (again)."""
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    """It certainly did not run, and was given up."""
    UNKNOWN = "unknown"


class Journal:
    """The journal of one run: a context manager, open as long as the context lasts.

    What it holds of earlier processes is in the attributes; what is noted later is not. Any thread
    may note.

    Args:
        path: Where it is; it is made where there is none, for its owner alone to read.
        parameters: What makes the run this one and no other; None: whatever run it is, of a file
            that is there.

    Raises:
        InvalidRequestError: The path is none; or, when it is entered, the file is no journal, is
            damaged, belongs to another run, or is in use.

    Attributes:
        path: As it was given.
        parameters: What the run was begun with.
        all_known: Whether an earlier process has read every id that the run has.
        finished: Whether nothing is left to do, but maybe to hand over replies.
        to_send: The calls that certainly did not run, without the refused ones.
        report: What became of the other calls.
        repeats: How often calls were sent again that may have run already, where that may have run.
        replies: By batch, the request of each reply that `on_reply` has not taken.
    """

    def __init__(self, path: str | os.PathLike[str], parameters: dict[str, Any] | None) -> None:
        self.path = _checked_path(path)
        self.parameters: dict[str, Any] = {}
        self.all_known = self.finished = False
        self.to_send: list[int] = []
        self.report = BatchReport()
        self.repeats = 0
        self.replies: dict[int, SentRequest] = {}
        self._expected = None if parameters is None else json.dumps(parameters, sort_keys=True)
        # An RLock, so that only who holds it can release it: see `unlock`.
        self._lock = threading.RLock()
        self._guard: BaseFileLock | None = None
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        """Open it, and read what it holds."""
        try:
            path = self._located()
            self._lock_beside(path)
            self._make(path)
            self._connection = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
            self._open(self._connection)
        except BaseException as error:
            self._close()
            if isinstance(error, (OSError, sqlite3.Error)):
                raise self._refusal(error) from error
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it, so that another process may open it."""
        self.close()

    def close(self) -> None:
        """Close it; a second time does no harm."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        try:
            if self._connection is not None:
                self._connection.close()
        finally:
            self._connection = None
            if self._guard is not None:
                try:
                    self._guard.release(force=True)
                except BaseException:
                    # An interrupt may come before anything is released; twice does no harm.
                    self._guard.release(force=True)
                    raise

    def _located(self) -> Path:
        try:
            # Whole, and without symbolic links: one file has one lock. To SQLite, ":memory:" and
            # "file:…" mean no file; a whole path always does.
            path = Path(self.path).resolve()
        except RuntimeError as error:  # links that lead in a circle, up to Python 3.12
            raise self._not_opened(error) from error
        if self._expected is None or path.exists():
            path.stat()
            if not path.is_file():
                raise self._not_opened("it is no file")
        else:
            path.parent.stat()  # or else the lock would make the folder
        return path

    def _lock_beside(self, path: Path) -> None:
        """Lock a file beside the journal, by a descriptor that nobody else has.

        SQLite's own lock of the journal is lost when anybody in this process closes a descriptor
        of the file, who has copied it, say.
        """
        import filelock  # noqa: PLC0415  (only who keeps a journal waits for it)

        # Of several threads, any may close the journal.
        self._guard = filelock.FileLock(f"{path}.lock", timeout=0, mode=0o600, thread_local=False)
        try:
            self._guard.acquire()
        except filelock.Timeout as error:
            raise self._in_use() from error
        except NotImplementedError as error:  # a file system without locks
            raise self._not_opened(error) from error

    def _make(self, path: Path) -> None:
        if not path.exists():
            path.touch(mode=0o600)
        size = path.stat().st_size
        if size == 0:
            path.chmod(0o600)
        elif size < _SMALLEST_DATABASE:
            # SQLite takes a shorter file for an empty one, and writes over it.
            raise self._no_journal()

    def _open(self, database: sqlite3.Connection) -> None:
        # Taken with the first write, SQLite's lock is kept until the journal is closed. It is what
        # refuses the same file by another hard link.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA synchronous = FULL")
        # Replies hold what people said: what was taken is not to stay in the file.
        database.execute("PRAGMA secure_delete = ON")
        self._write(self._read)

    def _read(self, database: sqlite3.Connection) -> None:
        application = _one(database, "PRAGMA application_id")
        if application == 0 and not _one(database, "SELECT count(*) FROM sqlite_master"):
            if self._expected is None:
                raise self._no_journal()
            self._create(database)
        elif application != _APPLICATION or _one(database, "PRAGMA user_version") != _VERSION:
            raise self._no_journal()
        if (finding := _one(database, "PRAGMA quick_check(1)")) != "ok":
            raise self._damaged(finding)
        try:
            self._load(database)
        except (CekuraError, sqlite3.Error):
            raise
        except Exception as odd:  # whatever an odd file leads to
            raise self._damaged(f"{type(odd).__name__}: {odd}") from odd

    def _create(self, database: sqlite3.Connection) -> None:
        for statement in _TABLES.split(";"):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("INSERT INTO run VALUES (?, 0, 0)", (self._expected,))

    def _load(self, database: sqlite3.Connection) -> None:
        [(parameters, all_known, finished)] = database.execute("SELECT * FROM run")
        if self._expected is not None and parameters != self._expected:
            raise InvalidRequestError(
                f"The journal {self.path} belongs to another run: {parameters}; this one is "
                f"{self._expected}."
            )
        self.parameters = json.loads(parameters)
        self.all_known, self.finished = bool(all_known), bool(finished)
        database.execute(
            "UPDATE call SET state = ? WHERE state = ?", (CallState.UNKNOWN, CallState.SENDING)
        )
        # What was repeated without success is as unknown as before, since its first sending.
        database.execute(
            "UPDATE call SET state = ?, batch = (SELECT batch FROM repeated WHERE id = call.id) "
            "WHERE state != ? AND id IN (SELECT id FROM repeated)",
            (CallState.UNKNOWN, CallState.SUCCEEDED),
        )
        repeats = "SELECT coalesce(sum(runs - 1), 0) FROM call WHERE runs > 1"
        self.repeats = cast("int", _one(database, repeats))
        self._sort(database)

    def _sort(self, database: sqlite3.Connection) -> None:
        batches = {number: _StoredBatch(*told) for number, *told in database.execute(_BATCHES)}
        accepted: dict[int, list[int]] = {}
        for number, kind in database.execute(_KEPT_REPLIES):
            if kind != "blob":
                raise TypeError(f"the reply of batch {number} is kept as {kind}")
            accepted[number] = []
        unknown: dict[int, list[int]] = {}
        for call, name, number in database.execute(_CALLS):
            state = CallState(name)
            batch = batches.get(number)
            if state is CallState.TO_SEND:
                self.to_send.append(call)
                continue
            if batch is None:
                raise ValueError(f"batch {number} of call {call} is missing")
            if state is CallState.SUCCEEDED:
                self.report.succeeded.append(call)
                if number in accepted:
                    accepted[number].append(call)
            elif state is CallState.REFUSED:
                self.report.refused[call] = batch.why() or CekuraError("Refused.")
            else:
                unknown.setdefault(number, []).append(call)
        self._tell_unknown(batches, unknown)
        for number, calls in accepted.items():
            self.replies[number] = self._request(batches[number], calls)

    def _tell_unknown(
        self, batches: "dict[int, _StoredBatch]", unknown: Mapping[int, list[int]]
    ) -> None:
        for number, calls in unknown.items():
            error = batches[number].why() or OutcomeUnknownError(
                "The process ended while this was in flight: it may have run, and been charged. "
                "Look at the call logs before you send it again.",
                may_have_run=True,
            )
            error.sent = self._request(batches[number], calls)
            self.report.unknown.update(dict.fromkeys(calls, error))

    def _request(self, batch: "_StoredBatch", calls: list[int]) -> SentRequest:
        said = {**self.parameters}
        operation = said.pop("operation")
        del said["base_url"]
        sent = batch.sent()
        return SentRequest(operation, {"call_logs": calls} | said, sent.local, sent.server)

    def calls(self) -> set[int]:
        """Tell every call that an earlier process has read."""
        report = self.report
        return {*self.to_send, *report.succeeded, *report.refused, *report.unknown}

    def take_not_run(self) -> list[int]:
        """Take the calls that certainly did not run, the refused ones out of the report."""
        not_run = [*self.report.refused, *self.to_send]
        self.to_send.clear()
        self.report.refused.clear()
        return not_run

    def reply(self, batch: int) -> bytes:
        """Read a reply that `on_reply` has not taken."""
        with self._lock:
            query = "SELECT reply FROM batch WHERE number = ?"
            body: bytes = self._database.execute(query, (batch,)).fetchone()[0]
            return body

    def reconcile(self, ran: Iterable[int], did_not_run: Iterable[int]) -> None:
        """Note what became of unknown calls; those that did not run may be sent again."""
        ran = [*ran]
        did_not_run = [*did_not_run]
        states = [(CallState.SUCCEEDED, call, CallState.UNKNOWN) for call in ran]
        states += [(CallState.TO_SEND, call, CallState.UNKNOWN) for call in did_not_run]
        reconciled = [(call,) for call in ran + did_not_run]

        def reconcile(database: sqlite3.Connection) -> None:
            database.executemany("UPDATE call SET state = ? WHERE id = ? AND state = ?", states)
            database.executemany("DELETE FROM repeated WHERE id = ?", reconciled)
            if did_not_run:
                not_run = [(call,) for call in did_not_run]
                database.executemany("UPDATE call SET runs = 0 WHERE id = ?", not_run)
                database.execute("UPDATE run SET finished = 0")

        self._write(reconcile)

    def check_unknown(self, ids: Iterable[int]) -> None:
        """Check that ids are among the unknown ones.

        Raises:
            InvalidRequestError: One is not.
        """
        for call in ids:
            if call not in self.report.unknown:
                raise InvalidRequestError(
                    f"repeat_unknown names call log {call}, which is not among the unknown ones "
                    f"of the journal {self.path}."
                )

    def repeat(self, ids: Sequence[int]) -> dict[int, CekuraError]:
        """Let unknown calls be sent again, and take them out of the report.

        Returns:
            By id, why they are unknown.

        Raises:
            InvalidRequestError: An id is not among the unknown ones.
        """
        self.check_unknown(ids)
        named = [(call,) for call in ids]

        def repeat(database: sqlite3.Connection) -> None:
            database.executemany(
                "INSERT OR IGNORE INTO repeated SELECT id, batch FROM call WHERE id = ?", named
            )
            states = [(CallState.TO_SEND, call) for call in ids]
            database.executemany("UPDATE call SET state = ? WHERE id = ?", states)
            database.execute("UPDATE run SET finished = 0")

        if named:
            self._write(repeat)
        self.to_send.extend(ids)
        return {call: self.report.unknown.pop(call) for call in ids}

    def note(
        self,
        states: Mapping[CallState, Sequence[int]],
        *,
        batch: int | None = None,
        sent: Moment | None = None,
        error: CekuraError | None = None,
        reply: bytes | None = None,
    ) -> int:
        """Put what became of a batch on disk.

        Args:
            states: The calls, by what became of them.
            batch: The batch, as an earlier `note` has numbered it.
            sent: When it is sent, where it is being sent; else it stays as it was.
            error: Why.
            reply: The reply, to be kept until `delivered`.

        Returns:
            The number of the batch.
        """
        packed = _pack_error(error) if error else (None, None)
        moment = sent
        if error is not None and error.sent is not None:
            # By now the server may have told its time.
            moment = Moment(error.sent.at, error.sent.at_server)

        def note(database: sqlite3.Connection) -> int:
            number = batch
            if number is None:
                number = cast("int", database.execute(_NEW_BATCH).lastrowid)
            database.execute(
                "UPDATE batch SET error = ?, error_body = ?, reply = ? WHERE number = ?",
                (*packed, reply, number),
            )
            if moment is not None:
                database.execute(
                    "UPDATE batch SET sent = ?, sent_by_server = ? WHERE number = ?",
                    (_text(moment.local), _text(moment.server), number),
                )
            for state, ids in states.items():
                runs = int(state is CallState.SENDING)
                database.executemany(_NOTE_CALL, [(call, state, number, runs) for call in ids])
                # What was accepted has run by now.
                if state is CallState.SUCCEEDED or (error is not None and was_accepted(error)):
                    database.executemany("DELETE FROM repeated WHERE id = ?", [(i,) for i in ids])
            return number

        return self._write(note)

    def delivered(self, batch: int) -> None:
        """Forget a reply that `on_reply` has taken."""
        query = "UPDATE batch SET reply = NULL WHERE number = ?"
        self._write(lambda database: database.execute(query, (batch,)))

    def end(self, not_sent: Iterable[int], *, all_known: bool, finished: bool) -> None:
        """Note the calls that were given up before they were sent, and how far the run has come.

        Args:
            not_sent: They are to be sent when the run goes on.
            all_known: Whether every id of the run has been read.
            finished: Whether nothing is left to do.
        """
        given_up = [(call, CallState.TO_SEND, None, 0) for call in not_sent]

        def end(database: sqlite3.Connection) -> None:
            database.executemany(_NOTE_CALL, given_up)
            if all_known:
                database.execute("UPDATE run SET all_known = 1, finished = ?", (finished,))

        self._write(end)

    @property
    def _database(self) -> sqlite3.Connection:
        if self._connection is None:
            raise CekuraError(f"The journal {self.path} is closed.")
        return self._connection

    def _write(self, work: Callable[[sqlite3.Connection], _ResultT]) -> _ResultT:
        """Do some work in one transaction; on disk when this returns."""
        with self._lock:
            database = self._database
            if database.in_transaction:  # a Ctrl-C came while another was being undone
                database.execute("ROLLBACK")
            try:
                database.execute("BEGIN EXCLUSIVE")
                result = work(database)
                database.execute("COMMIT")
            except BaseException:
                # SQLite may have done so itself: where the disk is full, say.
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
            return result

    def unlock(self) -> None:
        """Let go of what an interrupt of this thread has left locked; see `unlocked`."""
        unlocked(self._lock)

    def _refusal(self, error: OSError | sqlite3.Error) -> InvalidRequestError:
        code = getattr(error, "sqlite_errorcode", None)
        kind = None if code is None else code & _PRIMARY
        if isinstance(error, OSError) or kind in _NOT_REACHED:
            return self._not_opened(error)
        if kind in _IN_USE:
            return self._in_use()
        return self._no_journal() if kind == sqlite3.SQLITE_NOTADB else self._damaged(error)

    def _not_opened(self, why: object) -> InvalidRequestError:
        return InvalidRequestError(f"The journal {self.path} cannot be opened: {why}.")

    def _in_use(self) -> InvalidRequestError:
        return InvalidRequestError(f"The journal {self.path} is in use by this process or another.")

    def _no_journal(self) -> InvalidRequestError:
        return InvalidRequestError(
            f"{self.path} is no journal of this package's, or one of another version, or has lost "
            "its beginning."
        )

    def _damaged(self, finding: object) -> InvalidRequestError:
        return InvalidRequestError(
            f"The journal {self.path} is damaged, or was changed by something else: {finding}. "
            "What it knew may have run, and been charged: look at the call logs before you begin "
            "the run anew."
        )


@dataclass(frozen=True, slots=True)
class _StoredBatch:
    """A batch as it was read, its error and its moment read when they are asked for."""

    sent_at: object
    sent_by_server: object
    error: object
    error_body: object

    def why(self) -> CekuraError | None:
        return None if self.error is None else _unpack_error(self.error, self.error_body)

    def sent(self) -> Moment:
        server = None if self.sent_by_server is None else _moment(self.sent_by_server)
        return Moment(_moment(self.sent_at), server)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _moment(text: object) -> datetime:
    moment = datetime.fromisoformat(cast("str", text))
    if moment.utcoffset() is None:
        raise ValueError(f"{text} has no time zone")
    return moment


def unlocked(lock: "threading.RLock") -> None:
    """Release a lock that this thread still holds though it is in no `with` of it any more.

    A Ctrl-C may arrive between the taking of a lock and the beginning of its `with`. Whoever
    catches it calls this, so that the other threads do not wait for ever.
    """
    try:
        while True:
            lock.release()
    except RuntimeError:  # it is not, or no longer, this thread's
        return


def _one(database: sqlite3.Connection, query: str) -> object:
    return database.execute(query).fetchone()[0]


def _checked_path(path: object) -> str:
    checked: object = path
    if isinstance(path, os.PathLike):
        checked = os.fspath(cast("os.PathLike[str]", path))
    if not isinstance(checked, str) or "\0" in checked or not checked:
        raise InvalidRequestError(f"journal is the path of a file; got {path!r}.")
    return checked


def _pack_error(error: CekuraError) -> tuple[str, bytes | None]:
    """Write an error as a JSON text, and the bytes of the reply that it keeps."""
    kind = next(
        kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind
    )
    facts: dict[str, Any] = {"kind": kind.__name__, "message": str(error)}
    body = None
    if isinstance(error, APIStatusError | InvalidResponseError):
        facts |= {"status_code": error.status_code, "headers": dict(error.headers)}
        body = error.body
    if isinstance(error, RateLimitError):
        facts |= {"retry_after": error.retry_after, "attempts": error.attempts}
    else:
        facts["may_have_run"] = error.may_have_run
    if isinstance(error, StillEvaluatingError):
        facts["call_log_ids"] = error.call_log_ids
    return json.dumps(facts), body


def _unpack_error(text: object, body: object) -> CekuraError:
    facts: dict[str, Any] = json.loads(cast("str", text))
    name = facts.pop("kind")
    kind = getattr(errors, name, None)
    if not isinstance(kind, type) or not issubclass(kind, CekuraError):
        raise TypeError(f"it tells of an error that this version does not know, {name!r}")
    if body is not None:
        facts["body"] = body
    error: CekuraError = kind(facts.pop("message"), **facts)
    return error
