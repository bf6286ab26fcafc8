"""Ctrl-C and cancellation: nothing more is sent, and what became of each call is known."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Generator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from cekura_client import (
    AsyncCekura,
    BatchInterrupt,
    BatchReport,
    Cekura,
)
from cekura_client._concurrency import async_on_disk
from cekura_client.call_logs.batches.run import BatchRun

from tests.support.twins import KEY
from tests.support.wire import (
    DONE,
    Answer,
    Received,
    Script,
    WireServer,
    reply,
    rows_asked_for,
    then_silence,
)

INTERRUPTED = """
import json, sys
from cekura_client import BatchInterrupt, Cekura
url, journal = sys.argv[1:]
taken = []
try:
    with Cekura("test-key", base_url=url) as cekura:
        cekura.call_logs.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7], call_logs=range(1, 101), batch_size=10, max_concurrency=2,
            journal=journal, on_reply=taken.extend, on_progress=lambda p: print(p, flush=True),
        )
except BatchInterrupt as interrupt:
    report = interrupt.report
    print(json.dumps([report.succeeded, list(report.unknown), report.not_sent, len(taken)]))
"""


def slowly(request: Received) -> Script:
    def script(connection: socket.socket) -> None:
        time.sleep(1.0)
        rows_asked_for(request)(connection)

    return script


SLOW = Answer(slowly)


def interrupt(server: WireServer, journal: Path, *, times: int) -> tuple[str, float]:
    """Run until two requests are in flight, then press Ctrl-C; return what was printed."""
    with subprocess.Popen(  # noqa: S603  (our own code)
        [sys.executable, "-c", INTERRUPTED, server.url, str(journal)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        deadline = time.monotonic() + 20
        while len(server.received) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        started = time.monotonic()
        for _ in range(times):
            child.send_signal(signal.SIGINT)
            time.sleep(0.2)
        printed, errors = child.communicate(timeout=20)
        assert child.returncode == 0, errors
    return printed.splitlines()[-1], time.monotonic() - started


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_waits_for_what_is_in_flight(tmp_path: Path) -> None:
    with WireServer(SLOW) as server:
        printed, _ = interrupt(server, tmp_path / "run.db", times=1)
        succeeded, unknown, not_sent, taken = json.loads(printed)
        assert sorted(succeeded + not_sent) == list(range(1, 101))
        assert unknown == []
        assert len(succeeded) == 10 * len(server.received)
        assert taken == len(succeeded)
        with Cekura(KEY, base_url=server.url) as cekura:
            report = cekura.call_logs.evaluate_metrics_in_batches(
                agent_id=1,
                metrics=[7],
                call_logs=range(1, 101),
                journal=tmp_path / "run.db",
                max_concurrency=20,
            )
    assert report.complete
    sent = [call for request in server.received for call in json.loads(request.body)["call_logs"]]
    assert sorted(sent) == list(range(1, 101))


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_a_second_ctrl_c_waits_for_nothing_and_says_what_is_unknown(tmp_path: Path) -> None:
    with WireServer(then_silence()) as server:
        printed, seconds = interrupt(server, tmp_path / "run.db", times=2)
        assert seconds < 8  # the server is silent for longer
    succeeded, unknown, not_sent, taken = json.loads(printed)
    assert (succeeded, taken) == ([], 0)
    assert len(unknown) == 20
    assert sorted(unknown + not_sent) == list(range(1, 101))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_leaves_what_is_in_flight_unknown_in_the_journal(
    backend: str, tmp_path: Path
) -> None:
    journal = tmp_path / "run.db"
    notes: list[str] = []

    async def run(client: AsyncCekura) -> BatchReport:
        return await client.call_logs.evaluate_metrics_in_batches(
            agent_id=1,
            metrics=[7],
            call_logs=range(1, 11),
            batch_size=2,
            max_concurrency=2,
            journal=journal,
        )

    async def cut_short() -> None:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            with anyio.move_on_after(1.0) as scope:
                try:
                    await run(client)
                except BaseException as cancelled:
                    notes.extend(getattr(cancelled, "__notes__", []))
                    raise
            assert scope.cancelled_caught

    async def go_on() -> BatchReport:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            return await run(client)

    limited = reply(429, b"", {"Retry-After": "30"})
    with WireServer(DONE, then_silence(), limited, DONE) as server:
        anyio.run(cut_short, backend=backend)
        assert len(server.received) == 3
        report = anyio.run(go_on, backend=backend)
    assert "2 unknown, 6 not sent" in "".join(notes)
    assert len(report.unknown) == 2
    assert len(report.succeeded) == 8
    sent = [tuple(json.loads(request.body)["call_logs"]) for request in server.received]
    lost = tuple(report.unknown)
    assert sent.count(lost) == 1
    assert "may have run" in str(report.unknown[lost[0]])


def test_closing_the_client_gives_up_what_waits(tmp_path: Path) -> None:
    scripts: list[Script | Answer] = [DONE, reply(429, b"", {"Retry-After": "30"})]
    with WireServer(*scripts) as server:
        client = Cekura(KEY, base_url=server.url)
        closer = threading.Timer(1.0, client.close)
        closer.start()
        report = client.call_logs.evaluate_metrics_in_batches(
            agent_id=1,
            metrics=[7],
            call_logs=range(1, 9),
            batch_size=2,
            max_concurrency=1,
            journal=tmp_path / "run.db",
        )
        closer.join()
    assert report.succeeded == [1, 2]
    assert list(report.refused) == [3, 4, 5, 6, 7, 8]
    assert not any(error.may_have_run for error in report.refused.values())
    assert len(server.received) == 2


class CutError(BaseException):
    """An exit that is no Exception, as SystemExit is none."""


def cut_off() -> Generator[int]:
    yield from range(1, 6)
    raise KeyboardInterrupt


def test_ctrl_c_in_a_generator_loses_none_of_its_calls() -> None:
    with (
        WireServer(DONE) as server,
        Cekura(KEY, base_url=server.url) as cekura,
        pytest.raises(BatchInterrupt) as raised,
    ):
        cekura.call_logs.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7], call_logs=cut_off(), batch_size=2, max_concurrency=1
        )
    assert raised.value.report.succeeded == [1, 2, 3, 4]
    assert raised.value.report.not_sent == [5]


@pytest.mark.parametrize("journaled", [False, True])
def test_ctrl_c_once_all_is_sent_loses_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, journaled: bool
) -> None:
    def interrupted(_: BatchRun[Any]) -> BatchReport:
        raise KeyboardInterrupt

    journal = tmp_path / "run.db" if journaled else None
    with WireServer(DONE) as server, Cekura(KEY, base_url=server.url) as cekura:
        run = partial(
            cekura.call_logs.evaluate_metrics_in_batches,
            agent_id=1,
            metrics=[7],
            call_logs=[1, 2, 3],
            journal=journal,
        )
        monkeypatch.setattr(BatchRun, "finish", interrupted)
        with pytest.raises(BatchInterrupt) as raised:
            run()
        monkeypatch.undo()
        assert raised.value.report.succeeded == [1, 2, 3]
        if journaled:
            assert run().succeeded == [1, 2, 3]
    assert len(server.received) == 1


def test_ctrl_c_that_a_lock_turns_into_another_error_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: threading.Thread) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            threading.Lock().release()

    with WireServer(DONE) as server, Cekura(KEY, base_url=server.url) as cekura:
        monkeypatch.setattr(threading.Thread, "start", broken)
        with pytest.raises(BatchInterrupt) as raised:
            cekura.call_logs.evaluate_metrics_in_batches(agent_id=1, metrics=[7], call_logs=[1])
        monkeypatch.undo()
    assert raised.value.report.not_sent == [1]


def test_what_is_written_in_a_thread_is_written_whatever_cancels() -> None:
    begun, may_end = threading.Event(), threading.Event()
    done: list[bool] = []

    def work() -> None:
        begun.set()
        may_end.wait(10)
        done.append(True)

    async def main() -> None:
        task = asyncio.create_task(async_on_disk(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, may_end.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == [True]

    asyncio.run(main())


async def cut_short() -> AsyncGenerator[int]:
    for call in range(1, 6):
        yield call
    raise CutError


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_exit_comes_out_as_it_is_and_loses_none_of_the_calls(backend: str) -> None:
    async def run() -> None:
        async with AsyncCekura(KEY, base_url=server.url) as cekura:
            await cekura.call_logs.evaluate_metrics_in_batches(
                agent_id=1, metrics=[7], call_logs=cut_short(), batch_size=2, max_concurrency=1
            )

    with WireServer(DONE) as server, pytest.raises(CutError) as raised:
        anyio.run(run, backend=backend)
    assert "4 succeeded, 0 refused, 0 unknown, 1 not sent" in "".join(raised.value.__notes__)
    report: BatchReport = vars(raised.value)["report"]
    assert report.succeeded == [1, 2, 3, 4]
    assert report.not_sent == [5]


def test_a_second_ctrl_c_keeps_the_replies_that_have_come() -> None:
    def take(_: object) -> None:
        time.sleep(0.5)  # until the other replies have come
        raise KeyboardInterrupt

    with (
        WireServer(SLOW) as server,
        Cekura(KEY, base_url=server.url) as cekura,
        pytest.raises(BatchInterrupt) as raised,
    ):
        cekura.call_logs.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7], call_logs=[1, 2, 3], batch_size=1, on_reply=take
        )
    assert sorted(raised.value.report.succeeded) == [1, 2, 3]
    assert len(raised.value.report.undelivered) == 3
