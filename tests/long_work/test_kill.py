"""Runs that die at any moment, on a wire that breaks: no call charged twice, none unaccounted."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cekura_client.sandbox import Sandbox

from tests.support.chaos import ChaosProxy

# CEKURA_KILLS=10 CEKURA_KILL_CALLS=10000 takes a minute for each twin.
CALLS = int(os.environ.get("CEKURA_KILL_CALLS", "1200"))
KILLS = int(os.environ.get("CEKURA_KILLS", "4"))
BATCH_SIZE = 20
RATE_LIMIT = (8, 1)
KILLED_RUN = Path(__file__).with_name("killed_run.py")

pytestmark = pytest.mark.slow


def run(twin: str, url: str, journal: Path, calls: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  (our own code)
        [sys.executable, str(KILLED_RUN), twin, url, str(journal), str(calls), str(BATCH_SIZE)],
        stdout=subprocess.PIPE,
        text=True,
    )


def written(journal: Path) -> int:
    return journal.stat().st_mtime_ns if journal.exists() else 0


def begins(child: subprocess.Popen[str], journal: Path, known: int) -> None:
    """Wait until a run writes its journal, or ends."""
    deadline = time.monotonic() + 60
    while written(journal) == known and child.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
@pytest.mark.parametrize("twin", ["sync", "asyncio", "trio"])
def test_a_run_that_is_killed_again_and_again_charges_no_call_twice(
    twin: str, tmp_path: Path
) -> None:
    chance = random.Random(twin)  # noqa: S311  (no secret)
    journal, calls = tmp_path / "run.db", tmp_path / "calls.json"
    killed = 0
    with (
        Sandbox(
            calls=2 * CALLS, credits=10_000, evaluation_seconds=0, rate_limit=RATE_LIMIT
        ) as sandbox,
        ChaosProxy(sandbox.url, before=5, after=5, seed=len(twin)) as proxy,
    ):
        ids = [call.id for call in sandbox.call_logs if call.agent_id == 224]
        calls.write_text(json.dumps(ids))
        while killed < KILLS:
            known = written(journal)
            child = run(twin, proxy.url, journal, calls)
            begins(child, journal, known)
            time.sleep(chance.uniform(0, CALLS / BATCH_SIZE / RATE_LIMIT[0] / KILLS))
            if child.poll() is not None:
                child.communicate()
                break
            child.send_signal(signal.SIGKILL)
            child.communicate()
            killed += 1
        last = run(twin, proxy.url, journal, calls)
        printed, _ = last.communicate(timeout=100)
        report = json.loads(printed)
    succeeded, unknown = set(report["succeeded"]), set(report["unknown"])
    assert killed >= 2
    assert proxy.resets_before
    assert proxy.resets_after
    assert proxy.refusals
    assert max(proxy.charged.values()) == 1
    everything = [call for kind in report.values() for call in kind]
    assert sorted(everything) == sorted(ids)
    assert report["not_sent"] == []
    # What was charged is known to have succeeded, or is said to be unknown; and nothing else has.
    assert set(proxy.charged) <= succeeded | unknown
    assert succeeded <= set(proxy.charged)
