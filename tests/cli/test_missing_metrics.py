"""`--wait` where metrics have no score, or give no result at all."""

import csv
import io
import json
from typing import Any

import pytest
from cekura_client import METRIC_ROW_FIELDS
from cekura_client.sandbox import Sandbox

from tests.support.command import KEY, Words, run_here
from tests.support.wire import Answer, Received, Script, WireServer, reply

EVALUATE: Words = ("evaluate", "--agent-id", 1, "--metrics", "789,790", "--wait", 7)


@pytest.fixture(autouse=True)
def polls_begin_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cekura_client.call_logs.waiting.evaluation_wait._FIRST_INTERVAL", 0.02)


def answer(request: Received) -> Script:
    """Evaluate one of two metrics, and even that without a score."""
    call: dict[str, Any] = {"id": 7, "call_id": "a", "feedback": "Great call"}
    if request.method == "POST":
        return reply(200, json.dumps([call | {"status": "evaluating"}]).encode())
    skipped = {"id": 789, "name": "Tone", "score": None, "explanation": ["Sampling skipped."]}
    shown = call | {"status": "success", "evaluation": {"metrics": [skipped]}}
    return reply(200, json.dumps(shown).encode())


def test_a_call_at_rest_is_done_and_tells_why_each_metric_has_no_score() -> None:
    with WireServer(Answer(answer)) as server:
        ran = run_here(*EVALUATE, "--missing-after", "0.1", server=server)
    assert ran.code == 0
    assert "1 accepted, 1 evaluated" in ran.err
    told = [(r["outcome"], r["metric_id"], r["metric_name"], r["reason"]) for r in ran.records]
    assert told == [
        ("evaluated", 789, "Tone", "sampled out"),
        ("evaluated", 790, None, "no result"),
    ]
    assert [record["feedback"] for record in ran.records] == ["Great call", None]


def test_a_metric_that_was_asked_for_by_name_is_told_by_it() -> None:
    with Sandbox(
        evaluation_seconds=0,
        api_key=KEY,
        agents=[{"id": 1, "agent_name": "Front desk"}],
        metrics=[{"id": 790, "name": "Booked", "outcome": "never"}],
        call_logs=[{"id": 7}],
    ) as sandbox:
        words = ("evaluate", 7, "--agent-id", 1, "--metric", "Booked", "--wait")
        ran = run_here(*words, "--missing-after", 0, server=sandbox)
    told = [(r["metric_id"], r["metric_name"], r["reason"]) for r in ran.records]
    assert told == [(790, "Booked", "no result")]


def test_the_columns_keep_their_order() -> None:
    with WireServer(Answer(answer)) as server:
        ran = run_here(*EVALUATE, "--missing-after", 0, "--output", "csv", server=server)
    head, *lines = csv.reader(io.StringIO(ran.out))
    assert head[:4] == ["call_log_id", "outcome", "reason", "call_id"]
    assert head[-3:] == [*METRIC_ROW_FIELDS[-4:-1]]
    assert sorted(head) == sorted({*METRIC_ROW_FIELDS, "outcome"})
    assert [line[:3] for line in lines] == [
        ["7", "evaluated", "sampled out"], ["7", "evaluated", "no result"],
    ]  # fmt: skip


def test_a_table_names_a_metric_without_a_result() -> None:
    with WireServer(Answer(answer)) as server:
        ran = run_here(*EVALUATE, "--missing-after", 0, "--output", "table", server=server)
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[:2] == [["metric"], ["call", "status", "Tone", "790"]]
    assert ["7", "success", "n/a", "n/a"] in lines


def test_what_is_still_waited_for_in_the_end_is_told() -> None:
    with WireServer(Answer(answer)) as server:
        ran = run_here(*EVALUATE, "--timeout", "0.2", "--missing-after", 60, server=server)
    assert ran.code == 1
    (record,) = ran.records
    assert record["outcome"] == "pending"
    assert record["reason"] == "not evaluated within 0.2 s; no result of metrics 790"


def test_calls_that_are_read_are_waited_for_by_their_ids() -> None:
    with WireServer(Answer(answer)) as server:
        ran = run_here("retrieve", "--wait", 7, "--missing-after", 3600, server=server)
    assert ran.code == 0
    assert [(r["metric_id"], r["reason"]) for r in ran.records] == [(789, "sampled out")]


@pytest.mark.parametrize("wrong", [-1, "nan", 1e9, "soon"])
def test_what_are_no_seconds_is_bad_usage(wrong: str | int) -> None:
    with WireServer(Answer(answer)) as server:
        ran = run_here(*EVALUATE, "--missing-after", wrong, server=server)
    assert (ran.code, server.received) == (2, [])
    assert "--missing-after" in ran.err
