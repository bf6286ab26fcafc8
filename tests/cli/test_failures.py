"""`--only-failed` and `--fail-under`: what failed, and whether it is too much."""

from typing import Any

import pytest
from cekura_client import Cekura, to_rows
from cekura_client.sandbox import Sandbox

from tests.support.command import KEY, Words, run_here
from tests.support.wire import Answer, Script, WireServer, reply, rows_asked_for

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790", "--wait")
RERUN: Words = ("rerun", "--agent-id", 224, "--wait")
RETRIEVE: Words = ("retrieve",)


def read(sandbox: Sandbox, calls: list[int]) -> list[dict[str, Any]]:
    with Cekura(KEY, base_url=sandbox.url) as cekura:
        return [dict(row) for row in to_rows(cekura.call_logs.retrieve_many(calls))]


@pytest.mark.parametrize("words", [EVALUATE, RERUN, RETRIEVE])
def test_only_failures_are_written(words: Words, sandbox: Sandbox, calls: list[int]) -> None:
    ran = run_here(*words, *calls[:30], 9999, "--only-failed", server=sandbox)
    metrics = {789, 790} if words is EVALUATE else None
    failures = [
        (row["call_log_id"], row["metric_id"])
        for row in read(sandbox, calls[:30])
        if row["passed"] is False and (metrics is None or row["metric_id"] in metrics)
    ]
    written = [
        (record["call_log_id"], record["metric_id"])
        for record in ran.records
        if record["outcome"] in {"evaluated", "read"}
    ]
    assert sorted(written) == sorted(failures) != []
    # What has no result is told all the same.
    assert ran.ids("unreadable") + ran.ids("refused") == [9999]
    assert ran.code == 1


@pytest.mark.parametrize("words", [EVALUATE, RETRIEVE])
def test_the_share_that_passed_decides_on_the_exit_code(
    words: Words, sandbox: Sandbox, calls: list[int]
) -> None:
    run_here(*words, *calls[:30], server=sandbox)
    metrics = {789, 790} if words is EVALUATE else None
    verdicts = [
        row["passed"]
        for row in read(sandbox, calls[:30])
        if row["passed"] is not None and (metrics is None or row["metric_id"] in metrics)
    ]
    passed, judged = verdicts.count(True), len(verdicts)
    assert 0 < passed < judged
    share = passed / judged
    for least, code in ((share, 0), (share + 0.01, 4), (0, 0), (1, 4)):
        # Whatever of them is written.
        options: Words = ("--fail-under", str(least), "--only-failed")
        ran = run_here(*words, *calls[:30], *options, server=sandbox)
        assert (ran.code, f"{passed} of {judged} results passed" in ran.err) == (code, True), ran
        assert ("less than" in ran.err) is (code == 4)


def test_too_few_that_passed_come_before_what_is_not_done(
    sandbox: Sandbox, calls: list[int]
) -> None:
    for least, code in (("0", 1), ("1", 4)):
        words: Words = (*RETRIEVE, *calls[:30], 9999, "--fail-under", least)
        assert run_here(*words, server=sandbox).code == code
    # Nothing was read, so nothing is said of the share.
    assert run_here(*RETRIEVE, 9999, "--fail-under", "1", server=sandbox).code == 1
    assert run_here(*EVALUATE, 9999, "--fail-under", "1", server=sandbox).code == 1


def test_unknown_calls_come_before_too_few_that_passed() -> None:
    result = {"id": 7, "name": "M", "passed": False, "eval_type": "binary"}
    done = {"id": 1, "call_id": "c", "status": "failure", "evaluation": {"metrics": [result]}}

    def answer(request: Any) -> Script:
        if request.method == "GET":
            return reply(200, str(done).replace("'", '"').replace("False", "false").encode())
        return rows_asked_for(request) if b"[1]" in request.body else reply(502, b"")

    words = ("evaluate", "--agent-id", 1, "--metrics", 7, "--wait", "--batch-size", 1)
    with WireServer(Answer(answer)) as server:
        one = run_here(*words, 1, "--fail-under", "0.5", server=server)
        both = run_here(*words, 1, 2, "--fail-under", "0.5", server=server)
    assert (one.code, both.code) == (4, 3)
    assert "0 of 1 results passed (0.0%), less than 0.5." in both.err


def test_calls_that_nothing_judges_are_too_few() -> None:
    body = b'{"id": 1, "call_id": "c", "status": "success", "evaluation": {"metrics": []}}'
    with WireServer(reply(200, body)) as server:
        ran = run_here(*RETRIEVE, 1, "--fail-under", "0", server=server)
    assert (ran.code, "No result passes or fails." in ran.err) == (4, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*EVALUATE[:-1], 123, "--only-failed"), "they take --wait"),
        ((*EVALUATE[:-1], 123, "--fail-under", "0.9"), "they take --wait"),
        ((*RERUN[:-1], 123, "--fail-under", "0.9"), "they take --wait"),
        ((*EVALUATE, 123, "--fail-under", "90"), "--fail-under is a share from 0 to 1"),
        ((*RETRIEVE, 123, "--fail-under", "-0.1"), "--fail-under is a share from 0 to 1"),
        ((*RETRIEVE, 123, "--fail-under", "nan"), "--fail-under is a share from 0 to 1"),
        ((*RETRIEVE, 123, "--fail-under", "most"), "--fail-under"),
        ((*RETRIEVE, 123, "--whole", "--only-failed"), "--whole"),
    ],
)
def test_bad_usage(words: Words, said: str, sandbox: Sandbox) -> None:
    ran = run_here(*words, server=sandbox)
    assert (ran.code, said in ran.err, sandbox.requests) == (2, True, 0), ran
