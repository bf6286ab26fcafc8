"""Ctrl-C between any two instructions: nothing stays locked, and no call is lost."""

import contextlib
import gc
import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import filelock
import pytest
from cekura_client import (
    BatchReport,
    CallLogSummary,
    Cekura,
    JournalFinishedError,
    _concurrency,
    _sync,
)
from cekura_client.call_logs import batches
from cekura_client.call_logs.batches.journal import Journal

from tests.support.twins import KEY
from tests.support.wire import WireServer, reply

OURS = str(Path(batches.__file__).parent)
FLOW = (_concurrency.__file__, str(Path(_sync.__file__).parent))
OF_LOCKS = str(Path(filelock.__file__).parent)
ROWS = json.dumps([{"id": call, "call_id": f"call-{call}"} for call in range(1, 9)]).encode()
DONE = reply(200, ROWS)


class Interrupt:
    """Raises KeyboardInterrupt in this thread before one instruction of the files that are watched.

    Args:
        at: Which instruction, counted from 1; 0: none.
        watched: The beginnings of the files' paths.
    """

    def __init__(self, at: int, *watched: str) -> None:
        self.at = at
        self.watched = watched
        self.passed = 0

    def trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(self.watched):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            self.passed += 1
            if self.passed == self.at:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self.trace

    def during(self, work: Callable[[], object]) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            sys.settrace(self.trace)
            try:
                work()
            finally:
                sys.settrace(None)


def instructions(work: Callable[[], object], *watched: str) -> int:
    count = Interrupt(0, *watched)
    count.during(work)
    return count.passed


def use(path: Path) -> None:
    with Journal(path, {"run": 1}) as journal:
        journal.end([1, 2], all_known=False, finished=False)


def alone(body: Callable[[Path], None], path: Path) -> None:
    """Run it in a process of its own: what an interrupt leaves locked in filelock stays locked."""
    process = multiprocessing.get_context("spawn").Process(target=body, args=(path,))
    process.start()
    process.join(500)
    assert process.exitcode == 0  # what went wrong is in the captured output


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_interrupt_leaves_no_journal_locked(tmp_path: Path) -> None:
    alone(interrupt_journals, tmp_path)


def interrupt_journals(tmp_path: Path) -> None:
    count = instructions(lambda: use(tmp_path / "counted.db"), OURS, OF_LOCKS)
    assert count > 500
    path = tmp_path / "run.db"
    for at in range(1, count, max(1, count // 100)):
        Interrupt(at, OURS, OF_LOCKS).during(lambda: use(path))
        gc.collect()
        use(path)


def run(server: WireServer, journal: Path) -> BatchReport:
    taken: list[list[CallLogSummary]] = []
    with Cekura(KEY, base_url=server.url) as client:
        return client.call_logs.evaluate_metrics_in_batches(
            agent_id=1,
            metrics=[7],
            call_logs=range(1, 9),
            batch_size=2,
            max_concurrency=2,
            journal=journal,
            on_reply=taken.append,
        )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_interrupt_charges_nothing_twice_and_loses_no_call(tmp_path: Path) -> None:
    alone(interrupt_runs, tmp_path)


def interrupt_runs(tmp_path: Path) -> None:
    watched = (OURS, *FLOW, contextlib.__file__)
    with WireServer(DONE) as server:
        count = instructions(lambda: run(server, tmp_path / "counted.db"), *watched)
        for at in range(1, count, max(1, count // 300)):
            journal = tmp_path / f"{at}.db"
            server.received.clear()
            Interrupt(at, *watched).during(partial(run, server, journal))
            gc.collect()
            try:
                report = run(server, journal)
            except JournalFinishedError as finished:
                report = finished.report
            charged = Counter(
                call
                for request in server.received
                for call in json.loads(request.body)["call_logs"]
            )
            assert max(charged.values()) == 1, at
            assert not report.not_sent
            assert sorted([*report.succeeded, *report.unknown]) == [*range(1, 9)], at
            assert charged.keys() <= {*report.succeeded, *report.unknown}, at
            assert {*report.succeeded} <= charged.keys(), at
