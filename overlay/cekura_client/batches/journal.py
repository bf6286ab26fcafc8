"""A run's journal: a SQLite file that knows each call's fate, whatever becomes of the process.

A fate is on disk before its batch is sent, and again after the reply. One journal belongs to one
run, and is open in one process at a time.
"""

import contextlib
import json
import os
import sqlite3
import sys
import threading
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from weakref import WeakValueDictionary

from cekura_client.batches.fates import Fate, pack_error, unpack_error
from cekura_client.errors import CekuraError, InvalidRequestError

if sys.platform == "linux":
    import fcntl

_APPLICATION = 0x43454B55  # SQLite's application_id: "CEKU"
_VERSION = 1
_HEAD = b"SQLite format 3\0"
_open_lock = threading.Lock()
# By the device and the inode of its file; one that an interrupt has lost is not open for long.
_open_here: "WeakValueDictionary[tuple[int, int], Journal]" = WeakValueDictionary()
_TABLES = """
CREATE TABLE run (parameters TEXT NOT NULL, all_known INTEGER NOT NULL, finished INTEGER NOT NULL);
CREATE TABLE batch (number INTEGER PRIMARY KEY, sent TEXT, error TEXT, error_body BLOB, reply BLOB);
CREATE TABLE call (id INTEGER PRIMARY KEY, fate TEXT NOT NULL, batch INTEGER);
CREATE TABLE doubt (id INTEGER PRIMARY KEY, batch INTEGER NOT NULL);
CREATE INDEX call_fate ON call (fate);
"""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A reply that `on_reply` has not taken yet."""

    batch: int
    body: bytes


class Journal:
    """The journal of one run; a context manager, which closes it. Any thread may use it.

    Args:
        path: Where it is; it is made where there is none, for its owner alone to read.
        parameters: What makes the run this one and no other; None: whatever run it is, of a file
            that is there.

    Raises:
        InvalidRequestError: The file is no journal, belongs to another run, or is in use.
    """

    def __init__(self, path: str | os.PathLike[str], parameters: dict[str, Any] | None) -> None:
        self.path = _checked_path(path)
        self._lock = threading.Lock()
        with self._alone(makes=parameters is not None):
            self._connect(None if parameters is None else json.dumps(parameters, sort_keys=True))

    @contextlib.contextmanager
    def _alone(self, *, makes: bool) -> Generator[None]:
        """Make the file, and refuse one that is open in this process already, by whatever name.

        POSIX drops a process's locks on a file whenever it closes any descriptor of it, so one
        that is open here is not opened a second time.
        """
        with _open_lock:
            try:
                if makes and not Path(self.path).exists():
                    Path(self.path).touch(mode=0o600)
                found = Path(self.path).stat()
            except OSError as error:
                raise self._not_opened(error) from error
            self._file = found.st_dev, found.st_ino
            if self._file in _open_here:
                raise self._in_use("this process")
            _open_here[self._file] = self
        try:
            yield
        except BaseException:
            _open_here.pop(self._file, None)
            raise

    def _connect(self, parameters: str | None) -> None:
        try:
            self._guard = _guarding_descriptor(self.path)
        except BlockingIOError as error:
            raise self._in_use("another process") from error
        except OSError as error:
            raise self._not_opened(error) from error
        try:
            self._connect_guarded(parameters)
        except BaseException:
            self._unguard()
            raise

    def _unguard(self) -> None:
        if self._guard is not None:
            os.close(self._guard)
            self._guard = None

    def _connect_guarded(self, parameters: str | None) -> None:
        try:
            self._check_head()
            # ":memory:" and "file:…" mean no file to SQLite; a whole path is always one.
            self._database = sqlite3.connect(
                Path(self.path).resolve(),
                timeout=0,
                isolation_level=None,
                check_same_thread=False,
            )
        except (OSError, sqlite3.Error) as error:
            raise self._not_opened(error) from error
        try:
            self._open(parameters)
        except sqlite3.OperationalError as error:
            self._database.close()
            raise self._in_use(f"another process, or cannot be written ({error})") from error
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise self._no_journal() from error
        except BaseException:
            self._database.close()
            raise

    def _check_head(self) -> None:
        # SQLite takes a short file of another kind for an empty one, and writes over it.
        with Path(self.path).open("rb") as file:
            head = file.read(len(_HEAD))
        if head not in (b"", _HEAD):
            raise self._no_journal()

    def _open(self, parameters: str | None) -> None:
        # Taken with the first write, the lock is kept until the process ends, however it does.
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("PRAGMA synchronous = FULL")
        with self._transaction("EXCLUSIVE"):
            if parameters is not None and not self._one("SELECT count(*) FROM sqlite_master"):
                self._create(parameters)
            elif (
                self._one("PRAGMA application_id") != _APPLICATION
                or self._one("PRAGMA user_version") != _VERSION
            ):
                raise self._no_journal()
            found = str(self._one("SELECT parameters FROM run"))
            if parameters is not None and found != parameters:
                raise InvalidRequestError(
                    f"The journal {self.path} belongs to another run: {found}; this one is "
                    f"{parameters}. Nothing was sent."
                )
            self._database.execute(
                "UPDATE call SET fate = ? WHERE fate = ?", (Fate.UNKNOWN, Fate.SENDING)
            )
            self._database.execute(
                "UPDATE call SET fate = ? WHERE fate = ?", (Fate.HELD, Fate.NOT_SENT)
            )
            # What was repeated without success is as unknown as before, since its first sending.
            self._database.execute(
                "UPDATE call SET fate = ?, batch = (SELECT batch FROM doubt WHERE id = call.id) "
                "WHERE fate != ? AND id IN (SELECT id FROM doubt)",
                (Fate.UNKNOWN, Fate.SUCCEEDED),
            )

    def _create(self, parameters: str) -> None:
        for statement in _TABLES.split(";"):
            self._database.execute(statement)
        self._database.execute(f"PRAGMA application_id = {_APPLICATION}")
        self._database.execute(f"PRAGMA user_version = {_VERSION}")
        self._database.execute("INSERT INTO run VALUES (?, 0, 0)", (parameters,))

    def _not_opened(self, error: Exception) -> InvalidRequestError:
        return InvalidRequestError(
            f"The journal {self.path} cannot be opened: {error}. Nothing was sent."
        )

    def _in_use(self, by: str) -> InvalidRequestError:
        return InvalidRequestError(f"The journal {self.path} is in use by {by}. Nothing was sent.")

    def _no_journal(self) -> InvalidRequestError:
        return InvalidRequestError(
            f"{self.path} is no journal of this package's, or one of another version; name "
            "another file. Nothing was sent."
        )

    def __enter__(self) -> Self:
        """Return the journal itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it, so that another process may open it."""
        try:
            with self._lock:
                self._database.close()
                self._unguard()
        finally:
            _open_here.pop(self._file, None)

    @contextlib.contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Generator[None]:
        with self._lock:
            try:
                self._database.execute(f"BEGIN {kind}")
                yield
                self._database.execute("COMMIT")
            except BaseException:
                # SQLite may have done so itself: where the disk is full, say.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _one(self, query: str) -> object:
        return self._database.execute(query).fetchone()[0]

    @property
    def all_known(self) -> bool:
        """Whether an earlier process has read every id that the run has."""
        return bool(self._one("SELECT all_known FROM run"))

    @property
    def parameters(self) -> dict[str, Any]:
        """What the run was begun with."""
        parameters: dict[str, Any] = json.loads(str(self._one("SELECT parameters FROM run")))
        return parameters

    def calls(self, fate: Fate) -> dict[int, list[int]]:
        """List the calls of this fate, by batch."""
        rows = self._database.execute(
            "SELECT batch, id FROM call WHERE fate = ? ORDER BY batch, id", (fate,)
        )
        calls: dict[int, list[int]] = {}
        for batch, call in rows:
            calls.setdefault(batch, []).append(call)
        return calls

    def error(self, batch: int) -> CekuraError | None:
        """Tell why a batch was refused, or is unknown, where an error told."""
        text, body = self._database.execute(
            "SELECT error, error_body FROM batch WHERE number = ?", (batch,)
        ).fetchone()
        return None if text is None else unpack_error(text, body)

    def sent_at(self, batch: int) -> datetime:
        """Tell when a batch was sent last."""
        query = "SELECT sent FROM batch WHERE number = ?"
        return datetime.fromisoformat(self._database.execute(query, (batch,)).fetchone()[0])

    def settle(self, ran: Iterable[int], did_not_run: Iterable[int]) -> None:
        """Note what became of unknown calls; those that did not run may be sent again."""
        fates = [(Fate.SUCCEEDED, call, Fate.UNKNOWN) for call in ran]
        held = [(Fate.HELD, call, Fate.UNKNOWN) for call in did_not_run]
        with self._transaction():
            self._database.executemany(
                "UPDATE call SET fate = ? WHERE id = ? AND fate = ?", fates + held
            )
            settled = [(call,) for _, call, _ in fates + held]
            self._database.executemany("DELETE FROM doubt WHERE id = ?", settled)
            if held:
                self._database.execute("UPDATE run SET finished = 0")

    def all_calls(self) -> list[int]:
        """List every call that an earlier process has read."""
        return [call for (call,) in self._database.execute("SELECT id FROM call")]

    def repeat(self, ids: Iterable[int]) -> None:
        """Let unknown calls be sent again.

        Raises:
            InvalidRequestError: An id is not among the unknown ones.
        """
        with self._transaction():
            for call in ids:
                self._database.execute(
                    "INSERT OR IGNORE INTO doubt SELECT id, batch FROM call WHERE id = ?", (call,)
                )
                changed = self._database.execute(
                    "UPDATE call SET fate = ? WHERE id = ? AND fate = ?",
                    (Fate.HELD, call, Fate.UNKNOWN),
                )
                if not changed.rowcount:
                    raise InvalidRequestError(
                        f"repeat_unknown names call log {call}, which is not among the unknown "
                        f"ones of the journal {self.path}. Nothing was sent."
                    )
                self._database.execute("UPDATE run SET finished = 0")

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do, but maybe to hand over replies."""
        return bool(self._one("SELECT finished FROM run"))

    def take_unrun(self) -> list[int]:
        """List the calls that certainly did not run, the refused ones included."""
        with self._transaction():
            self._database.execute(
                "UPDATE call SET fate = ? WHERE fate = ?", (Fate.HELD, Fate.REFUSED)
            )
        return [call for calls in self.calls(Fate.HELD).values() for call in calls]

    def undelivered(self) -> list[Undelivered]:
        """List the replies that `on_reply` has not taken."""
        rows = self._database.execute(
            "SELECT number, reply FROM batch WHERE reply IS NOT NULL ORDER BY number"
        )
        return [Undelivered(number, body) for number, body in rows]

    def note(
        self,
        fate: Fate,
        ids: Sequence[int],
        *,
        batch: int | None = None,
        error: CekuraError | None = None,
        reply: bytes | None = None,
    ) -> int | None:
        """Put calls' fate on disk.

        Args:
            fate: What became of them.
            ids: The calls.
            batch: Their batch, as an earlier `note` has numbered it.
            error: Why.
            reply: The reply, to be kept until `delivered`.

        Returns:
            The number of their batch.
        """
        packed = pack_error(error) if error else (None, None)
        with self._transaction():
            if batch is None:
                batch = self._database.execute("INSERT INTO batch DEFAULT VALUES").lastrowid
            self._database.execute(
                "UPDATE batch SET error = ?, error_body = ?, reply = ? WHERE number = ?",
                (*packed, reply, batch),
            )
            if fate is Fate.SENDING:
                now = datetime.now(UTC).isoformat()
                self._database.execute("UPDATE batch SET sent = ? WHERE number = ?", (now, batch))
            self._database.executemany(
                "INSERT INTO call VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET fate = excluded.fate, batch = excluded.batch",
                [(call, fate, batch) for call in ids],
            )
            if fate is Fate.SUCCEEDED:
                self._database.executemany("DELETE FROM doubt WHERE id = ?", [(i,) for i in ids])
        return batch

    def delivered(self, batch: int) -> None:
        """Forget a reply that `on_reply` has taken."""
        with self._transaction():
            self._database.execute("UPDATE batch SET reply = NULL WHERE number = ?", (batch,))

    def note_all_known(self, *, finished: bool) -> None:
        """Note that every id of the run has been read, and maybe that nothing is left to do."""
        with self._transaction():
            self._database.execute("UPDATE run SET all_known = 1, finished = ?", (finished,))


def _checked_path(path: object) -> str:
    checked: object = path
    if isinstance(path, os.PathLike):
        checked = os.fspath(cast("os.PathLike[str]", path))
    if not isinstance(checked, str) or "\0" in checked:
        raise InvalidRequestError(f"journal is the path of a file; got {path!r}. Nothing was sent.")
    return checked


def _guarding_descriptor(path: str) -> int | None:
    """Lock a file by a descriptor of it, for as long as that is open; None where that cannot be.

    SQLite's own lock is lost when anybody in this process closes a descriptor of the file, who
    has copied it, say. Elsewhere than on Linux this lock would stand in the way of SQLite's.

    Raises:
        BlockingIOError: Another process has locked it.
    """
    if sys.platform != "linux":
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
