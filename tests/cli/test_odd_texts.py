"""Texts of the API that would steer a terminal, run in a spreadsheet, or break JSON or UTF-8."""

import csv
import io
import json
import os
from typing import Any

import pytest
from cekura_client.sandbox import Sandbox

from tests.support.command import KEY, Words, run_here
from tests.support.wire import WireServer, reply

STEERING = "a\x1b]0;title\x07b\x9b31mc\x7f"
HALF_AN_EMOJI = "wait \ud83d"


def call(**fields: Any) -> dict[str, Any]:
    return {"id": 7, "call_id": "c", "status": "success", **fields}


def serving(row: dict[str, Any]) -> WireServer:
    """Gives a call whenever one is read; its JSON is as Python writes it, NaN and all."""
    return WireServer(reply(200, json.dumps(row).encode()))


def listed(row: dict[str, Any]) -> WireServer:
    return serving({"count": 1, "next": None, "results": [row]})


def cells(out: str) -> dict[str, str]:
    (row,) = csv.DictReader(io.StringIO(out, newline=""))
    return row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("-12.50", "-12.50"),
        ("+1e3", "+1e3"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_no_cell_of_csv_is_a_formula(text: str, shown: str) -> None:
    with listed(call(topic=text)) as server:
        words = ("calls", "--agent-id", 1, "-o", "csv")
        assert cells(run_here(*words, server=server).out)["topic"] == shown
        assert cells(run_here(*words, "--raw", server=server).out)["topic"] == text


def test_numbers_stay_numbers_in_csv() -> None:
    results = [{"id": 789, "name": "=name", "score": -1.5}]
    with serving(call(evaluation={"metrics": results})) as server:
        row = cells(run_here("retrieve", 7, "-o", "csv", server=server).out)
        raw = cells(run_here("retrieve", 7, "-o", "csv", "--raw", server=server).out)
    assert (row["score"], row["metric_name"]) == ("-1.5", "'=name")
    assert (raw["score"], raw["metric_name"]) == ("-1.5", "=name")


@pytest.mark.parametrize("command", ["evaluate", "rerun"])
def test_a_refusals_words_are_no_formula_either(command: str) -> None:
    with WireServer(reply(200, b'[{"id": 7, "call_id": "c", "status": "=1"}]')) as server:
        metrics: Words = ("--metrics", 2) if command == "evaluate" else ()
        words: Words = (command, "--agent-id", 1, 7, *metrics)
        assert cells(run_here(*words, "-o", "csv", server=server).out)["status"] == "'=1"
        assert cells(run_here(*words, "-o", "csv", "--raw", server=server).out)["status"] == "=1"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are of POSIX")
@pytest.mark.parametrize("output", ["json", "jsonl", "csv", "ids"])
def test_no_text_steers_a_terminal(output: str) -> None:
    from tests.support.terminal import terminal  # noqa: PLC0415  (of POSIX alone)

    words = ("calls", "--agent-id", 1, "-o", output)
    with (
        listed(call(topic=STEERING)) as server,
        terminal(*words, server=server) as (process, screen),
    ):
        screen.run_to_the_end()
        assert process.wait() == 0
    text = screen.written.decode()
    assert not [letter for letter in text if letter < " " and letter not in "\r\n"]
    assert not [letter for letter in text if "\x7f" <= letter <= "\x9f"]


def test_a_file_gets_texts_as_they_are() -> None:
    with listed(call(topic=STEERING)) as server:
        (record,) = run_here("calls", "--agent-id", 1, server=server).records
        row = cells(run_here("calls", "--agent-id", 1, "-o", "csv", server=server).out)
    assert (record["topic"], row["topic"]) == (STEERING, STEERING)


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_json_holds_no_nan(output: str) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    numbers = {"latency": [float("nan"), {"worst": float("inf")}], "kept": 1.5}
    with serving(call(metadata=numbers)) as server:
        out = run_here("retrieve", 7, "--whole", "-o", output, server=server).out
    found = json.loads(out, parse_constant=refuse)
    record = found[0] if output == "json" else found
    assert record["metadata"] == {"latency": [None, {"worst": None}], "kept": 1.5}


def test_half_an_emoji_is_kept_by_json_and_ends_nothing() -> None:
    with serving(call(topic=HALF_AN_EMOJI)) as server:
        (whole,) = json.loads(run_here("retrieve", 7, "--whole", server=server).out)
    assert whole["topic"] == HALF_AN_EMOJI
    with listed(call(topic=HALF_AN_EMOJI)) as server:
        for output in ("csv", "table"):
            assert run_here("calls", "--agent-id", 1, "-o", output, server=server).code == 0


def test_line_ends_of_unicode_do_not_cut_a_line_of_json() -> None:
    with listed(call(topic="one\u2028two\x85three")) as server:
        (record,) = run_here("calls", "--agent-id", 1, server=server).records
    assert record["topic"] == "one\u2028two\x85three"


def test_the_balance_takes_the_option_too() -> None:
    with Sandbox(api_key=KEY) as sandbox:
        assert run_here("balance", "-o", "csv", "--raw", server=sandbox).code == 0
