"""The operations that write: a call sent, a vote on a result, a call's facts changed.

What is refused raises `InvalidRequestError`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeGuard, cast

from cekura_api import operations as api
from cekura_api.models import (
    CallLog,
    CallLogSummary,
    MarkMetricVoteCallLogResponse,
    Metric,
)

from cekura_client.call_logs.arguments import (
    checked_assistant_id,
    one_id,
    optional_id,
)
from cekura_client.call_logs.listing.query import checked_moment
from cekura_client.call_logs.metric_names import has_names, ids_and_names, ids_of
from cekura_client.call_logs.operations import listing_of_agent, ready
from cekura_client.engine.operation import Operation
from cekura_client.errors import InvalidRequestError

ReviewStatus = Literal["success", "failure", "reviewed_success", "reviewed_failure"]

_STATUSES: tuple[ReviewStatus, ...] = (
    "success",
    "failure",
    "reviewed_success",
    "reviewed_failure",
)
_ROLES = ("Testing Agent", "Main Agent")
_OWN_FORM = "cekura"
_LARGEST_NUMBER = 1e15  # of minutes and of seconds
_LONGEST = 100  # characters of a call_id, a reason and a number, as published


@dataclass(frozen=True, slots=True)
class Observation:
    """A call to be stored and evaluated: all of it checked, names of metrics yet to be looked up.

    Perform what `listing` returns, if anything, and hand its result to `operation`.
    """

    agent_id: int | None
    assistant_id: str | None
    metrics: list[int | str] | None
    facts: dict[str, Any]

    @classmethod
    def checked(
        cls,
        *,
        agent_id: object,
        assistant_id: object,
        call_id: object,
        transcript: object,
        transcript_type: object = _OWN_FORM,
        metrics: object = None,
        **facts: object,
    ) -> "Observation":
        """Check the arguments of a caller."""
        agent = optional_id("agent_id", agent_id)
        assistant = checked_assistant_id(assistant_id)
        if (agent is None) == (assistant is None):
            given = "neither" if agent is None else "both"
            raise InvalidRequestError(
                f"observe needs agent_id or assistant_id, one of the two; {given} given."
            )
        form = _text("transcript_type", transcript_type)
        return cls(
            agent,
            None if assistant is None else str(assistant),
            None if metrics is None else ids_and_names("metrics", metrics),
            {
                "call_id": _text("call_id", call_id, most=_LONGEST),
                "transcript_json": _transcript(transcript, form),
                "transcript_type": form,
                **_facts(**facts),
            },
        )

    def listing(self) -> Operation[list[Metric]] | None:
        """Return what tells ids of names; None where none is asked."""
        if self.metrics is None or not has_names(self.metrics):
            return None
        return listing_of_agent(self.agent_id, self.assistant_id)

    def operation(self, listed: Sequence[Metric] = ()) -> Operation[CallLogSummary]:
        """Make it ready to be sent."""
        ids = None if self.metrics is None else ",".join(map(str, ids_of(self.metrics, listed)))
        return ready(
            "observe",
            api.observe(
                agent=self.agent_id, assistant_id=self.assistant_id, metric_ids=ids, **self.facts
            ),
        )


def vote(
    call_log_id: object,
    *,
    metric_id: object,
    thumbs_up: object,
    expected_value: object = None,
    feedback: object = None,
) -> Operation[MarkMetricVoteCallLogResponse]:
    """Say of a result whether it is right."""
    call, metric = one_id("call_log_id", call_log_id), one_id("metric_id", metric_id)
    if thumbs_up is None and expected_value is None and feedback is None:
        raise InvalidRequestError("A vote needs thumbs_up, expected_value or feedback.")
    return ready(
        "vote",
        api.mark_metric_vote(
            id=call,
            metric_id=metric,
            thumbs_up=None if thumbs_up is None else _boolean("thumbs_up", thumbs_up),
            expected_value=_json("expected_value", expected_value),
            feedback=_optional_text("feedback", feedback),
        ),
    )


def update(
    call_log_id: object,
    *,
    status: object = None,
    call_id: object = None,
    transcript: object = None,
    transcript_type: object = None,
    duration: object = None,
    reevaluate_metrics: object = False,
    **facts: object,
) -> Operation[CallLog]:
    """Change what is known of a call, and evaluate it again where that is asked for."""
    call = one_id("call_log_id", call_log_id)
    again = _boolean("reevaluate_metrics", reevaluate_metrics)
    form = None if transcript_type is None else _text("transcript_type", transcript_type)
    if form is not None and transcript is None:
        raise InvalidRequestError("transcript_type says of which form the transcript is: give it.")
    described = api.update_call_log(
        id=call,
        status=_status(status),
        call_id=None if call_id is None else _text("call_id", call_id, most=_LONGEST),
        transcript_json=None if transcript is None else _transcript(transcript, form),
        transcript_type=form,
        duration=None if duration is None else _minutes(duration),
        reevaluate_metrics=again or None,
        **_facts(_LONGEST, **facts),
    )
    if not described.body:
        raise InvalidRequestError("update has nothing to change: every argument is None.")
    return replace(ready("update", described), costs_credits=again)


def _facts(
    most: int | None = None,
    /,
    *,
    timestamp: object = None,
    call_ended_reason: object = None,
    customer_number: object = None,
    metadata: object = None,
    dynamic_variables: object = None,
    feedback: object = None,
) -> dict[str, Any]:
    """Check what a call is sent with, and can be changed afterwards."""
    return {
        "timestamp": _moment("timestamp", timestamp),
        "call_ended_reason": _optional_text("call_ended_reason", call_ended_reason, most=most),
        "customer_number": _optional_text("customer_number", customer_number, most=most),
        "metadata": _members("metadata", metadata),
        "dynamic_variables": _members("dynamic_variables", dynamic_variables),
        "feedback": _optional_text("feedback", feedback),
    }


def _text(name: str, value: object, *, most: int | None = None) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequestError(f"{name} is a text that is not empty; got {value!r}.")
    return _short("".join(value), name, most)


def _optional_text(name: str, value: object, *, most: int | None = None) -> str | None:
    """Return a text, which may be empty, or None for None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} is a text; got {value!r}.")
    return _short("".join(value), name, most)


def _short(value: str, name: str, most: int | None) -> str:
    if most is not None and len(value) > most:
        raise InvalidRequestError(f"{name} has {len(value)} characters; {most} are allowed.")
    return value


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name} is True or False; got {value!r}.")
    return value


def _status(value: object) -> ReviewStatus | None:
    if value is None:
        return None
    for status in _STATUSES:
        if value == status:
            return status
    raise InvalidRequestError(f"status is one of {', '.join(_STATUSES)}; got {value!r}.")


def _minutes(value: object) -> float:
    if not _is_number(value):
        raise InvalidRequestError(f"duration is a number of minutes, 0 or more; got {value!r}.")
    return float(value)


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value <= _LARGEST_NUMBER


def _moment(name: str, value: object) -> datetime | None:
    if value is not None and not isinstance(value, datetime):
        raise InvalidRequestError(f"{name} is a datetime with a time zone; got {value!r}.")
    return checked_moment(name, value)


def _members(name: str, value: object) -> dict[str, Any] | None:
    """Return a copy of what is to be merged, or None for None."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidRequestError(f"{name} is a dict; got {value!r}.")
    members = dict(cast("Mapping[object, object]", value))
    if not members:
        raise InvalidRequestError(f"{name} is empty: there is nothing to keep of it.")
    if wrong := [key for key in members if not isinstance(key, str)]:
        raise InvalidRequestError(f"{name} has the key {wrong[0]!r}; keys are texts.")
    _json(name, members)
    return cast("dict[str, Any]", members)


def _json(name: str, value: object) -> object:
    """Let a value pass that can be written as JSON."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"{name} cannot be written as JSON: {error}.") from error
    return value


def _transcript(value: object, form: str | None) -> object:
    """Check a transcript: of the API's own form turn by turn, of another that it is JSON."""
    if value in (None, "", [], (), {}):
        raise InvalidRequestError(f"transcript is {value!r}; it takes what was said.")
    if form == _OWN_FORM:
        for index, turn in enumerate(_turns(value)):
            _check_turn(f"transcript[{index}]", turn)
    return _json("transcript", value)


def _turns(value: object) -> Sequence[object]:
    if not isinstance(value, (list, tuple)):
        raise InvalidRequestError(
            f"transcript is a list of turns where transcript_type is {_OWN_FORM!r}; got a "
            f"{type(value).__name__}."
        )
    return cast("Sequence[object]", value)


def _check_turn(name: str, turn: object) -> None:
    if not isinstance(turn, dict):
        raise InvalidRequestError(f"{name} is a dict with role, content, start_time, end_time.")
    members = cast("dict[object, object]", turn)
    if members.get("role") not in _ROLES:
        raise InvalidRequestError(
            f"{name} has the role {members.get('role')!r}; the API's own form knows "
            f"{' and '.join(map(repr, _ROLES))}. Name a platform's form in transcript_type."
        )
    if not isinstance(members.get("content"), str):
        raise InvalidRequestError(f"{name} has no text in content.")
    for key in ("start_time", "end_time"):
        if not _is_number(members.get(key)):
            raise InvalidRequestError(
                f"{name} has {members.get(key)!r} for {key}, which is a number of seconds."
            )
