"""Replies: read into typed models, written back with nothing lost, or refused with the body."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cekura_api.reading import DecodeError, one, rows
from cekura_client import (
    CallLog,
    CallLogSummary,
    CallStatus,
    CategoryPriority,
    Evaluation,
    InvalidResponseError,
    MetricResult,
    RetryPolicy,
    TranscriptTurn,
)

from tests.support.twins import Twin
from tests.support.wire import WireServer, reply
from tests.support.written_back import absent_as_null

DETAIL: dict[str, Any] = {
    "id": 7,
    "call_id": "call_7",
    "duration": "01:10",
    "voice_recording_url": "https://storage.example.com/7.mp3",
    "critical_categories": [
        {"category_id": 5, "category": "Script", "deviation": "left the script",
         "priority": "critical"},
        {"category": "Tone", "deviation": 0.5, "priority": "urgent", "new": [1]},
    ],
    "transcript_object": [
        {"role": "Testing Agent", "content": "Hello", "start_time": 1.2, "end_time": 1.8},
        {"role": "Function Call Result", "data": {"ok": True}, "time": "0:19"},
    ],
    "status": "completed",
    "agent_id": 2142,
    "evaluation": {"metrics": [
        {"id": 35, "name": "Instruction Follow", "type": "binary_workflow_adherence", "score": 0,
         "explanation": ["Missed the opening"], "vocera_defined_metric_code": "5dedc41b",
         "extra": {"categories": [], "trigger_failed": False}},
        {"id": 36, "name": "Tone", "eval_type": "binary", "passed": True, "score": None,
         "score_normalized": 1, "explanation": "kind"},
    ]},
    "metadata": {"ended_reason": "customer-ended-call", "ringing_duration": 3.941},
    "dynamic_variables": {"customer_name": "John Doe"},
    "timestamp": "2024-03-15T10:15:45.123456Z",
    "created_at": "2024-03-15T10:30:45Z",
    "success": None,
    "rubric": [{"metric_id": 100, "passed": True}],
    "unknown": {"deep": [None, {"er": 1e300}]},
}  # fmt: skip


def as_written(body: dict[str, Any]) -> dict[str, Any]:
    """Dates as instants: a Z and a +00:00 are the same."""
    dates = [name for name in ("timestamp", "created_at", "updated_at") if body.get(name)]
    return body | {name: datetime.fromisoformat(body[name]) for name in dates}


def detail(**changes: Any) -> CallLog:
    return one(CallLog.from_dict)(json.dumps({"id": 1, "call_id": "a"} | changes).encode())


def summary(**changes: Any) -> CallLogSummary:
    body = json.dumps([{"id": 1, "call_id": "a"} | changes]).encode()
    (row,) = rows(CallLogSummary.from_dict)(body)
    return row


def test_a_whole_reply_is_typed_and_written_back(twin: Twin) -> None:
    body = json.dumps([DETAIL]).encode()
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        (call,) = calls.rerun_evaluation(agent_id=1, call_logs=[7])
    assert isinstance(call.evaluation, Evaluation)
    assert isinstance(call.evaluation.metrics, list)
    assert all(isinstance(metric, MetricResult) for metric in call.evaluation.metrics)
    assert call.timestamp == datetime(2024, 3, 15, 10, 15, 45, 123456, tzinfo=UTC)
    assert call.status == "completed"
    assert call["unknown"] == {"deep": [None, {"er": 1e300}]}
    assert call.feedback is None
    written = call.to_dict()
    assert as_written(written) == as_written(absent_as_null(DETAIL, written))


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ("evaluation", {"metrics": [{"id": 1}]}),
        ("evaluation", {"metrics": [{"id": 1, "name": None}]}),
        ("transcript_object", [{"content": "a"}, {"role": None}, {}]),
        ("critical_categories", [{"feedback": "a"}, {"category": None}, {}]),
    ],
)
def test_what_is_absent_or_null_is_none(place: str, fields: Any) -> None:
    written = detail(**{place: fields}).to_dict()[place]
    assert written == absent_as_null(fields, written)


@pytest.mark.parametrize("name", sorted({*DETAIL, "updated_at", "trace_id", "project"}))
def test_nullable_fields(name: str) -> None:
    if name in {"id", "call_id"}:
        with pytest.raises(DecodeError, match=name):
            detail(**{name: None})
    else:
        assert detail(**{name: None}).to_dict()[name] is None


@pytest.mark.parametrize(
    "metric",
    [
        {"id": 1, "name": "a"},
        {"id": 1, "name": "a", "score": None, "enum": None, "value": None, "type": None},
        {"id": 1, "name": "a", "passed": False, "score_normalized": 0.25, "eval_type": "binary"},
        {"id": 1, "name": "a", "explanation": None, "extra": None, "function_name": "f"},
        {"id": 1, "name": "a", "extra": {"trigger_failed": True}, "explanation": []},
        {"id": 1, "name": "a", "surprise": [1]},
    ],
)
def test_metric_result_fields(metric: dict[str, Any]) -> None:
    sent = {"metrics": [metric]}
    written = detail(evaluation=sent).to_dict()["evaluation"]
    assert written == absent_as_null(sent, written)
    written = summary(metrics=[metric]).to_dict()["metrics"]
    assert written == absent_as_null([metric], written)


@pytest.mark.parametrize("value", [None, [], {}, "text", 5, [{"role": "a"}]], ids=repr)
@pytest.mark.parametrize("name", ["rubric", "user_generated_transcript"])
def test_null_forbidden(name: str, value: Any) -> None:
    assert detail(**{name: value}).to_dict()[name] == value


@pytest.mark.parametrize("status", ["success", "reviewed_failure", "evaluating", "completed", ""])
def test_open_enums(status: str) -> None:
    assert detail(status=status).status == status
    assert type(detail(status=status).status) is str
    assert summary(status=status).to_dict()["status"] == status
    category = {"category": "a", "priority": status}
    written = detail(critical_categories=[category]).to_dict()["critical_categories"]
    assert written == absent_as_null([category], written)


def test_known_values_are_there_to_compare_with() -> None:
    assert detail(status="evaluating").status == CallStatus.EVALUATING
    assert {CallStatus.PENDING, CallStatus.SUCCESS} == {"pending", "success"}
    category = {"priority": "non-critical"}
    found = detail(critical_categories=[category]).critical_categories or []
    assert [each.priority for each in found] == [CategoryPriority.NON_CRITICAL]


@pytest.mark.parametrize("value", ["text", "", [], [{"role": "a", "content": "b"}], {"a": 1}, None])
def test_list_row_shapes(value: Any) -> None:
    written = summary(transcript_object=value).to_dict()["transcript_object"]
    assert written == absent_as_null(value, written)


def test_list_row_shapes_of_an_evaluation() -> None:
    values: list[Any] = ["text", {"metrics": [{"id": 1, "name": "a"}]}, [], None]
    for value in values:
        written = summary(evaluation=value).to_dict()["evaluation"]
        assert written == absent_as_null(value, written)


@pytest.mark.parametrize("value", [2142, "2142", None])
def test_agent_id_shape(value: Any) -> None:
    assert detail(agent_id=value).agent_id == value


def test_transcript_turns() -> None:
    call = detail(transcript_object=DETAIL["transcript_object"])
    assert isinstance(call.transcript_object, list)
    spoken, called = call.transcript_object
    assert isinstance(spoken, TranscriptTurn)
    assert (spoken.role, spoken.content, spoken.start_time) == ("Testing Agent", "Hello", 1.2)
    assert (called.content, called.data, called.time) == (None, {"ok": True}, "0:19")


def test_critical_categories() -> None:
    call = detail(critical_categories=DETAIL["critical_categories"])
    assert isinstance(call.critical_categories, list)
    assert [category.deviation for category in call.critical_categories] == [
        "left the script",
        0.5,
    ]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"evaluation": {"metrics": [{"name": "a"}]}}, "evaluation.metrics[0].id"),
        ({"evaluation": {"metrics": [{"id": None, "name": "a"}]}}, "evaluation.metrics[0].id"),
        ({"evaluation": {"metrics": [{"id": 1, "name": "a"}, {"id": "x", "name": "b"}]}}, "id"),
        ({"evaluation": {"metrics": "none"}}, "metrics"),
        ({"evaluation": []}, "evaluation"),
        ({"transcript_object": [[["role", "a"]]]}, "transcript_object[0]"),
        ({"transcript_object": [{"role": "a", "start_time": "soon"}]}, "start_time"),
        ({"critical_categories": [None]}, "critical_categories"),
        ({"critical_categories": {"category": "a"}}, "critical_categories"),
        ({"evaluation": {"metrics": [{"id": 1, "name": "a", "explanation": [1]}]}}, "explanation"),
        ({"id": "7"}, "id"),
        ({"id": True}, "id"),
        ({"id": 7.5}, "id"),
        ({"call_id": 7}, "call_id"),
        ({"success": "yes"}, "success"),
        ({"success": 1}, "success"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": 1710497745}, "timestamp"),
        ({"timestamp": "2024-12-28T23:59.123456730.123456Z"}, "timestamp"),
        ({"timestamp": "2024-03-15T10:15:300Z"}, "timestamp"),
        ({"timestamp": "2024-03-15"}, "timestamp"),
        ({"metadata": ["a"]}, "metadata"),
        ({"metadata": ""}, "metadata"),
        ({"status": 5}, "status"),
        ({"agent": "7"}, "agent"),
    ],
)
def test_a_value_that_fits_no_type_is_refused_by_name(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(DecodeError) as raised:
        detail(**changes)
    assert place in str(raised.value)


def test_a_refused_reply_keeps_its_body(twin: Twin) -> None:
    body = json.dumps([{"id": 1, "call_id": "a", "metrics": [{"name": "a"}]}]).encode()
    with (
        WireServer(reply(200, body)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidResponseError, match=r"\[0\]\.metrics\[0\]\.id is null or") as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert raised.value.body == body
    assert raised.value.may_have_run


def test_a_row_without_its_call_id_is_refused(twin: Twin) -> None:
    with (
        WireServer(reply(200, b'{"id": 1}')) as server,
        twin.open(base_url=server.url, retries=RetryPolicy(attempts=1)) as calls,
        pytest.raises(InvalidResponseError, match="call_id") as raised,
    ):
        calls.retrieve(1)
    assert not raised.value.may_have_run


def test_a_whole_number_written_as_a_float_is_an_integer() -> None:
    call = detail(id=7.0)
    assert isinstance(call.id, int)
    assert call.id == 7


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-15T10:15:45Z", "2024-03-15T10:15:45z", "2024-03-15t10:15:45Z",
        "2024-03-15T12:15:45+02:00", "2024-03-15 10:15:45+00:00",
        "2024-03-15T10:15:45.000Z", "2024-03-15T10:15:45.000000Z",
    ],
)  # fmt: skip
def test_every_way_to_write_a_date_is_the_same_instant(text: str) -> None:
    assert detail(timestamp=text).timestamp == datetime(2024, 3, 15, 10, 15, 45, tzinfo=UTC)
