"""What a pipe and a file receive: records, whole and alone."""

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest
from cekura_client import METRIC_ROW_FIELDS
from cekura_client.sandbox import Sandbox

from tests.support.command import COMMAND, Words, environment, run, run_here, started

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790")


def test_a_pipe_gets_a_line_of_json_for_each_result(sandbox: Sandbox, calls: list[int]) -> None:
    ran = run(*EVALUATE, "--wait", *calls[:150], server=sandbox)  # above 100, and nobody to ask
    assert ran.code == 0
    assert {(r["call_log_id"], r["metric_id"]) for r in ran.records} == {
        (call, metric) for call in calls[:150] for metric in (789, 790)
    }
    assert {r["outcome"] for r in ran.records} == {"evaluated"}
    assert {r["passed"] for r in ran.records} == {True, False, None}
    assert all({*METRIC_ROW_FIELDS} < {*record} for record in ran.records)
    assert ran.err == (
        "Evaluate 2 metrics on 150 calls of agent 224: 300 metric runs, about 60 credits at 0.2 "
        "each.\n"
        "150 accepted, 150 evaluated, 0 refused, 0 unknown, 0 not sent.\n"
    )


def test_without_waiting_each_call_is_one_record(sandbox: Sandbox) -> None:
    ran = run_here(*EVALUATE, 456, 123, server=sandbox)
    assert ran.records == [
        {"call_log_id": call, "outcome": "accepted", "reason": None, "status": "evaluating"}
        for call in (456, 123)
    ]


def test_json_is_one_list(sandbox: Sandbox) -> None:
    ran = run_here(*EVALUATE, "--wait", "--output", "json", 123, 9999, "--batch-size", 1,
                   server=sandbox)  # fmt: skip
    found = json.loads(ran.out)
    assert [(r["call_log_id"], r["outcome"], r["metric_id"]) for r in found] == [
        (9999, "refused", None),
        (123, "evaluated", 789),
        (123, "evaluated", 790),
    ]


def test_csv_has_a_line_of_names(sandbox: Sandbox) -> None:
    ran = run_here(*EVALUATE, "--wait", "-o", "csv", 123, server=sandbox)
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["call_log_id"], row["metric_name"], row["passed"]) for row in rows] == [
        ("123", "Instruction Follow", "false"),
        ("123", "Customer Satisfaction", "true"),
    ]
    assert "\n" in rows[0]["explanation"]
    assert (rows[0]["reason"], rows[0]["enum"]) == ("", "")


def test_retrieve_keeps_the_order_asked_for(sandbox: Sandbox, calls: list[int]) -> None:
    asked = [*calls[40:20:-1], 9999, *calls[:20]]
    ran = run_here("retrieve", *asked, server=sandbox)
    asked.remove(9999)
    # What cannot be read comes last.
    told = list(dict.fromkeys(record["call_log_id"] for record in ran.records))
    assert told == [*asked, 9999]
    assert ran.ids("unreadable") == [9999]


def test_retrieve_whole_gives_what_the_api_gives(sandbox: Sandbox) -> None:
    (call,) = json.loads(run_here("retrieve", "--whole", 123, server=sandbox).out)
    assert call["id"] == 123
    assert call["transcript_object"][0]["role"]
    (line,) = run_here("retrieve", "--whole", "-o", "jsonl", 123, server=sandbox).records
    assert line == call


def test_retrieve_can_wait_for_what_was_pending() -> None:
    with Sandbox(calls=20, evaluation_seconds=1, api_key="k") as slow:
        key = {"CEKURA_API_KEY": "k"}
        assert run_here(*EVALUATE, 123, 456, server=slow, **key).code == 0
        ran = run_here("retrieve", "--wait", 123, 456, server=slow, **key)
    assert ran.code == 0
    assert {record["outcome"] for record in ran.records} == {"evaluated"}
    assert len(ran.records) == 4


def test_a_table_in_a_pipe_is_80_columns_of_plain_text(sandbox: Sandbox) -> None:
    ran = run(*EVALUATE, "--wait", "--output", "table", 123, 456, server=sandbox)
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    assert "\x1b" not in ran.out
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["123", "failure", "FAIL", "pass"] in lines
    assert ["456", "success", "pass", "pass"] in lines
    assert ["passed", "1/2", "2/2"] in lines


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_any_encoding_will_do(encoding: str, sandbox: Sandbox) -> None:
    words = (*EVALUATE, "--wait", "-o", "table", 123)
    assert "FAIL" in run(*words, server=sandbox, PYTHONIOENCODING=encoding).out


@pytest.mark.parametrize("output", ["jsonl", "json", "csv", "table"])
def test_a_reader_that_leaves_ends_the_reading_quietly(
    output: str, sandbox: Sandbox, calls: list[int]
) -> None:
    words: Words = ("retrieve", "-o", output, *calls[:200])
    with started(*words, server=sandbox) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(30) == 0
    if output != "table":
        assert sandbox.requests < 200


def test_a_reader_that_leaves_does_not_end_a_paid_run(sandbox: Sandbox, calls: list[int]) -> None:
    with started(*EVALUATE, "--batch-size", 10, *calls[:200], server=sandbox) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read().endswith("200 accepted, 0 refused, 0 unknown, 0 not sent.\n")
        assert process.wait(30) == 0
    assert sandbox.metric_runs == 400


def test_messages_that_nobody_reads_do_not_end_a_run(sandbox: Sandbox) -> None:
    with started(*EVALUATE, 123, 9999, "--batch-size", 1, server=sandbox) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        process.stderr.close()
        assert len(process.stdout.read().splitlines()) == 2
        assert process.wait(30) == 1
    assert sandbox.metric_runs == 2


@pytest.mark.parametrize("output", ["jsonl", "table"])
def test_a_full_disk_is_told_and_ends_nothing(output: str, sandbox: Sandbox) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    words = [*COMMAND, *map(str, EVALUATE), "123", "456", "--batch-size", "1", "-o", output]
    with full.open("w") as disk:
        ran = subprocess.run(  # noqa: S603  (our own command)
            words, stdout=disk, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
            env=environment(sandbox),
        )  # fmt: skip
    assert "The results could not be written: No space left on device." in ran.stderr
    assert "2 accepted, 0 refused" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.returncode == 1
    assert sandbox.metric_runs == 4


def test_verbose_tells_of_waits() -> None:
    with Sandbox(calls=20, rate_limit=(1, 0.5), api_key="k") as limited:
        ran = run("retrieve", "--verbose", 123, 456, server=limited, CEKURA_API_KEY="k")
    assert ran.code == 0
    assert "retrieve: rate limited; waiting " in ran.err
