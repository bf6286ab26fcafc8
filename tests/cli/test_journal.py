"""Runs with a journal: gone on with, finished, of another run, and with unknown calls."""

import contextlib
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cekura_client.cli.output.results import Output
from cekura_client.sandbox import Sandbox

from tests.support.command import KEY, Words, run, run_here, started
from tests.support.wire import WireServer, reply, then_reset, then_silence

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "nightly.db"


def test_after_a_kill_the_same_command_goes_on(
    sandbox: Sandbox, calls: list[int], journal: Path
) -> None:
    words = (*EVALUATE, *calls[:100], "--batch-size", 5, "--journal", journal)
    with started(*words, server=sandbox) as process:
        while sandbox.metric_runs < 30:
            time.sleep(0.005)
        process.kill()
        process.wait()
    again = run_here(*words, "--wait", server=sandbox)
    accepted, unknown = again.ids("evaluated"), again.ids("unknown")
    # What the killed process had sent is waited for too, and each call is there.
    assert {*accepted} | {*unknown} == {*calls[:100]}
    assert again.code == (3 if unknown else 0)
    assert sandbox.metric_runs <= 200


def test_a_finished_run_says_so_and_sends_nothing(sandbox: Sandbox, journal: Path) -> None:
    words = (*EVALUATE, 123, 456, "--journal", journal)
    assert run_here(*words, server=sandbox).code == 0
    sent = sandbox.requests
    again = run_here(*words, server=sandbox)
    assert (again.code, sandbox.requests) == (0, sent)
    assert again.ids("accepted") == [123, 456]
    assert "The run in the journal is finished already; nothing was sent." in again.err
    waited = run_here(*words, "--wait", server=sandbox)
    assert sorted({*waited.ids("evaluated")}) == [123, 456]
    assert sandbox.metric_runs == 4


def test_a_kept_reply_that_no_longer_reads_is_told(sandbox: Sandbox, journal: Path) -> None:
    words = (*EVALUATE, 123, 456, "--journal", journal)
    assert run_here(*words, server=sandbox).code == 0
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as database:
        database.execute("UPDATE batch SET reply = x'7b7d'")
    again = run_here(*words, server=sandbox)
    assert again.code == 1
    assert again.ids("accepted") == [123, 456]
    assert "cannot be read by this version" in again.err
    assert "cekura-client retrieve 123 456" in again.err
    assert sandbox.metric_runs == 4


@pytest.mark.parametrize("other", [("--agent-id", 225), ("--metrics", 791)])
def test_a_journal_of_another_run_is_bad_usage(
    other: Words, sandbox: Sandbox, journal: Path
) -> None:
    assert run_here(*EVALUATE, 123, "--journal", journal, server=sandbox).code == 0
    sent = sandbox.requests
    ran = run_here(*EVALUATE, *other, 123, "--journal", journal, server=sandbox)
    assert (ran.code, sandbox.requests) == (2, sent)
    assert "belongs to another run" in ran.err


def test_what_is_no_journal_is_bad_usage_and_kept(sandbox: Sandbox, journal: Path) -> None:
    journal.write_text("my notes, long enough to be anything at all")
    ran = run_here(*EVALUATE, 123, "--journal", journal, server=sandbox)
    assert (ran.code, ran.out, sandbox.requests) == (2, "", 0)
    assert journal.read_text().startswith("my notes")


def test_unknown_calls_are_sent_again_only_when_named(journal: Path) -> None:
    rows = b'[{"id": 2, "call_id": "a", "status": "evaluating"}]'
    words = (*EVALUATE, 1, 2, "--batch-size", 1, "--max-concurrency", 1, "--journal", journal)
    with WireServer(then_reset(), then_reset(), reply(200, rows)) as server:
        first = run_here(*words, server=server)
        assert (first.code, first.ids("unknown")) == (3, [1, 2])
        assert "--repeat-unknown" in first.err
        second = run_here(*words, server=server)
        assert (second.code, second.ids("unknown")) == (3, [1, 2])
        assert len(server.received) == 2
        third = run_here(*words, "--repeat-unknown", "2", server=server)
        assert (third.code, third.ids("unknown"), third.ids("accepted")) == (3, [1], [2])
        assert len(server.received) == 3


interrupts = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal only there")


def _interrupted(process_signal: signal.Signals, sandbox: Sandbox, calls: list[int]) -> int:
    words = (*EVALUATE, *calls[:200], "--batch-size", 1, "--max-concurrency", 2)
    with started(*words, server=sandbox) as process:
        while sandbox.requests < 5:
            time.sleep(0.002)
        process.send_signal(process_signal)
        out, err = process.communicate(timeout=30)
    counts = [int(number) for number in re.findall(r"\d+", err.splitlines()[-1])]
    assert err.splitlines()[-1] == (
        "{} accepted, {} refused, {} unknown, {} not sent.".format(*counts)
    )
    assert sum(counts) == 200
    assert counts[3] > 0
    # What was in flight was waited for, so all that was charged is known.
    assert sandbox.metric_runs == 2 * counts[0]
    assert len(out.splitlines()) == 200
    assert "Traceback" not in err
    return process.returncode


@interrupts
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_waits_for_what_is_in_flight(
    number: signal.Signals, calls: list[int]
) -> None:
    with Sandbox(calls=700, credits=10**6, api_key=KEY) as sandbox:
        assert _interrupted(number, sandbox, calls) == 130


@interrupts
def test_an_interrupted_wait_tells_what_is_pending(calls: list[int]) -> None:
    with (
        Sandbox(calls=700, credits=10**6, evaluation_seconds=60, api_key=KEY) as slow,
        started(*EVALUATE, *calls[:3], "--wait", server=slow) as process,
    ):
        while slow.requests < 3:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out.count('"pending"') == 3
    assert "3 calls pending (" in err
    assert "Traceback" not in err


@interrupts
def test_interrupted_with_everything_in_flight_is_unknown() -> None:
    with (
        WireServer(then_silence()) as server,
        started("rerun", "--agent-id", 1, "--all", server=server) as process,
    ):
        while not server.received:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (3, "")
    assert "Interrupted. rerun_evaluation was in flight: it may have run" in err


ROWS = b'[{"id": 7, "call_id": "a", "status": "evaluating"}]'


def test_interrupted_while_everythings_reply_is_read_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(_: bytes) -> list[object]:
        signal.raise_signal(signal.SIGINT)
        return []

    def reader(_: object) -> Callable[[bytes], list[object]]:
        return read

    monkeypatch.setattr("cekura_api.operations._rows", reader)
    with WireServer(reply(200, ROWS)) as server:
        ran = run_here("rerun", "--agent-id", 1, "--all", server=server)
    assert (ran.code, ran.out) == (3, "")
    assert "Interrupted. rerun_evaluation had been accepted (200)" in ran.err


def test_interrupted_while_everything_is_written_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = Output.write
    interrupts = [signal.SIGINT]

    def interrupted(output: Output, records: Any) -> None:
        if interrupts:
            signal.raise_signal(interrupts.pop())
        write(output, records)

    monkeypatch.setattr(Output, "write", interrupted)
    with WireServer(reply(200, ROWS)) as server:
        ran = run_here("rerun", "--agent-id", 1, "--all", server=server)
    assert (ran.code, ran.ids("accepted")) == (130, [7])
    assert "1 accepted, 0 refused, 0 unknown, 0 not sent." in ran.err


@interrupts
def test_retrieve_ends_on_ctrl_c_at_once(calls: list[int]) -> None:
    with (
        Sandbox(calls=700, rate_limit=(5, 50.0), api_key=KEY) as limited,
        started("retrieve", *calls[:20], server=limited) as process,
    ):
        while limited.requests < 6:
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=40)
    assert process.returncode == 130
    assert time.monotonic() - began < 25
    assert err == "Interrupted.\n"


def test_the_key_is_in_no_journal(sandbox: Sandbox, journal: Path) -> None:
    run(*EVALUATE, 123, 9999, "--batch-size", 1, "--journal", journal, server=sandbox)
    assert KEY.encode() not in journal.read_bytes()
