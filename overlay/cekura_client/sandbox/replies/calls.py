"""Calls as the API shows them: a row of a list, and one call in detail."""

from collections.abc import Callable
from datetime import datetime, timedelta

from cekura_client.sandbox.content.results import detailed_result, deviation, list_result
from cekura_client.sandbox.content.seed import SeededCall
from cekura_client.sandbox.content.transcripts import Conversation, clock, conversation
from cekura_client.sandbox.state import CallView

_Row = dict[str, object]


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _created_at(view: CallView, said: Conversation) -> datetime:
    return view.call.started_at + timedelta(seconds=said.seconds, microseconds=731_204)


def _common(view: CallView, said: Conversation) -> _Row:
    """Give what a row and the details share."""
    return _with_facts(view.call, _common_as_made_up(view, said))


def _with_facts(call: SeededCall, row: _Row) -> _Row:
    """Put what is known in the place of what is made up; a duration is a text."""
    known = {name: value for name, value in call.facts.items() if name in row}
    known.pop("duration", None)
    return row | known


def _common_as_made_up(view: CallView, said: Conversation) -> _Row:
    call = view.call
    created = _created_at(view, said)
    feedback = None
    if call.reviewed_success is not None:
        feedback = "Great Call" if call.reviewed_success else "The caller was not helped"
    return {
        "id": call.id,
        "duration": clock(said.seconds),
        "success": view.success,
        "is_reviewed": call.is_reviewed,
        "status": view.status,
        "feedback": feedback,
        "call_ended_reason": "customer-ended-call" if call.index % 3 else "agent-ended-call",
        "customer_number": said.customer_number,
        "agent": view.agent.id,
        "agent_name": view.agent.name,
        "call_id": call.call_id,
        "trace_id": call.digest[32:],
        "timestamp": _instant(call.started_at),
        "error_message": None,
        "dropoff_point": said.dropoff_point,
        "topic": said.topic,
        "created_at": _instant(created),
        "updated_at": _instant(view.updated_at or created),
        "transcript": said.text,
        "transcript_object": said.turns,
    }


_FIELDS_OF_VIEW: dict[str, Callable[[CallView], object]] = {
    "id": lambda view: view.call.id,
    "call_id": lambda view: view.call.call_id,
    "agent": lambda view: view.agent.id,
    "agent_name": lambda view: view.agent.name,
    "success": lambda view: view.success,
    "status": lambda view: view.status,
    "is_reviewed": lambda view: view.call.is_reviewed,
    "timestamp": lambda view: view.call.started_at,
    "duration": lambda view: conversation(view.call).seconds,
    "created_at": lambda view: _created_at(view, conversation(view.call)),
    "updated_at": lambda view: view.updated_at or _created_at(view, conversation(view.call)),
}


def field_of(view: CallView, name: str) -> object:
    """Give one field of a row for a filter: moments as such, and a duration in seconds."""
    read = _FIELDS_OF_VIEW.get(name)
    return read(view) if read else _common(view, conversation(view.call))[name]


def list_row(view: CallView) -> _Row:
    """Show a call as evaluate_metrics and lists do."""
    metrics = [
        list_result(view.call, metric, turned=metric.id in view.turned) for metric in view.metrics
    ]
    return {
        **_common(view, conversation(view.call)),
        "metrics": metrics,
        "evaluation": {"metrics": metrics},
    }


def _critical_categories(view: CallView) -> list[_Row]:
    found = [
        deviation(view.call, metric, turned=metric.id in view.turned) for metric in view.metrics
    ]
    categories: list[_Row] = [dict(category) for category in found if category is not None]
    if view.call.is_reviewed:
        # What a reviewer adds to a category, and a deviation as a number.
        categories.append(
            {
                "category_id": 6,
                "category": "Long Silence",
                "deviation": 2.5,
                "priority": "not_a_bug" if view.call.reviewed_success else "non-critical",
                "wrongly_marked": view.call.reviewed_success,
                "feedback": "The caller was looking for a paper",
            }
        )
    return categories


def _rubric(view: CallView) -> list[_Row] | None:
    """Show the conditions that a reviewed call was held against; other calls have none."""
    if not view.call.is_reviewed:
        return None
    results = [
        detailed_result(view.call, metric, turned=metric.id in view.turned)
        for metric in view.metrics
        if metric.kind == "binary"
    ]
    return [
        {
            "metric_id": result["id"],
            "metric_name": result["name"],
            "value": result["score"],
            "explanation": result["explanation"],
            "passed": result["passed"],
            "conditions": "score gte 5",
            "expected_conditions": {
                "operator": "and",
                "conditions": [{"field": "score", "op": "gte", "value": 5}],
            },
        }
        for result in results
    ]


def detail(view: CallView) -> _Row:
    """Show a call as rerun_evaluation and a look at a single call do."""
    call, said = view.call, conversation(view.call)
    common = _common(view, said)
    row = {
        **common,
        "voice_recording_url": f"https://storage.example.com/recordings/{call.call_id}.mp3",
        "critical_categories": _critical_categories(view),
        # Text for one agent and a number for the other: the API is known for both.
        "agent_id": view.agent.id if call.index % 2 else str(view.agent.id),
        "evaluation": {
            "metrics": [
                detailed_result(call, metric, turned=metric.id in view.turned)
                for metric in view.metrics
            ]
        },
        "metadata": {
            "ended_reason": common["call_ended_reason"],
            "ringing_duration": round(1.5 + call.index % 40 / 10, 3),
            "call_type": "inbound",
        },
        "dynamic_variables": said.variables,
        "testing_channel_index": call.index % 2 if call.is_reviewed else None,
        "rubric": _rubric(view),
        "user_generated_transcript": (
            [{"role": turn["role"], "content": turn.get("content")} for turn in said.turns]
            if call.is_reviewed and not call.reviewed_success
            else None
        ),
        "project": view.agent.project_id,
    }
    return _with_facts(call, row)
