"""Conditions of a list, as `filters_v2` gives them: a part of what the API knows."""

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

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
        values = [_moment(field, one) for one in ([value] if values is None else values)]
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


def _moment(field: str, value: object) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise WrongFilterError(f"{field} is compared with a date and time.") from None
    if found.utcoffset() is None:
        raise WrongFilterError(f"{field} is compared with a date and time that has a zone.")
    return found
