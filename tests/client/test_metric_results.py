"""`metric_results` and `passed`: reading results without checks for absent, null and empty."""

from typing import Any

import pytest
from cekura_client import (
    CallLog,
    CallLogSummary,
    MetricResult,
    metric_results,
    passed,
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
