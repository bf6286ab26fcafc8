"""What a request asks for: its JSON body, checked field by field as the API does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar, cast

from cekura_client.sandbox.requests.refusals import RefusedError, bad_fields, bad_request

_T = TypeVar("_T")

_REQUIRED = "This field is required."
_NULL = "This field may not be null."
_EMPTY = "This list may not be empty."
_BLANK = "This field may not be blank."
_NOT_AN_INTEGER = "A valid integer is required."
_NOT_TEXT = "Not a valid string."
_NOT_IDS_OR_ALL = 'Expected a list of items or the text "all".'


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


class _Fields:
    """The fields of one body, read one by one; what is wrong is told of all of them at once."""

    def __init__(self, data: object) -> None:
        if not isinstance(data, dict):
            name = type(data).__name__
            raise bad_request(f"Invalid data. Expected a dictionary, but got {name}.")
        self._data = cast("dict[str, object]", data)
        self._errors: dict[str, list[str]] = {}

    def optional(self, name: str, read: Callable[[object], _T]) -> _T | None:
        if name not in self._data:
            return None
        value = self._data[name]
        if value is None:
            self._errors[name] = [_NULL]
            return None
        try:
            return read(value)
        except _FieldError as error:
            self._errors[name] = [str(error)]
            return None

    def required(self, name: str, read: Callable[[object], _T]) -> _T | None:
        if name not in self._data:
            self._errors[name] = [_REQUIRED]
        return self.optional(name, read)

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
