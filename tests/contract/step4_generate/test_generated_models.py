"""The generated models: what a reply may hold is read, and written back with nothing lost."""

from typing import Any

import attrs
import pytest
from cekura_api import models
from cekura_api.model import Model
from cekura_api.reading import DecodeError

from scripts.contract.operations import class_names, read_operations, required_fields
from scripts.tools.documents import Document, child
from tests.support.written_back import absent_as_null

OPERATIONS = read_operations()
RENAMED = {name: schema for schema, name in class_names(OPERATIONS).items()}
MODELS = [model for name in models.__all__ if issubclass(model := getattr(models, name), Model)]
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


def read_back(model: Any, data: dict[str, Any]) -> Any:
    """Read a model, which has to be written as it came."""
    read = model.from_dict(data)
    assert read.to_dict() == absent_as_null(data, read.to_dict())
    return read


def schema_of(model: type[Model]) -> str:
    return RENAMED.get(model.__name__, model.__name__)


def fields_of(model: Any, corrected: Document) -> dict[str, None]:
    """The fields that the contract describes; all of a model that has no schema of its own."""
    found = child(corrected, "components", "schemas", schema_of(model), "properties")
    return dict.fromkeys(found if isinstance(found, dict) else model(**least(model)).to_dict())


def least(model: Any) -> dict[str, Any]:
    """As little as a model can be made from."""
    required = [each for each in attrs.fields(model) if each.default is attrs.NOTHING]
    return {each.name: {"int": 1, "str": "text"}.get(str(each.type), []) for each in required}


@pytest.mark.parametrize("model", MODELS)
def test_every_field_but_the_required_may_be_missing_or_null(
    model: Any, corrected: Document
) -> None:
    nulls = fields_of(model, corrected) | least(model)
    assert model.from_dict(nulls).to_dict() == nulls
    assert read_back(model, least(model)).to_dict() == nulls
    assert model(**least(model)).to_dict() == nulls  # made by hand


@pytest.mark.parametrize("model", MODELS)
def test_the_required_fields_are_required(model: Any) -> None:
    assert {*least(model)} == required_fields(OPERATIONS).get(schema_of(model), set())
    for name in least(model):
        without = {key: value for key, value in least(model).items() if key != name}
        for wrong in (without, without | {name: None}):
            with pytest.raises(DecodeError, match=rf"^\.{name} is null or missing$"):
                model.from_dict(wrong)
        with pytest.raises(TypeError, match=name):
            model(**without)


@pytest.mark.parametrize("model", MODELS)
def test_unknown_fields_are_kept(model: Any) -> None:
    data = least(model) | {"new": {"deep": [None, 1]}, "class": "x"}
    read = read_back(model, data)
    assert (read["new"], "class" in read, "id" in read) == (data["new"], True, False)


@pytest.mark.parametrize(
    ("model", "field", "value", "kind"),
    [
        (models.CallLog, "status", "success", str),
        (models.CallLog, "status", "evaluating", str),
        (models.CallLogSummary, "status", "completed", str),
        (models.CallLog, "agent_id", 2142, int),
        (models.CallLog, "agent_id", "2142", str),
        (models.CallLog, "evaluation", {}, models.Evaluation),
        (models.CallLog, "evaluation", {"metrics": [METRIC]}, models.Evaluation),
        (models.CallLog, "transcript_object", [TURN, {"role": "x"}], list),
        (models.CallLog, "metadata", {"ringing_duration": 3.941}, dict),
        (models.CallLog, "dynamic_variables", {"order_id": "ORD"}, dict),
        (models.CallLog, "rubric", [{"metric_id": 100}], list),
        (models.CallLog, "rubric", "text", str),
        (models.CallLogSummary, "metrics", [METRIC], list),
        (models.CallLogSummary, "transcript_object", "text", str),
        (models.CallLogSummary, "transcript_object", [TURN], list),
        (models.CallLogSummary, "transcript_object", {"turns": []}, dict),
        (models.CallLogSummary, "evaluation", "text", str),
        (models.CallLogSummary, "evaluation", [METRIC], list),
        (models.CallLogSummary, "evaluation", {"metrics": [METRIC]}, models.Evaluation),
    ],
)
def test_each_shape_of_a_field_is_read(model: Any, field: str, value: object, kind: type) -> None:
    read = read_back(model, {"id": 1, "call_id": "call_abc", field: value})
    assert type(getattr(read, field)) is kind


@pytest.mark.parametrize("value", [["one", "two"], "one", None, []])
def test_an_explanation_is_a_list_or_text_or_null(value: object) -> None:
    data = METRIC | {"explanation": value}
    assert read_back(models.MetricResult, data).to_dict()["explanation"] == value


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("priority", "critical", str),
        ("priority", "urgent", str),
        ("deviation", 1.5, float),
        ("deviation", "Agent deviated from required script", str),
    ],
)
def test_a_critical_category_is_read(field: str, value: object, kind: type) -> None:
    data = {"category": "Script Adherence Issue", field: value}
    assert type(getattr(read_back(models.CriticalCategory, data), field)) is kind


@pytest.mark.parametrize("time", ["2024-03-15T10:15:45+00:00", "2024-03-15T10:15:45.123456+00:00"])
def test_times_keep_their_microseconds(time: str) -> None:
    data = {"id": 1, "call_id": "call_abc", "timestamp": time.replace("+00:00", "Z")}
    assert models.CallLog.from_dict(data).to_dict()["timestamp"] == time


def test_a_detailed_metric_result_holds_everything_that_a_summary_holds(
    corrected: Document,
) -> None:
    summary = fields_of(models.MetricResultSummary, corrected)
    detailed = fields_of(models.MetricResult, corrected)
    assert set(summary) < set(detailed)
    read = models.MetricResult.from_dict(models.MetricResultSummary.from_dict(METRIC).to_dict())
    assert read == models.MetricResult.from_dict(METRIC)
