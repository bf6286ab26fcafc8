"""What a request asks for: its JSON body, checked field by field as the API does."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import NoReturn, TypeVar, cast

from cekura_client.sandbox.requests.lists import moment
from cekura_client.sandbox.requests.refusals import RefusedError, bad_fields, bad_request

_T = TypeVar("_T")

_REQUIRED = "This field is required."
_NULL = "This field may not be null."
_EMPTY = "This list may not be empty."
_BLANK = "This field may not be blank."
_NOT_AN_INTEGER = "A valid integer is required."
_NOT_TEXT = "Not a valid string."
_NOT_IDS_OR_ALL = 'Expected a list of items or the text "all".'


_NOT_A_BOOLEAN = "Must be a valid boolean."
_NOT_A_MOMENT = "Datetime has wrong format. Use ISO 8601, with a zone."
_NOT_ACCEPTED = "This field cannot be updated."
_LONGEST_TEXT = 100
_LONGEST_ID = 18
_MOST_MINUTES = 1_000_000
_STATUSES = ("success", "failure", "reviewed_success", "reviewed_failure")
_OWN_FORM = "cekura"
_ROLES = ("Testing Agent", "Main Agent")
_ROLES_OF_AGENTS = ("Main Agent", "agent", "bot", "assistant")
# Those that the vendor's prose or schema names.
_TRANSCRIPT_TYPES = (
    *("cekura", "vocera", "vapi", "retell", "deepgram", "pipecat", "livekit", "elevenlabs"),
    *("bland", "koreai", "none-mono"),
)


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """Some metrics on some calls, of an agent or a project or both."""

    agent_id: int | None
    project_id: int | None
    call_logs: list[int]
    metrics: list[int]


@dataclass(frozen=True, slots=True)
class RerunRequest:
    """All metrics of an agent on some calls, or on all of its calls where `call_logs` is None."""

    agent_id: int | None
    assistant_id: str | None
    call_logs: list[int] | None


@dataclass(frozen=True, slots=True)
class ObserveRequest:
    """A call of an agent, and the metrics to run on it: None, those that run by themselves."""

    agent_id: int | None
    assistant_id: str | None
    metrics: list[int] | None
    timestamp: datetime | None
    facts: dict[str, object]


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """What is said of the result of a metric."""

    metric_id: int
    thumbs_up: bool | None
    expected_value: object
    feedback: str | None


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """What is to be known of a call from now on."""

    status: str | None
    timestamp: datetime | None
    facts: dict[str, object]
    reevaluate: bool


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"Out of range float values are not JSON compliant: {name!r}")


def parse_body(content_type: str, body: bytes) -> object:
    """Read a JSON body; one without a single byte counts as an empty object.

    Raises:
        RefusedError: 415 for anything but JSON, 400 for what is not well-formed.
    """
    if not body:
        return {}
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, {"detail": f'Unsupported media type "{content_type}" in request.'})
    try:
        return cast("object", json.loads(body.decode(), parse_constant=_refuse_constant))
    except RecursionError:
        raise RefusedError(400, {"detail": "JSON parse error - nested too deeply"}) from None
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise RefusedError(400, {"detail": f"JSON parse error - {error}"}) from None


class _FieldError(Exception):
    """One field's messages."""


def _integer(value: object) -> int:
    # bool is an int for isinstance, and 1.0 would do where only == is asked.
    if type(value) is not int:
        raise _FieldError(_NOT_AN_INTEGER)
    return value


def _ids(value: object) -> list[int]:
    if not isinstance(value, list):
        raise _FieldError(f'Expected a list of items but got type "{type(value).__name__}".')
    items = cast("list[object]", value)
    if not items:
        raise _FieldError(_EMPTY)
    if None in items:
        raise _FieldError(_NULL)
    return list(dict.fromkeys(_integer(item) for item in items))


def _ids_or_all(value: object) -> list[int] | None:
    if value == "all":
        return None
    if not isinstance(value, list):
        raise _FieldError(_NOT_IDS_OR_ALL)
    return _ids(cast("object", value))


def _assistant_id(value: object) -> str:
    if type(value) is int:
        return str(value)
    if not isinstance(value, str):
        raise _FieldError(_NOT_TEXT)
    if not value.strip():
        raise _FieldError(_BLANK)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _FieldError(_NOT_TEXT)
    return value


def _short_text(value: object) -> str:
    if len(text := _text(value)) > _LONGEST_TEXT:
        raise _FieldError(f"Ensure this field has no more than {_LONGEST_TEXT} characters.")
    return text


def _call_id(value: object) -> str:
    text = _short_text(value)
    if not text.strip():
        raise _FieldError(_BLANK)
    return text


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _FieldError(_NOT_A_BOOLEAN)
    return value


def _anything(value: object) -> object:
    return value


def _members(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _FieldError(f'Expected a dictionary of items but got type "{type(value).__name__}".')
    return cast("dict[str, object]", value)


def _moment(value: object) -> datetime:
    try:
        return moment(_text(value)).astimezone(UTC)
    except (OverflowError, ValueError):
        raise _FieldError(_NOT_A_MOMENT) from None


def _listed_ids(value: object) -> list[int]:
    parts = [part.strip() for part in _text(value).split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) <= _LONGEST_ID for part in parts):
        raise _FieldError(_NOT_AN_INTEGER)
    return list(dict.fromkeys(map(int, parts)))


def _status(value: object) -> str:
    if value not in _STATUSES:
        raise _FieldError(f'"{value}" is not a valid choice.')
    return str(value)


def _seconds(value: object) -> int:
    """Read a duration, which is in minutes here."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _FieldError("A valid number is required.")
    if not 0 <= value <= _MOST_MINUTES:
        raise _FieldError("Ensure this value is greater than or equal to 0.")
    return round(60 * value)


def _transcript_type(value: object) -> str:
    if value not in _TRANSCRIPT_TYPES:
        raise _FieldError(f'"{value}" is not a valid choice.')
    return str(value)


def _turns(value: object, transcript_type: str | None) -> list[dict[str, object]]:
    """Make turns of a transcript: those of the API's own form as they are."""
    if not isinstance(value, list):
        raise _FieldError(f'Expected a list of items but got type "{type(value).__name__}".')
    items = cast("list[object]", value)
    turns = [cast("dict[str, object]", item) for item in items if isinstance(item, dict)]
    if len(turns) < len(items):
        raise _FieldError("Each turn is an object.")
    own = all(turn.get("role") in _ROLES for turn in turns)
    if own:
        return turns
    if transcript_type == _OWN_FORM:
        raise _FieldError(f"Valid roles are {' and '.join(_ROLES)}.")
    return [_own_turn(turn) for turn in turns]


def _own_turn(turn: dict[str, object]) -> dict[str, object]:
    """Make a turn of what a platform has: its words, who said them, and when."""
    role = _ROLES[turn.get("role") in _ROLES_OF_AGENTS]
    words = next((turn[name] for name in ("content", "message", "text") if name in turn), None)
    began = next((turn[name] for name in ("start_time", "time") if name in turn), None)
    return {"role": role, "content": words, "start_time": began}


class _Fields:
    """The fields of one body, read one by one; what is wrong is told of all of them at once."""

    def __init__(self, data: object) -> None:
        if not isinstance(data, dict):
            name = type(data).__name__
            raise bad_request(f"Invalid data. Expected a dictionary, but got {name}.")
        self._data = cast("dict[str, object]", data)
        self._errors: dict[str, list[str]] = {}

    def optional(
        self, name: str, read: Callable[[object], _T], *, nullable: bool = False
    ) -> _T | None:
        if name not in self._data:
            return None
        value = self._data[name]
        if value is None:
            if not nullable:
                self._errors[name] = [_NULL]
            return None
        try:
            return read(value)
        except _FieldError as error:
            self._errors[name] = [str(error)]
            return None

    def required(
        self, name: str, read: Callable[[object], _T], *, nullable: bool = False
    ) -> _T | None:
        if name not in self._data:
            self._errors[name] = [_REQUIRED]
        return self.optional(name, read, nullable=nullable)

    def facts(self, **known_as: Callable[[object], object]) -> dict[str, object]:
        """Read what is known of a call; what is not given is left out."""
        read = {name: self.optional(name, check) for name, check in known_as.items()}
        return {name: value for name, value in read.items() if name in self._data}

    def refuse_others(self, known: Collection[str]) -> None:
        for name in self._data:
            if name not in known:
                self._errors[name] = [_NOT_ACCEPTED]

    def finish(self) -> None:
        if self._errors:
            raise bad_fields(self._errors)


def read_evaluate(data: object) -> EvaluateRequest:
    """Check the body of evaluate_metrics; unknown fields are passed over.

    Raises:
        RefusedError: 400, with a message for each wrong field, or for the lack of a scope.
    """
    fields = _Fields(data)
    agent_id = fields.optional("agent_id", _integer)
    project_id = fields.optional("project_id", _integer)
    call_logs = fields.required("call_logs", _ids)
    metrics = fields.required("metrics", _ids)
    fields.finish()
    if agent_id is None and project_id is None:
        raise bad_request("Provide either agent_id or project_id.")
    return EvaluateRequest(agent_id, project_id, call_logs or [], metrics or [])


def read_rerun(data: object) -> RerunRequest:
    """Check the body of rerun_evaluation; unknown fields are passed over.

    Raises:
        RefusedError: 400, with a message for each wrong field, or for both ids or neither.
    """
    fields = _Fields(data)
    agent_id = fields.optional("agent_id", _integer)
    assistant_id = fields.optional("assistant_id", _assistant_id)
    call_logs = fields.required("call_logs", _ids_or_all)
    fields.finish()
    if agent_id is None and assistant_id is None:
        raise bad_request("Provide either agent_id or assistant_id.")
    if agent_id is not None and assistant_id is not None:
        raise bad_request("Provide either agent_id or assistant_id, not both.")
    return RerunRequest(agent_id, assistant_id, call_logs)


def read_observe(data: object) -> ObserveRequest:
    """Check the body of a call that is sent; unknown fields are passed over.

    Raises:
        RefusedError: 400, with a message for each wrong field, or for the lack of an agent.
    """
    fields = _Fields(data)
    agent_id = fields.optional("agent", _integer)
    assistant_id = fields.optional("assistant_id", _assistant_id)
    call_id = fields.required("call_id", _call_id)
    form = fields.optional("transcript_type", _transcript_type) or _OWN_FORM
    turns = fields.optional("transcript_json", partial(_turns, transcript_type=form))
    metrics = fields.optional("metric_ids", _listed_ids)
    timestamp = fields.optional("timestamp", _moment)
    facts = fields.facts(
        call_ended_reason=_text,
        customer_number=_text,
        metadata=_members,
        dynamic_variables=_members,
        feedback=_text,
    )
    fields.finish()
    if agent_id is None and assistant_id is None:
        raise bad_request("Provide either agent or assistant_id.")
    given = facts | {"call_id": call_id, "transcript_object": turns or []}
    agent = None if agent_id is not None else assistant_id
    return ObserveRequest(agent_id, agent, metrics, timestamp, _NOTHING_KNOWN | given)


_NOTHING_KNOWN: dict[str, object] = {
    "call_ended_reason": None,
    "customer_number": None,
    "metadata": {},
    "dynamic_variables": {},
    "feedback": None,
    "topic": None,
    "dropoff_point": None,
    "voice_recording_url": None,
}


def read_vote(data: object) -> VoteRequest:
    """Check the body of a vote; unknown fields are passed over.

    Raises:
        RefusedError: 400, with a message for each wrong field.
    """
    fields = _Fields(data)
    metric_id = fields.required("metric_id", _integer)
    thumbs_up = fields.required("thumbs_up", _boolean, nullable=True)
    expected_value = fields.required("expected_value", _anything, nullable=True)
    feedback = fields.optional("feedback", _text)
    fields.finish()
    return VoteRequest(metric_id or 0, thumbs_up, expected_value, feedback)


def read_update(data: object) -> UpdateRequest:
    """Check the body of an update, which has no other fields than these.

    Raises:
        RefusedError: 400, with a message for each wrong field.
    """
    fields = _Fields(data)
    fields.refuse_others(_UPDATED)
    status = fields.optional("status", _status)
    timestamp = fields.optional("timestamp", _moment)
    form = fields.optional("transcript_type", _transcript_type)
    reevaluate = fields.optional("reevaluate_metrics", _boolean)
    turns = fields.optional("transcript_json", partial(_turns, transcript_type=form))
    facts = fields.facts(
        call_id=_call_id,
        call_ended_reason=_short_text,
        customer_number=_short_text,
        metadata=_members,
        dynamic_variables=_members,
        feedback=_text,
        duration=_seconds,
    )
    fields.finish()
    if turns is not None:
        facts["transcript_object"] = turns
    return UpdateRequest(status, timestamp, facts, reevaluate or False)


_UPDATED = (
    *("status", "timestamp", "transcript_type", "transcript_json", "reevaluate_metrics"),
    *("call_id", "call_ended_reason", "customer_number", "metadata", "dynamic_variables"),
    *("feedback", "duration"),
)
