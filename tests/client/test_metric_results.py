"""`metric_results` and `passed`: reading results without checks for absent, null and empty."""

from typing import Any

import pytest
from cekura_client import (
    CallLog,
    CallLogSummary,
    InvalidRequestError,
    MetricResult,
    explanation_text,
    is_evaluating,
    metric_results,
    missing_metrics,
    passed,
    results_by_id,
    to_rows,
)
from cekura_client.results import result_ids

from tests.support.written_back import absent_as_null

METRIC = {"id": 1, "name": "Tone", "score": 5}


@pytest.mark.parametrize(
    "found",
    [
        CallLog.from_dict({"id": 1, "call_id": "a", "evaluation": {"metrics": [METRIC]}}),
        CallLogSummary.from_dict({"id": 1, "call_id": "a", "metrics": [METRIC]}),
        CallLogSummary.from_dict({"id": 1, "call_id": "a", "evaluation": {"metrics": [METRIC]}}),
    ],
)
def test_a_call_and_a_summary_read_alike(found: CallLog | CallLogSummary) -> None:
    (result,) = metric_results(found)
    assert isinstance(result, MetricResult)
    assert result.to_dict() == absent_as_null(METRIC, result.to_dict())


@pytest.mark.parametrize(
    "found",
    [
        CallLog.from_dict({"id": 1, "call_id": "a"}),
        CallLog.from_dict({"id": 1, "call_id": "a", "evaluation": None}),
        CallLog.from_dict({"id": 1, "call_id": "a", "evaluation": {}}),
        CallLog.from_dict({"id": 1, "call_id": "a", "evaluation": {"metrics": None}}),
        CallLog.from_dict({"id": 1, "call_id": "a", "evaluation": {"metrics": []}}),
        CallLogSummary.from_dict({"id": 1, "call_id": "a"}),
        CallLogSummary.from_dict({"id": 1, "call_id": "a", "metrics": None}),
        CallLogSummary.from_dict({"id": 1, "call_id": "a", "metrics": [], "evaluation": "text"}),
    ],
)
def test_nothing_is_an_empty_list(found: CallLog | CallLogSummary) -> None:
    assert metric_results(found) == []


MERGED: list[tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]] = [
    (
        [METRIC],
        [METRIC | {"explanation": ["kind"], "extra": {"a": 1}}],
        [METRIC | {"explanation": ["kind"], "extra": {"a": 1}}],
    ),
    # What the bare one says stands; what it leaves open is filled in.
    (
        [METRIC | {"score": 4, "value": None, "explanation": []}],
        [METRIC | {"value": "good", "explanation": ["kind"], "new": 1}],
        [METRIC | {"score": 4, "value": "good", "explanation": ["kind"], "new": 1}],
    ),
    ([METRIC | {"score": 0}], [METRIC], [METRIC | {"score": 0}]),
    ([METRIC | {"explanation": ["own"]}], [METRIC], [METRIC | {"explanation": ["own"]}]),
    # Fields of other types are kept as unknown, unless the other has them.
    (
        [METRIC | {"explanation": 5}],
        [METRIC | {"explanation": ["kind"]}],
        [METRIC | {"explanation": ["kind"]}],
    ),
    ([METRIC | {"explanation": 5, "odd": 1}], [METRIC], [METRIC | {"explanation": 5, "odd": 1}]),
    # Each metric is there once, in the order of the bare list.
    (
        [METRIC | {"id": 2}, METRIC],
        [METRIC | {"id": 3}, METRIC | {"explanation": ["kind"]}],
        [METRIC | {"id": 2}, METRIC | {"explanation": ["kind"]}, METRIC | {"id": 3}],
    ),
]


@pytest.mark.parametrize(("bare", "whole", "merged"), MERGED)
def test_bare_results_and_those_in_the_evaluation_are_one_by_id(
    bare: list[dict[str, Any]], whole: list[dict[str, Any]], merged: list[dict[str, Any]]
) -> None:
    row = CallLogSummary.from_dict(
        {"id": 1, "call_id": "a", "metrics": bare, "evaluation": {"metrics": whole}}
    )
    results = metric_results(row)
    assert all(isinstance(result, MetricResult) for result in results)
    written = [result.to_dict() for result in results]
    assert written == absent_as_null(merged, written)
    assert result_ids(row) == {result["id"] for result in merged}
    explanations = [shown["explanation"] for shown in to_rows([row])]
    assert explanations == [
        "\n".join(found["explanation"]) if isinstance(found.get("explanation"), list) else None
        for found in merged
    ]


def test_a_summarys_unknown_fields_are_kept() -> None:
    metric = METRIC | {"explanation": ["kind"], "new": 1}
    call = CallLogSummary.from_dict({"id": 1, "call_id": "a", "metrics": [metric]})
    (result,) = metric_results(call)
    assert result.explanation == ["kind"]
    assert result["new"] == 1


def test_a_summarys_unknown_fields_of_other_types_are_kept_as_unknown() -> None:
    metric = METRIC | {"explanation": 5, "extra": [1]}
    call = CallLogSummary.from_dict({"id": 1, "call_id": "a", "metrics": [metric]})
    (result,) = metric_results(call)
    assert result.extra is None
    assert result.explanation is None
    assert result.to_dict() == absent_as_null(metric, result.to_dict())


BINARY = {"eval_type": "binary"}


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        # The API's own verdict, of whatever kind the metric is.
        ({"passed": True, "score": 0}, True),
        ({"passed": False, "score": 5} | BINARY, False),
        ({"passed": True, "eval_type": "numeric"}, True),
        # Of a binary metric, the scores.
        ({"passed": None, "score_normalized": 1} | BINARY, True),
        ({"score_normalized": 0, "score": 5} | BINARY, False),
        ({"score_normalized": 1.0, "type": "binary_workflow_adherence"}, True),
        ({"score_normalized": 1, "type": "Binary", "eval_type": None}, True),
        ({"score_normalized": 0.5, "score": 5} | BINARY, None),
        ({"score_normalized": None, "score": 5} | BINARY, True),
        ({"score": 0, "type": "binary_qualitative"}, False),
        ({"score": 0, "type": "binary_qualitative", "eval_type": "numeric"}, False),
        ({"score": 3} | BINARY, None),
        ({"score": 1} | BINARY, None),
        # It did not apply.
        ({"score": None, "score_normalized": None} | BINARY, None),
        ({"score": 0, "score_normalized": 0, "extra": {"trigger_failed": True}} | BINARY, None),
        ({"score": 0, "extra": {"trigger_failed": False}} | BINARY, False),
        ({"score": 0, "extra": None} | BINARY, False),
        # Another kind has no pass and fail.
        ({"score": 5}, None),
        ({"score_normalized": 1, "eval_type": "numeric", "type": "numeric"}, None),
        ({"score": 0, "type": "non_binary"}, None),
        ({"enum": "happy", "value": "happy", "eval_type": "enum"}, None),
        ({}, None),
    ],
)
def test_passed(fields: dict[str, Any], verdict: bool | None) -> None:  # noqa: FBT001  (a table)
    assert passed(MetricResult.from_dict({"id": 1, "name": "a"} | fields)) is verdict


SCORED = None
NOT_FIRED, SAMPLED, NOT_APPLICABLE = "trigger did not fire", "sampled out", "not applicable"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"passed": False} | BINARY, SCORED),
        ({"passed": True, "extra": {"trigger_failed": True}} | BINARY, SCORED),
        ({"score": 0} | BINARY, SCORED),
        ({"score_normalized": 0} | BINARY, SCORED),
        ({"score": 3.5, "eval_type": "numeric"}, SCORED),
        ({"score": None, "enum": "resolved", "eval_type": "enum"}, SCORED),
        ({"score": None, "value": "resolved"}, SCORED),
        ({"score": 0, "explanation": ["Sampling skipped the greeting."]} | BINARY, SCORED),
        ({"score": 0, "extra": {"trigger_failed": True}} | BINARY, NOT_FIRED),
        ({"score": None, "extra": {"trigger_failed": True}, "enum": "no"}, NOT_FIRED),
        ({"score": None, "explanation": ["Judged.", "Sampling skipped"]} | BINARY, SAMPLED),
        ({"explanation": "SAMPLING SKIPPED (rate 0.1)"}, SAMPLED),
        ({"score": None, "explanation": ["Resampling skipped"]} | BINARY, NOT_APPLICABLE),
        ({"score": None, "value": "N/A", "explanation": None} | BINARY, NOT_APPLICABLE),
        (
            {"score": None, "value": "", "enum": "", "extra": {"trigger_failed": "no"}},
            NOT_APPLICABLE,
        ),
        ({}, NOT_APPLICABLE),
    ],
)
def test_a_metric_without_a_score_is_missing_and_tells_why(
    fields: dict[str, Any], why: str | None
) -> None:
    call = CallLog.from_dict(
        {
            "id": 1,
            "call_id": "a",
            "evaluation": {"metrics": [METRIC | {"id": 7}, {"id": 5} | fields]},
        }
    )
    expected = {8: None} if why is SCORED else {8: None, 5: why}
    missing = missing_metrics(call, iter([8, 5, 7]))
    assert missing == expected
    assert [*missing] == [*expected]
    reasons = {row["metric_id"]: row["reason"] for row in to_rows([call])}
    assert reasons == {7: None, 5: why}


@pytest.mark.parametrize("wrong", [[], [0], [""], [" "], 5, "5", None, [True]])
def test_what_are_no_metrics_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidRequestError, match="metrics"):
        missing_metrics(CallLog.from_dict({"id": 1, "call_id": "a"}), wrong)


def test_metrics_are_missed_by_name() -> None:
    results = [
        {"id": 1, "name": "Polite", "score": 5},
        {"id": 2, "name": "Empathy", "score": None},
        {"id": 3, "name": "Twice", "score": 5},
        {"id": 4, "name": "Twice", "score": 5},
    ]
    call = CallLog.from_dict({"id": 1, "call_id": "a", "evaluation": {"metrics": results}})
    asked: list[int | str] = ["Empathy", "polite", 1, "Polite", 2, 9]
    assert missing_metrics(call, asked) == {
        "Empathy": NOT_APPLICABLE,
        "polite": None,
        2: NOT_APPLICABLE,
        9: None,
    }
    assert missing_metrics(call, [3, 4]) == {}
    with pytest.raises(InvalidRequestError, match="'Twice', the name of several"):
        missing_metrics(call, ["Twice"])


def test_a_row_of_a_list_tells_what_its_explanations_tell() -> None:
    bare = [{"id": 1, "score": None, "eval_type": "binary"}, {"id": 2, "score": 5}]
    whole = [{"id": 1, "explanation": ["Sampling skipped"]}]
    row: dict[str, Any] = {"id": 1, "call_id": "a", "metrics": bare}
    assert missing_metrics(CallLogSummary.from_dict(row), [1, 2]) == {1: NOT_APPLICABLE}
    row["evaluation"] = {"metrics": whole}
    assert missing_metrics(CallLogSummary.from_dict(row), [1, 2]) == {1: SAMPLED}


def test_results_are_found_by_the_metric() -> None:
    metrics = [METRIC, METRIC | {"id": 2}]
    call = CallLogSummary.from_dict({"id": 1, "call_id": "a", "metrics": metrics})
    assert [*results_by_id(call).items()] == [
        (result.id, result) for result in metric_results(call)
    ]
    assert results_by_id(CallLog.from_dict({"id": 1, "call_id": "a"})) == {}


@pytest.mark.parametrize(
    ("explanation", "text"),
    [(["one", "two"], "one\ntwo"), ("as one text", "as one text"), ([], ""), (None, "")],
)
def test_explanations_are_one_text(explanation: Any, text: str) -> None:
    assert explanation_text(MetricResult(id=1, explanation=explanation)) == text


@pytest.mark.parametrize(
    ("status", "evaluating"),
    [
        ("evaluating", True),
        (" Pending", True),
        ("success", False),
        ("queued", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("model", [CallLog, CallLogSummary])
def test_whether_a_call_is_being_evaluated(
    model: type[CallLog] | type[CallLogSummary],
    status: str | None,
    evaluating: bool,  # noqa: FBT001  (a table)
) -> None:
    assert is_evaluating(model.from_dict({"id": 1, "call_id": "a", "status": status})) is evaluating
