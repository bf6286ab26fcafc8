"""A journal's unknown calls: reconciled, told with their signs, and gone on with."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cekura_client.sandbox import Sandbox

from tests.support.chaos import ChaosProxy
from tests.support.command import Words, run_here
from tests.support.wire import Script, WireServer, reply, then_reset

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790")
LONG_AGO = "2026-01-01T00:00:00Z"
RAN = {"id": 1, "call_id": "a", "status": "evaluating"}
DID_NOT_RUN = {"id": 2, "call_id": "b", "status": "success", "updated_at": LONG_AGO}
# Of the third call, nothing: neither a list nor the call itself has it.
MISSING = reply(404, b'{"detail": "Not found."}')


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "nightly.db"


def page(*rows: Mapping[str, object]) -> Script:
    return reply(200, json.dumps({"count": len(rows), "next": None, "results": rows}).encode())


def reconcile(journal: Path, *words: str | int) -> Words:
    return ("reconcile", "--journal", journal, "--grace", 0, *words)


@pytest.mark.parametrize("output", ["jsonl", "json", "csv", "table"])
def test_each_call_with_its_sign(output: str, journal: Path) -> None:
    lost = [then_reset()] * 3
    # What no list shows to have run is read by itself.
    found = reply(200, json.dumps(DID_NOT_RUN).encode())
    with WireServer(*lost, page(RAN, DID_NOT_RUN), MISSING, found, MISSING) as server:
        words = (*EVALUATE, 1, 2, 3, "--batch-size", 1, "--max-concurrency", 1)
        first = run_here(*words, "--journal", journal, server=server)
        assert (first.code, first.ids("unknown")) == (3, [1, 2, 3])
        assert f"cekura-client reconcile --journal {journal}" in first.err
        ran = run_here(*reconcile(journal, "-o", output), server=server)
        assert ran.code == 3
    signs = {
        1: ("ran", "it is being evaluated"),
        2: ("did_not_run", "it was last updated at 2026-01-01T00:00:00+00:00, before the sending"),
        3: ("undetermined", "there is no such call, or the key may not see it"),
    }
    if output == "table":
        words_of_all = ran.out.split()
        for call, (outcome, sign) in signs.items():
            assert {str(call), outcome, *sign.split()[:3]} < {*words_of_all}
        assert max(map(len, ran.out.splitlines())) <= 80
    else:
        readers: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "jsonl": lambda: ran.records,
            "json": lambda: json.loads(ran.out),
            "csv": lambda: list(csv.DictReader(io.StringIO(ran.out))),
        }
        written = readers[output]()
        assert {
            int(record["call_log_id"]): (record["outcome"], record["reason"]) for record in written
        } == signs
    assert ran.err.endswith("1 ran, 1 did not run, 1 undetermined.\n")
    assert "--repeat-unknown" in ran.err


def test_when_all_is_known_it_is_0_and_the_run_goes_on(
    sandbox: Sandbox, calls: list[int], journal: Path
) -> None:
    with ChaosProxy(sandbox.url, before=0, after=30, seed=7) as proxy:
        words = (*EVALUATE, *calls[:60], "--batch-size", 3, "--journal", journal)
        first = run_here(*words, server=proxy)
        unknown = {*first.ids("unknown")}
        assert first.code == 3
        reconciled = run_here(*reconcile(journal), server=proxy)
        # Every reply was lost after the charge.
        assert (reconciled.code, {*reconciled.ids("ran")}) == (0, unknown)
        assert unknown
        assert run_here(*reconcile(journal), server=proxy).err == (
            "The journal holds no unknown calls: nothing to reconcile.\n"
        )
        again = run_here(*words, server=proxy)
        assert again.code == 0
        assert {*again.ids("accepted")} == {*calls[:60]}
    assert sandbox.metric_runs == 120


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("reconcile",), "--journal"),
        (("reconcile", "--journal", "no-such.db"), "no-such.db cannot be opened"),
        (("reconcile", "--journal", "no-such.db", "--grace", "-1"), "grace is a number of seconds"),
    ],
)
def test_bad_usage_is_2_and_nothing_is_sent(
    words: Words, said: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run_here(*words, server=sandbox)
    assert (ran.code, said in ran.err) == (2, True), ran
    assert (ran.out, sandbox.requests, [*tmp_path.iterdir()]) == ("", 0, [])
