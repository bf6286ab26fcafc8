"""What a list of calls is asked for: its query, checked parameter by parameter.

`filters_v2` holds conditions: a part of what the API knows.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from cekura_client.sandbox.requests.refusals import RefusedError, bad_fields, bad_request

Look = Callable[[str], object]
"""Gives the value of one field of a call; a moment where the field is one."""

MOMENTS = frozenset({"timestamp", "created_at", "updated_at"})
FIELDS = MOMENTS | {
    *("id", "call_id", "agent", "agent_name", "trace_id", "customer_number"),
    *("success", "is_reviewed", "status", "feedback", "error_message"),
    *("duration", "call_ended_reason", "topic", "dropoff_point", "transcript"),
}
_DEEPEST = 10
_MOST_CONDITIONS = 200

_Test = Callable[[object, object], bool]


class WrongFilterError(Exception):
    """A filter that cannot be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter, ready to be asked.

    Attributes:
        text: What was sent.
        holds: Whether a call fits.
    """

    text: str
    holds: Callable[[Look], bool]


def _ordered(compare: Callable[[Any, Any], bool]) -> _Test:
    def test(found: object, wanted: object) -> bool:
        try:
            # Truth values are no numbers here.
            return bool(type(found) is not bool and compare(found, wanted))
        except TypeError:  # null, or another kind of value
            return False

    return test


def _equal(found: object, wanted: object) -> bool:
    # 1 is no truth value here.
    return isinstance(found, bool) == isinstance(wanted, bool) and found == wanted


_TESTS: dict[str, _Test] = {
    "eq": _equal,
    "neq": lambda found, wanted: not _equal(found, wanted),
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
    "contains": lambda found, wanted: isinstance(found, str) and str(wanted) in found,
    "startswith": lambda found, wanted: isinstance(found, str) and found.startswith(str(wanted)),
    "in": lambda found, wanted: any(_equal(found, one) for one in cast("list[object]", wanted)),
    "isnull": lambda found, wanted: (found is None) is wanted,
}


def read_filter(text: str) -> Condition:
    """Read a filter.

    Raises:
        WrongFilterError: It is no JSON, or not what a filter looks like.
    """
    try:
        raw = cast("object", json.loads(text))
    except (ValueError, RecursionError):
        raise WrongFilterError("Value must be valid JSON.") from None
    return Condition(text, _condition(raw, 0))


def _condition(raw: object, depth: int) -> Callable[[Look], bool]:
    if not isinstance(raw, dict) or depth > _DEEPEST:
        raise WrongFilterError('Expected {"field", "op", "value"} or {"operator", "conditions"}.')
    members = cast("dict[str, object]", raw)
    if "operator" in members:
        return _group(members, depth)
    field, op, value = members.get("field"), members.get("op"), members.get("value")
    if not isinstance(field, str) or field not in FIELDS:
        raise WrongFilterError(f"Unknown field: {json.dumps(field)[:100]}.")
    if not isinstance(op, str) or op not in _TESTS:
        raise WrongFilterError(f"Unknown op: {json.dumps(op)[:100]}.")
    values = _list(value)
    if op == "in" and values is None:
        raise WrongFilterError("The value of in is a list.")
    if op == "isnull" and not isinstance(value, bool):
        raise WrongFilterError("The value of isnull is true or false.")
    if field in MOMENTS and op not in ("isnull", "contains", "startswith"):
        values = [_compared_moment(field, one) for one in ([value] if values is None else values)]
        value = values if op == "in" else values[0]
    test, wanted = _TESTS[op], value
    return lambda look: test(look(field), wanted)


def _list(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


def _group(members: dict[str, object], depth: int) -> Callable[[Look], bool]:
    joined = {"and": all, "or": any}.get(str(members["operator"]))
    parts = _list(members.get("conditions")) or []
    if joined is None or not 1 <= len(parts) <= _MOST_CONDITIONS:
        raise WrongFilterError('A group is {"operator": "and" or "or", "conditions": [...]}.')
    conditions = [_condition(one, depth + 1) for one in parts]
    return lambda look: joined(condition(look) for condition in conditions)


def _compared_moment(field: str, value: object) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise WrongFilterError(f"{field} is compared with a date and time.") from None
    if found.utcoffset() is None:
        raise WrongFilterError(f"{field} is compared with a date and time that has a zone.")
    return found


_T = TypeVar("_T")

LONGEST_RANGE = timedelta(days=33)
DEFAULT_RANGE = timedelta(days=30)
_DEFAULT_PAGE_SIZE = 20
_MOST_ROWS = 200

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Some page of the calls that fit all that is given."""

    agent_id: int | None
    project_id: int | None
    assistant_id: str | None
    start: datetime
    end: datetime
    call_ids: tuple[int, ...] | None
    condition: Condition | None
    page: int
    page_size: int


class _WrongParameterError(Exception):
    """One parameter's message."""


def moment(text: str) -> datetime:
    """Read a date and time with an offset.

    Raises:
        ValueError: It is none.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text.upper())


def _integer(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise _WrongParameterError("A valid integer is required.")
    return int(text)


def _page_size(text: str) -> int:
    size = _integer(text)
    if not 1 <= size <= _MOST_ROWS:
        raise _WrongParameterError(f"Ensure this value is from 1 to {_MOST_ROWS}.")
    return size


def _text(text: str) -> str:
    if not text.strip():
        raise _WrongParameterError("This field may not be blank.")
    return text


def _moment(text: str) -> datetime:
    try:
        return moment(text)
    except ValueError:
        raise _WrongParameterError("Enter a valid date/time.") from None


def _ids(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_integer(part.strip()) for part in text.split(",")))


def _filter(text: str) -> Condition:
    try:
        return read_filter(text)
    except WrongFilterError as error:
        raise _WrongParameterError(str(error)) from None


def read_list(query: Mapping[str, str], now: datetime) -> ListRequest:
    """Check a query; unknown parameters are passed over.

    Args:
        query: The parameters.
        now: The moment that a range ends with when it does not say so.

    Raises:
        RefusedError: 400, with a message for each wrong parameter, for the lack of a scope or
            for a range that is too long; 404 for a page before the first.
    """
    errors: dict[str, list[str]] = {}

    def optional(name: str, read: Callable[[str], _T]) -> _T | None:
        try:
            return read(query[name]) if name in query else None
        except _WrongParameterError as error:
            errors[name] = [str(error)]
            return None

    agent_id, project_id = optional("agent_id", _integer), optional("project_id", _integer)
    assistant_id = optional("assistant_id", _text)
    start, end = optional("timestamp_from", _moment), optional("timestamp_to", _moment)
    call_ids, condition = optional("call_ids", _ids), optional("filters_v2", _filter)
    page, page_size = optional("page", _integer), optional("page_size", _page_size)
    if errors:
        raise bad_fields(errors)
    if agent_id is None and project_id is None:
        raise bad_request("Provide either agent_id or project_id.")
    try:
        end = end or now
        start = start or end - DEFAULT_RANGE
        too_long = end - start > LONGEST_RANGE
    except OverflowError:
        raise bad_request("The range lies outside of all dates.") from None
    if too_long:
        raise bad_request(f"The range must not exceed {LONGEST_RANGE.days} days.")
    if page is not None and page < 1:
        raise no_such_page()
    return ListRequest(
        agent_id=agent_id,
        project_id=project_id,
        assistant_id=assistant_id,
        start=start,
        end=end,
        call_ids=call_ids,
        condition=condition,
        page=page or 1,
        page_size=page_size or _DEFAULT_PAGE_SIZE,
    )


def no_such_page() -> RefusedError:
    """Refuse a page that there is not."""
    return RefusedError(404, {"detail": "Invalid page."})
