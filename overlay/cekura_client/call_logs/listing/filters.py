"""Conditions on call logs, as `filters_v2` of a list takes them."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import cast

from cekura_client.errors import InvalidRequestError

FilterValue = str | int | float | bool | date | None
"""What a field is compared with; a datetime, which is a date too, has a time zone."""

_Condition = dict[str, object]


class Filter:
    """A condition on the fields of call logs, for `call_logs.list` and `call_logs.count`.

    Made by one of its methods, each named after an operator of the API: `eq`, `neq`, `gt`, `gte`,
    `lt`, `lte`, `contains`, `startswith`, `in_` and `isnull`. Two are joined with `&` or `|`. The
    field names are those of the rows, such as `success`, `duration` (compared in seconds),
    `call_ended_reason`, `customer_number`, `created_at`; which ones it takes is for the API to say.

    Raises:
        InvalidRequestError: The field is no text, or the value is none that JSON can write.

    Example:
        >>> failed = Filter.eq("success", False) & Filter.gte("duration", 60)
        >>> failed | Filter.isnull("success")  # doctest: +NORMALIZE_WHITESPACE
        Filter({"operator": "or", "conditions": [{"operator": "and", "conditions": [{"field":
        "success", "op": "eq", "value": false}, {"field": "duration", "op": "gte", "value": 60}]},
        {"field": "success", "op": "isnull", "value": true}]})
    """

    __slots__ = ("_condition",)

    def __init__(self, condition: Mapping[str, object]) -> None:
        self._condition: _Condition = json.loads(filter_text(condition))

    @classmethod
    def eq(cls, field: str, value: FilterValue) -> "Filter":
        """The field equals the value."""
        return cls._of(field, "eq", value)

    @classmethod
    def neq(cls, field: str, value: FilterValue) -> "Filter":
        """The field does not equal the value."""
        return cls._of(field, "neq", value)

    @classmethod
    def gt(cls, field: str, value: FilterValue) -> "Filter":
        """The field is greater, or later, than the value."""
        return cls._of(field, "gt", value)

    @classmethod
    def gte(cls, field: str, value: FilterValue) -> "Filter":
        """The field is greater than the value, or equals it."""
        return cls._of(field, "gte", value)

    @classmethod
    def lt(cls, field: str, value: FilterValue) -> "Filter":
        """The field is less, or earlier, than the value."""
        return cls._of(field, "lt", value)

    @classmethod
    def lte(cls, field: str, value: FilterValue) -> "Filter":
        """The field is less than the value, or equals it."""
        return cls._of(field, "lte", value)

    @classmethod
    def contains(cls, field: str, text: str) -> "Filter":
        """The text is somewhere in the field."""
        return cls._of(field, "contains", text)

    @classmethod
    def startswith(cls, field: str, text: str) -> "Filter":
        """The field begins with the text."""
        return cls._of(field, "startswith", text)

    @classmethod
    def in_(cls, field: str, values: Iterable[FilterValue]) -> "Filter":
        """The field is one of the values."""
        if isinstance(values, (str, bytes, Mapping)):
            raise InvalidRequestError(f"in_ takes several values, not {values!r}.")
        return cls._of(field, "in", list(values))

    @classmethod
    def isnull(cls, field: str, null: bool = True) -> "Filter":  # noqa: FBT001, FBT002  (the value)
        """The field is null; with False: it is not."""
        return cls._of(field, "isnull", null)

    @classmethod
    def _of(cls, field: object, op: str, value: object) -> "Filter":
        if not isinstance(field, str) or not field:
            raise InvalidRequestError(f"A filter takes the name of a field, not {field!r}.")
        return cls({"field": field, "op": op, "value": value})

    def __and__(self, other: "Filter") -> "Filter":
        """Both hold."""
        return self._joined("and", other) if self._is_filter(other) else NotImplemented

    def __or__(self, other: "Filter") -> "Filter":
        """One of the two holds, or both."""
        return self._joined("or", other) if self._is_filter(other) else NotImplemented

    @staticmethod
    def _is_filter(other: object) -> bool:
        return isinstance(other, Filter)

    def _joined(self, operator: str, other: "Filter") -> "Filter":
        parts: list[object] = []
        for one in (self, other):
            own = one.to_dict()
            # a & b & c is one group of three.
            same = own.get("operator") == operator
            parts += cast("list[object]", own["conditions"]) if same else [own]
        return Filter({"operator": operator, "conditions": parts})

    def __bool__(self) -> bool:
        """Refuse `and`, `or` and `not`, which would drop a condition unseen.

        Raises:
            TypeError: Always.
        """
        raise TypeError("Filters are joined with & and |, not with and, or, not.")

    def __eq__(self, other: object) -> bool:
        """Whether both are the same condition, written in the same way."""
        # By the text: 1 and true are not the same there.
        return isinstance(other, Filter) and repr(self) == repr(other)

    def __hash__(self) -> int:
        """Hash the condition's text."""
        return hash(repr(self))

    def __repr__(self) -> str:
        """Show the condition as JSON."""
        return f"Filter({json.dumps(self._condition)})"

    def to_dict(self) -> dict[str, object]:
        """The condition as the API takes it; a copy."""
        return cast("_Condition", json.loads(json.dumps(self._condition)))


def filter_text(condition: object) -> str:
    """Write a filter, or a plain dict, as JSON."""
    if isinstance(condition, Filter):
        condition = condition.to_dict()
    if not isinstance(condition, Mapping) or not condition:
        raise InvalidRequestError(
            'filters is a Filter or a dict such as {"field": "success", "op": "eq", "value": '
            f"False}}; got {condition!r}."
        )
    members = dict(cast("Mapping[object, object]", condition))
    try:
        return json.dumps(members, default=_written, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"filters cannot be written as JSON: {error}.") from error


def _written(value: object) -> object:
    """Write what JSON has no word for."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise TypeError(f"{value} has no time zone")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value that a filter takes")
