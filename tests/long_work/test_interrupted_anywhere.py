"""Runs and reconciles interrupted at any point: nothing charged twice, nothing unaccounted."""

import asyncio
import gc
import json
import shutil
import socketserver
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from cekura_client import (
    AsyncCekura,
    BatchInterrupt,
    BatchReport,
    CallLog,
    CallLogSummary,
    Cekura,
    JournalFinishedError,
    RetryPolicy,
)

from tests.support.interrupts import CancelAt, InterruptAt
from tests.support.twins import KEY
from tests.support.wire import read_request, reply

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

IDS = [1, 2, 3, 4, 5, 6]
ONCE = RetryPolicy(attempts=1)
LONG_AGO = "2026-01-01T00:00:00Z"


class CountingServer:
    """Evaluates calls, and knows how often each was charged.

    Attributes:
        charged: How often, by id.
        lost: Ids whose reply is lost after they were charged.
        unheard: Ids whose request is dropped before they are.
        bad_digit: The last digit of ids that are refused by name.
    """

    def __init__(self) -> None:
        self.charged: Counter[int] = Counter()
        self.lost: set[int] = set()
        self.unheard: set[int] = set()
        self.bad_digit: int | None = None
        self._lock = threading.Lock()
        counting = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError, ValueError):  # what a cancelled client leaves
                    while counting.serve(self):
                        pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True
        )

    def serve(self, handler: socketserver.StreamRequestHandler) -> bool:
        request = read_request(handler)
        if request is None:
            return False
        if request.method == "POST":
            ids: list[int] = json.loads(request.body)["call_logs"]
            bad = [call for call in ids if self.is_bad(call)]
            if bad:
                reply(400, json.dumps({"call_logs": [f"Unknown: {bad}."]}).encode())(
                    handler.request
                )
                return True
            with self._lock:
                if self.unheard.intersection(ids):
                    return False
                self.charged.update(ids)
                if self.lost.intersection(ids):
                    return False
            body: Any = [self._shown(call) for call in ids]
        else:
            url = urlsplit(request.path)
            asked = parse_qs(url.query).get("call_ids")
            if asked:
                rows = [self._shown(int(call)) for call in asked[0].split(",")]
                body = {"count": len(rows), "next": None, "results": rows}
            else:
                body = self._shown(int(url.path.rstrip("/").rpartition("/")[2]))
        date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        reply(200, json.dumps(body).encode(), {"Date": date})(handler.request)
        return True

    def is_bad(self, call: int) -> bool:
        return call % 10 == self.bad_digit

    def _shown(self, call: int) -> dict[str, Any]:
        charged = self.charged[call]
        updated = datetime.now(UTC) + timedelta(seconds=1)
        return {
            "id": call,
            "call_id": f"c{call}",
            "agent_id": 1,
            "status": "evaluating" if charged else "success",
            "timestamp": LONG_AGO,
            "updated_at": updated.isoformat() if charged else LONG_AGO,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@pytest.fixture
def server() -> Generator[CountingServer]:
    with CountingServer() as server:
        yield server


@pytest.fixture(autouse=True)
def collected() -> Generator[None]:
    """Have the garbage collector come when it is called, and look at little then."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def folder(tmp_path: Path) -> Generator[Path]:
    """A folder for journals; in memory where there is one: a disk takes half a second a run."""
    memory = Path("/dev/shm")  # noqa: S108  (what is made in it is its owner's alone)
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


class Taken:
    """The ids whose replies were handed over."""

    def __init__(self) -> None:
        self.ids: list[int] = []

    def take(self, rows: Iterable[CallLog | CallLogSummary]) -> None:
        self.ids += [row.id for row in rows]


def arguments(journal: Path | None, taken: Taken, ids: list[int]) -> dict[str, Any]:
    return {
        "agent_id": 1,
        "metrics": [7],
        "call_logs": ids,
        "batch_size": 2,
        "max_concurrency": 2,
        "on_reply": taken.take,
        "journal": journal,
    }


def check(server: CountingServer, report: BatchReport, taken: Taken, ids: list[int]) -> None:
    """Each call is in one of the four, and none that was charged is in another than it may be."""
    everything = [*report.succeeded, *report.refused, *report.unknown, *report.not_sent]
    assert sorted(everything) == ids
    assert all(server.is_bad(call) for call in report.refused)
    charged = {call for call in ids if server.charged[call]}
    assert max((server.charged[call] for call in ids), default=0) <= 1
    assert set(report.succeeded) <= charged <= {*report.succeeded, *report.unknown}
    kept = [row.id for rows in report.undelivered for row in rows]
    assert {*report.succeeded} <= {*taken.ids, *kept}


def resumed(server: CountingServer, journal: Path, taken: Taken, ids: list[int]) -> BatchReport:
    with Cekura(KEY, base_url=server.url, retries=ONCE) as cekura:
        try:
            return cekura.call_logs.evaluate_metrics_in_batches(**arguments(journal, taken, ids))
        except JournalFinishedError as finished:
            return finished.report


def check_resumed(server: CountingServer, journal: Path, taken: Taken, ids: list[int]) -> None:
    """What goes on with a journal sends what was not sent, and accounts for all."""
    gc.collect()  # an interrupt that is handled keeps a journal from being closed no longer
    report = resumed(server, journal, taken, ids)
    assert not report.not_sent
    # A reply may have been handed over by the process that was interrupted, or be told now.
    for rows in report.undelivered:
        taken.take(rows)
    check(server, report, taken, ids)


PARTS = 4
EACH = 130  # interrupts that each part makes; eight parts are a thousand


def numbers(most: int, part: int) -> list[int]:
    """A part's share of the points from 1 to the last, evenly spread."""
    every = range(1 + part, most + 1, PARTS)
    return list(every[:: max(1, len(every) // (EACH + 20))])


def interrupted_run(
    at: InterruptAt, server: CountingServer, taken: Taken, journal: Path | None, ids: list[int]
) -> BatchReport | None:
    with Cekura(KEY, base_url=server.url, retries=ONCE) as cekura:
        run = cekura.call_logs.evaluate_metrics_in_batches
        try:
            return at.call(lambda: run(**arguments(journal, taken, ids)))
        except BatchInterrupt as interrupt:
            return interrupt.report
        except KeyboardInterrupt:
            return None


def check_all(
    server: CountingServer,
    report: BatchReport | None,
    taken: Taken,
    journal: Path | None,
    ids: list[int],
) -> None:
    """Check what an interrupted run has told, and what goes on with its journal."""
    if report is not None:
        check(server, report, taken, ids)
    elif journal is None:
        assert not any(server.charged[call] for call in ids)
    if journal is not None:
        check_resumed(server, journal, taken, ids)


def interrupt_a_run(
    number: int, since: str, server: CountingServer, journals: Path | None
) -> InterruptAt:
    at, taken = InterruptAt(number, since), Taken()
    ids = [10 * (number + 1) + call for call in IDS]
    journal = None if journals is None else journals / f"{number}.db"
    report = interrupted_run(at, server, taken, journal, ids)
    check_all(server, report, taken, journal, ids)
    return at


JOURNALED = pytest.mark.parametrize("journaled", [False, True], ids=["bare", "journal"])
# An interrupt that comes in a finalizer is lost by Python itself.
FINALIZERS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@FINALIZERS
@pytest.mark.parametrize("part", range(PARTS))
@JOURNALED
def test_a_run_that_is_interrupted_anywhere_accounts_for_every_call(
    folder: Path, server: CountingServer, part: int, *, journaled: bool
) -> None:
    journals = folder if journaled else None
    interrupt_a_run(0, "", server, journals)  # imports what is imported late
    most = interrupt_a_run(-1, "", server, journals).seen
    struck = [
        interrupt_a_run(number, "", server, journals).struck for number in numbers(most, part)
    ]
    assert sum(struck) >= EACH, most


@FINALIZERS
@JOURNALED
def test_a_run_that_is_interrupted_in_its_last_moments_keeps_its_report(
    folder: Path, server: CountingServer, *, journaled: bool
) -> None:
    journals = folder if journaled else None
    interrupt_a_run(0, "finish", server, journals)
    most = interrupt_a_run(-1, "finish", server, journals).seen
    struck = [
        interrupt_a_run(number, "finish", server, journals).struck for number in range(1, most + 1)
    ]
    assert sum(struck) >= 3


@FINALIZERS
@JOURNALED
def test_a_run_with_a_bad_call_that_is_interrupted_anywhere_accounts_for_every_call(
    folder: Path, server: CountingServer, *, journaled: bool
) -> None:
    journals = folder if journaled else None
    server.bad_digit = 3
    interrupt_a_run(0, "", server, journals)
    most = interrupt_a_run(-1, "", server, journals).seen
    points = range(1, most + 1, max(1, most // 150))
    assert sum(interrupt_a_run(number, "", server, journals).struck for number in points) >= 50


RAN, LOST, UNHEARD = [1, 2], [3, 4], [5, 6]


class Unknowns:
    """A run of which two calls' reply was lost, and two were never heard of."""

    def __init__(self, server: CountingServer, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._kept = folder / "kept.db"
        server.lost, server.unheard = {*LOST}, {*UNHEARD}
        self.report = self.run(self._kept)
        assert [*self.report.unknown] == LOST + UNHEARD
        server.lost, server.unheard = set(), set()

    def run(self, journal: Path) -> BatchReport:
        with Cekura(KEY, base_url=self._server.url, retries=ONCE) as cekura:
            given = arguments(journal, Taken(), IDS)
            given |= {"on_reply": None, "max_concurrency": 1}
            try:
                return cekura.call_logs.evaluate_metrics_in_batches(**given)
            except JournalFinishedError as finished:
                return finished.report

    def what(self, number: int, *, journaled: bool) -> dict[str, Any]:
        """Arguments of a reconcile, as if it were the first."""
        self._server.charged = Counter(dict.fromkeys(RAN + LOST, 1))
        if not journaled:
            return {"unknown": self.report.unknown, "grace": 0}
        return {"journal": shutil.copy(self._kept, self._folder / f"{number}.db"), "grace": 0}

    def check(self, what: dict[str, Any]) -> None:
        """Reconcile once more, and go on."""
        gc.collect()
        with Cekura(KEY, base_url=self._server.url, retries=ONCE) as cekura:
            reconciliation = cekura.call_logs.reconcile(**what)
        assert not reconciliation.undetermined
        if "journal" not in what:
            assert [*reconciliation.ran] == LOST
            assert [*reconciliation.did_not_run] == UNHEARD
            assert self._server.charged == Counter(RAN + LOST)
            return
        report = self.run(what["journal"])
        assert sorted(report.succeeded) == IDS
        assert report.complete
        assert self._server.charged == Counter(IDS)


@FINALIZERS
@pytest.mark.parametrize("part", range(PARTS))
@JOURNALED
def test_a_reconciliation_that_is_interrupted_anywhere_can_be_done_again(
    folder: Path, server: CountingServer, part: int, *, journaled: bool
) -> None:
    unknowns = Unknowns(server, folder)

    def reconcile(number: int) -> InterruptAt:
        at, what = InterruptAt(number), unknowns.what(number, journaled=journaled)
        with Cekura(KEY, base_url=server.url, retries=ONCE) as cekura, suppress(KeyboardInterrupt):
            at.call(lambda: cekura.call_logs.reconcile(**what))
        unknowns.check(what)
        return at

    reconcile(0)
    most = reconcile(-1).seen
    assert sum(reconcile(number).struck for number in numbers(most, part)) >= EACH, most


BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "asyncio itself", "trio"])


def cancelled(
    backend: str,
    at: CancelAt,
    server: CountingServer,
    work: Callable[[AsyncCekura], Coroutine[Any, Any, Any]],
) -> Any:
    """Cancel some work; return its result, or the report of what cut it short."""
    results: list[Any] = []

    async def main() -> None:
        async with AsyncCekura(KEY, base_url=server.url, retries=ONCE) as cekura:
            task = asyncio.current_task() if backend == "asyncio itself" else None
            with anyio.CancelScope() as scope:
                at.cancel = task.cancel if task else scope.cancel
                try:
                    results.append(await work(cekura))
                except BaseException as raised:
                    results.append(vars(raised).get("report"))
                    if not isinstance(raised, asyncio.CancelledError) or task is None:
                        raise
                finally:
                    at.cancel = None

    at.run("trio" if backend == "trio" else "asyncio", main)
    return results[0]


# A connection that is cancelled as it is made is left to the garbage collector.
LEFT_OPEN = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


@LEFT_OPEN
@pytest.mark.parametrize("concurrency", [1, 2])
@BACKENDS
@JOURNALED
def test_a_run_that_is_cancelled_anywhere_accounts_for_every_call(
    folder: Path, server: CountingServer, backend: str, concurrency: int, *, journaled: bool
) -> None:
    def run(number: int, batch_size: int) -> CancelAt:
        at, taken = CancelAt(number), Taken()
        ids = [100 * (number + 1) + 10 * batch_size + call for call in IDS]
        journal = folder / f"{batch_size}-{number}.db" if journaled else None
        given = arguments(journal, taken, ids)
        given |= {"batch_size": batch_size, "max_concurrency": concurrency}
        report = cancelled(
            backend, at, server, lambda c: c.call_logs.evaluate_metrics_in_batches(**given)
        )
        check_all(server, report, taken, journal, ids)
        return at

    run(0, 2)
    struck = 0
    for batch_size in (1, 2, 3):
        most = run(-1, batch_size).seen
        struck += sum(run(number, batch_size).struck for number in range(1, most + 1))
    assert struck >= 100


@LEFT_OPEN
@BACKENDS
@JOURNALED
def test_a_run_with_a_bad_call_that_is_cancelled_anywhere_accounts_for_every_call(
    folder: Path, server: CountingServer, backend: str, *, journaled: bool
) -> None:
    server.bad_digit = 3

    def run(number: int) -> CancelAt:
        at, taken = CancelAt(number), Taken()
        ids = [10 * (number + 1) + call for call in IDS]
        journal = folder / f"{number}.db" if journaled else None
        given = arguments(journal, taken, ids)
        report = cancelled(
            backend, at, server, lambda c: c.call_logs.evaluate_metrics_in_batches(**given)
        )
        check_all(server, report, taken, journal, ids)
        return at

    run(0)
    most = run(-1).seen
    assert sum(run(number).struck for number in range(1, most + 1)) >= 20


@LEFT_OPEN
@BACKENDS
@JOURNALED
def test_a_reconciliation_that_is_cancelled_anywhere_can_be_done_again(
    folder: Path, server: CountingServer, backend: str, *, journaled: bool
) -> None:
    unknowns = Unknowns(server, folder)

    def reconcile(number: int) -> CancelAt:
        at, what = CancelAt(number), unknowns.what(number, journaled=journaled)
        cancelled(backend, at, server, lambda cekura: cekura.call_logs.reconcile(**what))
        unknowns.check(what)
        return at

    reconcile(0)
    most = reconcile(-1).seen
    assert sum(reconcile(number).struck for number in range(1, most + 1)) >= 8
