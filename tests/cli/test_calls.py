"""Lists of calls: which ones, how they are written, and handed on to another command."""

import csv
import io
import json
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cekura_client.sandbox import Sandbox

from tests.support.command import COMMAND, KEY, Words, environment, run_here, started
from tests.support.wire import WireServer, reply

CALLS: Words = ("calls", "--agent-id", 224)
QUARTER: Words = (*CALLS, "--since", (datetime.now(UTC) - timedelta(days=95)).date().isoformat())


def listed(*words: str | int | Path, server: Sandbox) -> list[int]:
    ran = run_here(*CALLS, *words, "--output", "ids", server=server)
    assert (ran.code, ran.err) == (0, ""), ran
    return [int(line) for line in ran.out.splitlines()]


def test_a_quarter_comes_once_the_newest_first(sandbox: Sandbox, calls: list[int]) -> None:
    assert listed(*QUARTER[3:], server=sandbox) == calls[::-1]
    assert sandbox.requests == 3  # windows of 33 days


def test_the_range_is_that_of_the_last_30_days_or_the_one_named(sandbox: Sandbox) -> None:
    now = datetime.now(UTC)
    started_at = {call.id: call.started_at for call in sandbox.call_logs if call.agent_id == 224}
    recent = {call for call, moment in started_at.items() if moment > now - timedelta(days=30)}
    assert {*listed(server=sandbox)} == recent
    since, until = now - timedelta(days=60), (now - timedelta(days=50)).date()
    between = {
        call
        for call, moment in started_at.items()
        if moment >= since and moment.date().isoformat() < until.isoformat()
    }
    words = ("--since", since.isoformat(), "--until", until.isoformat())
    assert {*listed(*words, server=sandbox)} == between != set()


def test_failed_and_unreviewed(sandbox: Sandbox) -> None:
    rows = run_here(*QUARTER, server=sandbox).records
    failed = [row["call_log_id"] for row in rows if row["success"] is False]
    unreviewed = [row["call_log_id"] for row in rows if not row["is_reviewed"]]
    assert 0 < len(failed) < len(rows)
    assert 0 < len(unreviewed) < len(rows)
    since = QUARTER[3:]
    assert listed(*since, "--failed", server=sandbox) == failed
    assert listed(*since, "--unreviewed", server=sandbox) == unreviewed
    both = [call for call in failed if call in unreviewed]
    assert listed(*since, "--failed", "--unreviewed", server=sandbox) == both
    assert listed(*since, "--failed", "--unreviewed", "--limit", 3, server=sandbox) == both[:3]


def test_a_filter_goes_with_the_others(sandbox: Sandbox) -> None:
    condition = {"field": "call_ended_reason", "op": "eq", "value": "agent-ended-call"}
    words = (*QUARTER, "--failed", "--filter", json.dumps(condition))
    found = run_here(*words, server=sandbox).records
    assert {(row["success"], row["call_ended_reason"]) for row in found} == {
        (False, "agent-ended-call")
    }
    assert len(found) < len(listed(*QUARTER[3:], "--failed", server=sandbox))


PAGE = {"count": 1, "next": None, "previous": None}


@pytest.mark.parametrize(
    ("row", "is_listed"),
    [
        ({"is_reviewed": False, "status": "failure"}, True),
        ({"is_reviewed": True, "status": "reviewed_success"}, False),
        ({"is_reviewed": None, "status": "reviewed_failure"}, False),
        ({"status": "evaluating"}, True),
    ],
)
def test_what_is_unreviewed_is_read_off_the_row(row: dict[str, object], *, is_listed: bool) -> None:
    page = {**PAGE, "results": [{"id": 7, "call_id": "a", **row}]}
    with WireServer(reply(200, json.dumps(page).encode())) as server:
        ran = run_here(*CALLS, "--unreviewed", "-o", "ids", server=server)
    assert (ran.code, ran.out) == (0, "7\n" if is_listed else "")
    assert "filters_v2" not in server.received[0].path


def test_a_limit_reads_no_more_than_it_needs(sandbox: Sandbox, calls: list[int]) -> None:
    assert listed(*QUARTER[3:], "--limit", 5, server=sandbox) == calls[:-6:-1]
    assert sandbox.requests == 1


def test_by_project_and_assistant(sandbox: Sandbox) -> None:
    words = ("calls", "--project-id", 457, "--assistant-id", "2143", "--limit", 2)
    assert {row["agent_id"] for row in run_here(*words, server=sandbox).records} == {2142}


def test_every_format(sandbox: Sandbox) -> None:
    words = (*CALLS, "--limit", 3, "-o")
    lines = run_here(*words, "jsonl", server=sandbox).records
    assert json.loads(run_here(*words, "json", server=sandbox).out) == lines
    rows = list(csv.DictReader(io.StringIO(run_here(*words, "csv", server=sandbox).out)))
    assert [{name: str(value) for name, value in line.items()} for line in lines] == [
        {**row, "success": row["success"].title(), "is_reviewed": row["is_reviewed"].title()}
        for row in rows
    ]
    table = run_here(*words, "table", server=sandbox).out
    assert max(map(len, table.splitlines())) <= 80
    for line, row in zip(table.splitlines()[2:], lines, strict=True):
        day = row["started_at"][:10]
        assert line.split()[:2] == [str(row["call_log_id"]), day]
        assert row["status"] in line.split()
    narrow = run_here(*words, "table", server=sandbox, COLUMNS="40").out
    assert narrow.count("ended because") == 3
    assert max(map(len, narrow.splitlines())) <= 40


def test_it_is_made_to_be_piped(sandbox: Sandbox) -> None:
    since = (datetime.now(UTC) - timedelta(days=24)).date().isoformat()
    command = shlex.join(COMMAND)
    pipe = (
        f"{command} calls --agent-id 224 --since {since} --output ids"
        f" | {command} evaluate --agent-id 224 --metrics 789 --wait -"
    )
    ran = subprocess.run(  # noqa: S602  (our own commands)
        pipe, shell=True, env=environment(sandbox), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    recent = listed("--since", since, server=sandbox)
    records = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0
    assert {record["call_log_id"] for record in records} == {*recent} != set()
    assert {(record["outcome"], record["metric_id"]) for record in records} == {("evaluated", 789)}
    assert sandbox.metric_runs == len(recent) == len(records)


def test_ids_are_for_lists_alone(sandbox: Sandbox) -> None:
    ran = run_here("retrieve", 123, "--output", "ids", server=sandbox)
    assert (ran.code, sandbox.requests) == (2, 0)
    assert "ids is for calls alone" in ran.err


def test_a_reader_that_leaves_ends_the_list_quietly() -> None:
    with (
        Sandbox(calls=20_000, api_key=KEY) as many,
        started(*QUARTER, "-o", "jsonl", server=many) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(30) == 0
        assert many.requests < 20


def test_a_list_that_breaks_off_says_how_far_it_came() -> None:
    rows = [{"id": number, "call_id": str(number)} for number in (1, 2)]
    next_page = "/observability/v2/call-logs/?page=2"
    body = json.dumps({"count": 4, "next": next_page, "results": rows}).encode()
    with WireServer(reply(200, body), reply(403, b'{"detail": "no more"}')) as server:
        ran = run_here(*CALLS, "-o", "ids", server=server)
    assert (ran.code, ran.out) == (1, "1\n2\n")
    assert "The list is not complete: 2 calls had come." in ran.err


def test_no_calls_is_told(sandbox: Sandbox) -> None:
    ran = run_here("calls", "--agent-id", 2144, "-o", "ids", server=sandbox)
    assert (ran.code, ran.out, ran.err) == (0, "", "No calls found in the last 30 days.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("calls",), "Name --agent-id, --project-id, or both"),
        ((*CALLS, "--since", "tomorrow"), "--since 'tomorrow' is neither a date such as"),
        ((*CALLS, "--until", "2026-11-01T08:00"), "--until 2026-11-01T08:00 has no time zone"),
        ((*CALLS, "--since", "2026-11-02", "--until", "2026-11-01"), "is not before until"),
        ((*CALLS, "--filter", "success"), "--filter is not JSON"),
        ((*CALLS, "--filter", "[1]"), "--filter takes a JSON object"),
        ((*CALLS, "--filter", "{}"), "--filter takes a JSON object"),
        ((*CALLS, "--limit", 0), "--limit"),
    ],
)
def test_bad_usage_is_2_and_nothing_is_sent(words: Words, said: str, sandbox: Sandbox) -> None:
    ran = run_here(*words, server=sandbox)
    assert (ran.code, said in ran.err) == (2, True), ran
    assert (ran.out, sandbox.requests) == ("", 0)


def test_a_filter_that_the_api_refuses(sandbox: Sandbox) -> None:
    condition = json.dumps({"field": "weather", "op": "eq", "value": 1})
    ran = run_here(*CALLS, "--filter", condition, server=sandbox)
    assert (ran.code, ran.out) == (1, "")
    assert "Unknown field" in ran.err
