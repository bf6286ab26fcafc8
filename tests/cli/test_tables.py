"""Tables at any width, by what they print."""

import io

import pytest
from cekura_client import METRIC_ROW_FIELDS
from cekura_client.cli.output.tables import TableWriter
from rich.console import Console

LONG = "The agent greeted the caller and then did not say what the call would cost, as it must."


def printed(*records: dict[str, object], columns: int = 80, explanations: bool = False) -> str:
    written = io.StringIO()
    writer = TableWriter(Console(file=written, width=columns), explanations=explanations)
    for record in records:
        writer.write(record)
    writer.end()
    text = written.getvalue()
    assert all(len(line) <= columns for line in text.splitlines()), text
    return "\n".join(line.rstrip() for line in text.splitlines())


def record(call: int, metric: int | None, **changes: object) -> dict[str, object]:
    name = None if metric is None else f"Metric {metric}"
    nothing: dict[str, None] = dict.fromkeys(METRIC_ROW_FIELDS)
    fields = {"call_log_id": call, "outcome": "evaluated", "status": "success"}
    return {**nothing, **fields, "metric_id": metric, "metric_name": name, **changes}


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ({"passed": True, "score": 5.0}, "pass"),
        ({"passed": False, "score": 0.0}, "FAIL"),
        ({"score": 7.5}, "7.5"),
        ({"score": 7.0, "value": "7"}, "7"),
        ({"enum": "resolved", "value": "1"}, "resolved"),
        ({"value": "a\x1b[2Jb\nc"}, "a [2Jb c"),
        ({}, "n/a"),
    ],
)
def test_a_result_in_few_letters(found: dict[str, object], shown: str) -> None:
    (line,) = [line for line in printed(record(1, 7, **found)).splitlines() if "success" in line]
    assert line.split(maxsplit=2) == ["1", "success", shown]


def test_one_line_a_call_in_order_with_totals() -> None:
    verdicts = {(2, 7): True, (2, 8): None, (1, 8): False, (1, 7): False, (3, 7): True}
    table = printed(*(record(*at, passed=passed) for at, passed in verdicts.items()))
    assert table == (
        "                 Metric   Metric\n"
        "call   status    7        8\n"
        "────────────────────────────────\n"
        "   1   success   FAIL     FAIL\n"
        "   2   success   pass     n/a\n"
        "   3   success   pass\n"
        "────────────────────────────────\n"
        "       passed    2/3      0/1"
    )


@pytest.mark.parametrize("columns", [80, 60, 40, 30, 24])
@pytest.mark.parametrize("explanations", [False, True])
def test_many_metrics_fit_any_terminal(columns: int, *, explanations: bool) -> None:
    records = [
        record(123_456, metric, passed=bool(metric % 2), explanation=LONG)
        for metric in range(1, 16)
    ]
    text = printed(*records, columns=columns, explanations=explanations)
    words = text.split()
    assert (words.count("pass"), words.count("FAIL")) == (8, 7)
    assert words.count("123456") == 1
    assert words.count("greeted") == (15 if explanations else 7)


def test_why_results_failed_stands_below_the_table() -> None:
    table = printed(
        record(2, 7, passed=False, explanation="Too slow.\nTwice."),
        record(1, 7, passed=True, explanation="Quick."),
        record(2, 8, passed=False, explanation=None),
        record(1, 8, passed=False, explanation="Rude."),
    )
    assert table.partition("passed")[2].splitlines()[1:] == [
        "",
        "1 FAIL",
        "Metric 8  Rude.",
        "",
        "2 FAIL",
        "Metric 7  Too slow. Twice.",
    ]


def test_a_long_table_is_one_table() -> None:
    records = [record(call, 7, passed=call % 3 > 0) for call in range(1, 1001)]
    lines = printed(*records).splitlines()
    assert len(lines) == 1000 + 4
    assert [line for line in lines if "status" in line] == [lines[0]]
    assert lines[-1].split() == ["passed", "667/1000"]


def test_calls_without_results_and_other_records() -> None:
    assert printed({"call_log_id": 1, "outcome": "refused", "reason": "no"}) == ""
    assert printed(record(5, None, outcome="read"), explanations=True).split()[-2:] == [
        "no",
        "results",
    ]
    accepted: list[dict[str, object]] = [
        {"call_log_id": call, "outcome": "accepted", "status": status}
        for call, status in enumerate(["evaluating", "pending", "evaluating", None])
    ]
    assert printed(*accepted).split() == [
        "status", "calls", "─" * 18, "evaluating", "2", "pending", "1", "accepted", "1",
    ]  # fmt: skip
