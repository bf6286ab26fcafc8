"""The generated models: what a reply may hold is read, and written back with nothing lost."""

from typing import Any, Protocol, Self

import pytest
from cekura_api import models

from scripts.contract.operations import class_names, read_operations
from scripts.tools.documents import Document, child


class Model(Protocol):
    """What every generated model can do."""

    @classmethod
    def from_dict(cls, src_dict: dict[str, Any]) -> Self: ...

    def to_dict(self) -> dict[str, Any]: ...


RENAMED = class_names(read_operations())
TURN = {"role": "Function Call Result", "data": {"result": [1]}, "time": "0:19", "new": {"a": 1}}
METRIC = {
    "id": 35,
    "name": "Instruction Follow",
    "type": "binary_workflow_adherence",
    "eval_type": "binary",
    "passed": False,
    "score": 0,
    "score_normalized": 0.0,
    "explanation": ["Agent failed to follow the opening script"],
    "vocera_defined_metric_code": "5dedc41b",
    "function_name": "check_critical_deviations",
    "extra": {"trigger_failed": True, "categories": [{"category_id": 5}]},
    "new": [1],
}


def model_of(schema: str) -> type[Model]:
    name = RENAMED.get(schema, schema)
    found: type[Model] = getattr(models, name)
    return found


def properties(corrected: Document, schema: str) -> list[str]:
    found = child(corrected, "components", "schemas", schema, "properties")
    assert isinstance(found, dict)
    return list(found)


REPLIES: dict[str, dict[str, Any]] = {
    "CallLogDetail": {"call_id": "call_abc"},
    "CallLogList": {"call_id": "call_abc"},
    "Evaluation": {},
    "CallLogListSerializerMetrics": {"id": 1, "name": "m"},
    "CallLogListSerializerMetricsWithExplanation": {"id": 1, "name": "m"},
    "CallLogTranscriptObject": {"role": "Main Agent"},
    "CallLogCriticalCategories": {"category": "Script Adherence Issue"},
}


@pytest.mark.parametrize("schema", REPLIES)
def test_every_field_may_be_null(schema: str, corrected: Document) -> None:
    nulls: dict[str, Any] = dict.fromkeys(properties(corrected, schema))
    nulls |= {name: value for name, value in REPLIES[schema].items() if name in ("id", "call_id")}
    if "id" in nulls:
        nulls["id"] = 1
    assert model_of(schema).from_dict(nulls).to_dict() == nulls


@pytest.mark.parametrize("schema", REPLIES)
def test_every_optional_field_may_be_missing(schema: str) -> None:
    least: dict[str, Any] = dict(REPLIES[schema])
    assert model_of(schema).from_dict(least).to_dict() == least


@pytest.mark.parametrize("schema", REPLIES)
def test_unknown_fields_are_kept(schema: str) -> None:
    data: dict[str, Any] = dict(REPLIES[schema]) | {"new": {"deep": [None, 1]}, "class": "x"}
    assert model_of(schema).from_dict(data).to_dict() == data


@pytest.mark.parametrize(
    ("model", "field", "value", "kind"),
    [
        (models.CallLog, "status", "success", models.CallStatus),
        (models.CallLog, "status", "evaluating", str),
        (models.CallLogSummary, "status", "completed", str),
        (models.CallLog, "agent_id", 2142, int),
        (models.CallLog, "agent_id", "2142", str),
        (models.CallLog, "evaluation", {}, models.Evaluation),
        (models.CallLog, "evaluation", {"metrics": [METRIC]}, models.Evaluation),
        (models.CallLog, "transcript_object", [TURN, {"role": "x"}], list),
        (models.CallLog, "metadata", {"ringing_duration": 3.941}, models.CallMetadata),
        (models.CallLog, "dynamic_variables", {"order_id": "ORD"}, models.DynamicVariables),
        (models.CallLog, "rubric", [{"metric_id": 100}], list),
        (models.CallLog, "rubric", "text", str),
        (models.CallLogSummary, "metrics", [METRIC], list),
        (models.CallLogSummary, "transcript_object", "text", str),
        (models.CallLogSummary, "transcript_object", [TURN], list),
        (models.CallLogSummary, "transcript_object", {"turns": []}, models.TranscriptObject),
        (models.CallLogSummary, "evaluation", "text", str),
        (models.CallLogSummary, "evaluation", [METRIC], list),
        (models.CallLogSummary, "evaluation", {"metrics": [METRIC]}, models.Evaluation),
    ],
)
def test_each_shape_of_a_field_is_read(
    model: type[Model], field: str, value: object, kind: type
) -> None:
    data = {"call_id": "call_abc", field: value}
    read = model.from_dict(data)
    assert type(getattr(read, field)) is kind
    assert read.to_dict() == data


@pytest.mark.parametrize("value", [["one", "two"], "one", None, []])
def test_an_explanation_is_a_list_or_text_or_null(value: object) -> None:
    data = METRIC | {"explanation": value}
    assert models.MetricResult.from_dict(data).to_dict() == data


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("priority", "critical", models.CategoryPriority),
        ("priority", "urgent", str),
        ("deviation", 1.5, float),
        ("deviation", "Agent deviated from required script", str),
    ],
)
def test_a_critical_category_is_read(field: str, value: object, kind: type) -> None:
    data = {"category": "Script Adherence Issue", field: value}
    read = models.CriticalCategory.from_dict(data)
    assert type(getattr(read, field)) is kind
    assert read.to_dict() == data


@pytest.mark.parametrize("time", ["2024-03-15T10:15:45+00:00", "2024-03-15T10:15:45.123456+00:00"])
def test_times_keep_their_microseconds(time: str) -> None:
    data = {"call_id": "call_abc", "timestamp": time.replace("+00:00", "Z")}
    assert models.CallLog.from_dict(data).to_dict()["timestamp"] == time


def test_a_detailed_metric_result_holds_everything_that_a_summary_holds(
    corrected: Document,
) -> None:
    summary = properties(corrected, "CallLogListSerializerMetrics")
    detailed = properties(corrected, "CallLogListSerializerMetricsWithExplanation")
    assert set(summary) < set(detailed)
    read = models.MetricResult.from_dict(models.MetricResultSummary.from_dict(METRIC).to_dict())
    assert read == models.MetricResult.from_dict(METRIC)


def test_the_fields_of_a_refused_request_have_any_name() -> None:
    data = {"call_logs": ["Expected a list."], "non_field_errors": ["x"], "detail": "text"}
    errors = models.FieldErrors.from_dict(data)
    assert errors.additional_properties == data
    assert errors.to_dict() == data


def test_request_bodies_leave_out_what_is_not_set() -> None:
    assert models.RerunEvaluation(call_logs="all", assistant_id="asst_1").to_dict() == {
        "call_logs": "all",
        "assistant_id": "asst_1",
    }
    assert models.EvaluateMetrics(call_logs=[1], metrics=[2], agent_id=3).to_dict() == {
        "call_logs": [1],
        "metrics": [2],
        "agent_id": 3,
    }
