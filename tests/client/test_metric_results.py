"""`metric_results` and `verdict`: reading results without checks for absent, null and empty."""

from typing import Any

import pytest
from cekura_client import UNSET, CallLog, CallLogSummary, MetricResult, metric_results, verdict

METRIC = {"id": 1, "name": "Tone", "score": 5}


@pytest.mark.parametrize(
    "found",
    [
        CallLog.from_dict({"call_id": "a", "evaluation": {"metrics": [METRIC]}}),
        CallLogSummary.from_dict({"call_id": "a", "metrics": [METRIC]}),
        CallLogSummary.from_dict({"call_id": "a", "evaluation": {"metrics": [METRIC]}}),
    ],
)
def test_a_call_and_a_summary_read_alike(found: CallLog | CallLogSummary) -> None:
    (result,) = metric_results(found)
    assert isinstance(result, MetricResult)
    assert result.to_dict() == METRIC


@pytest.mark.parametrize(
    "found",
    [
        CallLog.from_dict({"call_id": "a"}),
        CallLog.from_dict({"call_id": "a", "evaluation": None}),
        CallLog.from_dict({"call_id": "a", "evaluation": {}}),
        CallLog.from_dict({"call_id": "a", "evaluation": {"metrics": None}}),
        CallLog.from_dict({"call_id": "a", "evaluation": {"metrics": []}}),
        CallLogSummary.from_dict({"call_id": "a"}),
        CallLogSummary.from_dict({"call_id": "a", "metrics": None}),
        CallLogSummary.from_dict({"call_id": "a", "metrics": [], "evaluation": "text"}),
    ],
)
def test_nothing_is_an_empty_list(found: CallLog | CallLogSummary) -> None:
    assert metric_results(found) == []


def test_a_summarys_unknown_fields_are_kept() -> None:
    metric = METRIC | {"explanation": ["kind"], "new": 1}
    (result,) = metric_results(CallLogSummary.from_dict({"call_id": "a", "metrics": [metric]}))
    assert result.explanation == ["kind"]
    assert result["new"] == 1


def test_a_summarys_unknown_fields_of_other_types_are_kept_as_unknown() -> None:
    metric = METRIC | {"explanation": 5, "extra": [1]}
    (result,) = metric_results(CallLogSummary.from_dict({"call_id": "a", "metrics": [metric]}))
    assert result.extra is UNSET
    assert result.explanation is UNSET
    assert result.to_dict() == metric


@pytest.mark.parametrize(
    ("fields", "passed"),
    [
        ({"passed": True, "score": 0}, True),
        ({"passed": False, "score": 5}, False),
        ({"passed": None, "score_normalized": 1}, True),
        ({"score_normalized": 0, "score": 5}, False),
        ({"score_normalized": 0.5}, None),
        ({"score_normalized": None, "score": 5}, True),
        ({"score": 0}, False),
        ({"score": 3}, None),
        ({"score": None}, None),
        ({"enum": "happy", "value": "happy"}, None),
        ({}, None),
    ],
)
def test_verdict(fields: dict[str, Any], passed: bool | None) -> None:  # noqa: FBT001  (a table)
    assert verdict(MetricResult.from_dict({"id": 1, "name": "a"} | fields)) is passed
