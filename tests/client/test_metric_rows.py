"""`to_rows`: the same keys in every row, plain values, and nothing that vanishes."""

import csv
import io
import math
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from cekura_client import METRIC_ROW_FIELDS, CallLog, CallLogSummary, MetricRow, to_rows

CALL: dict[str, Any] = {
    "id": 123,
    "call_id": "call_a",
    "agent": 224,
    "agent_name": "Support",
    "status": "reviewed_failure",
    "success": False,
    "is_reviewed": True,
    "timestamp": "2025-03-03T09:12:05Z",
    "duration": "01:10",
    "call_ended_reason": "customer-ended-call",
    "dropoff_point": "greeting",
    "topic": "billing",
    "created_at": "2025-03-03T11:12:05.5+02:00",
    "updated_at": "2025-03-03T09:12:05.000001",
    "error_message": "The line was cut.",
    "feedback": "Great call",
}
METRIC: dict[str, Any] = {
    "id": 789,
    "name": "Tone",
    "type": "binary_qualitative",
    "eval_type": "binary",
    "score": 5,
    "score_normalized": 1,
    "explanation": ["It was kind.", "Judged on the transcript."],
}
KNOWN_OF_CALL = {
    "call_log_id": 123,
    "call_id": "call_a",
    "agent_id": 224,
    "agent_name": "Support",
    "status": "reviewed_failure",
    "success": False,
    "is_reviewed": True,
    "started_at": "2025-03-03T09:12:05.000000Z",
    "duration": "01:10",
    "call_ended_reason": "customer-ended-call",
    "dropoff_point": "greeting",
    "topic": "billing",
    "created_at": "2025-03-03T09:12:05.500000Z",
    "updated_at": "2025-03-03T09:12:05.000001Z",
    "error_message": "The line was cut.",
    "feedback": "Great call",
}
KNOWN_OF_METRIC = {
    "metric_id": 789,
    "metric_name": "Tone",
    "metric_type": "binary_qualitative",
    "eval_type": "binary",
    "passed": True,
    "score": 5.0,
    "score_normalized": 1.0,
    "explanation": "It was kind.\nJudged on the transcript.",
}


def detail(*metrics: dict[str, Any], **fields: Any) -> CallLog:
    return CallLog.from_dict(CALL | {"evaluation": {"metrics": [*metrics]}} | fields)


def with_none(known: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(METRIC_ROW_FIELDS) | known


def test_a_row_for_each_call_and_metric() -> None:
    enum = {"id": 792, "name": "Outcome", "type": "enum", "enum": "resolved", "value": "resolved"}
    first, second = to_rows(iter([detail(METRIC, enum)]))
    assert first == with_none(KNOWN_OF_CALL | KNOWN_OF_METRIC)
    assert second == with_none(
        KNOWN_OF_CALL
        | {"metric_id": 792, "metric_name": "Outcome", "metric_type": "enum"}
        | {"enum": "resolved", "value": "resolved"}
    )


def test_a_summary_has_the_same_rows() -> None:
    summary = CallLogSummary.from_dict(CALL | {"metrics": [METRIC]})
    assert to_rows([summary]) == to_rows([detail(METRIC)])
    without = {name: value for name, value in METRIC.items() if name != "explanation"}
    (row,) = to_rows([CallLogSummary.from_dict(CALL | {"metrics": [without]})])
    assert row == with_none(KNOWN_OF_CALL | KNOWN_OF_METRIC | {"explanation": None})


@pytest.mark.parametrize(
    ("categories", "text"),
    [
        (None, None),
        ([], ""),
        (
            [
                {"category": "Script Adherence Issue", "deviation": "Left the script"},
                {"category": "Tone", "deviation": 0.5, "priority": "critical"},
                {"category": "Length"},
                {"deviation": "Odd"},
            ],
            "Script Adherence Issue: Left the script\nTone: 0.5\nLength\nOdd",
        ),
    ],
)
def test_what_went_wrong_is_one_text(categories: object, text: str | None) -> None:
    (row,) = to_rows([detail(critical_categories=categories)])
    assert row["critical_categories"] == text


def test_a_row_without_a_score_tells_why() -> None:
    sampled = {"id": 1, "score": None, "explanation": ["Sampling skipped."]}
    rows = to_rows([detail(METRIC, sampled, {"id": 2, "eval_type": "binary"}), detail()])
    assert [row["reason"] for row in rows] == [None, "sampled out", "not applicable", None]
    assert METRIC_ROW_FIELDS[-4:] == (
        "critical_categories", "error_message", "feedback", "reason",
    )  # fmt: skip


@pytest.mark.parametrize("evaluation", [None, {}, {"metrics": None}, {"metrics": []}])
def test_a_call_without_results_has_one_row(evaluation: object) -> None:
    assert to_rows([detail(evaluation=evaluation)]) == [with_none(KNOWN_OF_CALL)]


def test_what_is_absent_or_null_is_none() -> None:
    bare = CallLog.from_dict({"id": 1, "call_id": "a"})
    null = CallLog.from_dict(dict.fromkeys(CALL) | {"id": 5, "call_id": "a", "evaluation": None})
    assert to_rows([bare]) == [with_none({"call_id": "a", "call_log_id": 1})]
    assert to_rows([null]) == [with_none({"call_id": "a", "call_log_id": 5})]
    assert to_rows([]) == []


@pytest.mark.parametrize(
    ("fields", "agent_id"),
    [
        ({"agent": 224, "agent_id": "9"}, 224),
        ({"agent": None, "agent_id": 225}, 225),
        ({"agent": None, "agent_id": "226"}, 226),
        ({"agent": None, "agent_id": "asst_abc"}, None),
        ({"agent": None, "agent_id": None}, None),
    ],
)
def test_the_agent_is_a_number(fields: dict[str, Any], agent_id: int | None) -> None:
    assert to_rows([detail(**fields)])[0]["agent_id"] == agent_id


@pytest.mark.parametrize(
    ("explanation", "text"),
    [
        (["one", "two"], "one\ntwo"),
        ("as one text", "as one text"),
        ([], ""),
        (None, None),
        (["half a pair: \ud83d."], "half a pair: ?."),
    ],
)
def test_an_explanation_is_one_text(explanation: object, text: str | None) -> None:
    (row,) = to_rows([detail(METRIC | {"explanation": explanation})])
    assert row["explanation"] == text


def test_a_score_beyond_any_float_is_infinite() -> None:
    (row,) = to_rows([detail(METRIC | {"score": -(10**400), "score_normalized": 10**400})])
    assert (row["score"], row["score_normalized"]) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00.000000+02:00"),
        ("9999-12-31T23:59:59-02:00", "9999-12-31T23:59:59.000000-02:00"),
    ],
)
def test_the_first_and_the_last_moments_there_are(moment: str, text: str) -> None:
    assert to_rows([detail(timestamp=moment)])[0]["started_at"] == text


def test_the_keys_are_the_same_in_the_same_order() -> None:
    rows = to_rows([detail(METRIC), CallLog.from_dict({"id": 1, "call_id": "a"})])
    for row in rows:
        assert tuple(row) == METRIC_ROW_FIELDS
    hints = get_type_hints(MetricRow)
    assert tuple(hints) == METRIC_ROW_FIELDS
    for name, kind in hints.items():
        for row in rows:
            # Not `isinstance`: a number must not be a boolean, nor a text one of an enumeration.
            assert type(dict(row)[name]) in (get_args(kind) or (kind,)), name


def test_a_csv_file_holds_them_whole(tmp_path: Path) -> None:
    awkward = ['"Quoted", he said;', "then\r\na line\rand\nmore", " blanks ", "=1+1", "naïve ☎"]
    rows = to_rows([detail(METRIC | {"explanation": awkward}, METRIC), detail()])
    file = tmp_path / "rows.csv"
    with file.open("w", newline="", encoding="utf-8") as written:
        writer = csv.DictWriter(written, fieldnames=METRIC_ROW_FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    with file.open(newline="", encoding="utf-8") as read:
        again = list(csv.DictReader(read))
    assert again == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]
    assert again[0]["explanation"] == "\n".join(awkward)


def test_without_calls_there_is_still_a_head() -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=METRIC_ROW_FIELDS)
    writer.writeheader()
    writer.writerows(to_rows([]))
    assert text.getvalue().startswith("call_log_id,call_id,agent_id,")
