"""What an operation of the API is, and how its arguments are written."""

import datetime as dt
import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar, cast

ReplyT = TypeVar("ReplyT")

Style = Literal["form", "spaceDelimited", "pipeDelimited", "deepObject", "json"]
_BETWEEN = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(slots=True, kw_only=True)
class Operation(Generic[ReplyT]):
    """One request, as the contract describes it. Nothing has been sent."""

    name: str
    method: str
    path: str
    """With its parameters filled in and escaped."""
    query: list[tuple[str, str]]
    body: Any
    """What is sent as JSON; None: the request has no body."""
    costs_credits: bool
    read: Callable[[bytes], ReplyT]
    """Reads the body of an accepted reply, or raises DecodeError."""


class Omit(enum.Enum):
    """Stands for a member of a body that is left out, where null means something else."""

    OMIT = "omit"


OMIT: Final = Omit.OMIT


def given(members: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def unless_omitted(members: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the members that are not left out; null is a value."""
    return {name: value for name, value in members.items() if value is not OMIT}


def parameter(
    name: str, value: object, style: Style = "form", *, explode: bool = True
) -> list[tuple[str, str]]:
    """Write a parameter of a query in its style; nothing where it has no value."""
    if value is None:
        return []
    if style == "json":
        return [(name, _encode(value))]
    if isinstance(value, dict):
        members = [(key, text(item)) for key, item in cast("dict[str, object]", value).items()]
        if style == "deepObject":
            return [(f"{name}[{key}]", item) for key, item in members]
        parts = [part for member in members for part in member]
        return members if explode else [(name, _BETWEEN[style].join(parts))]
    if isinstance(value, (list, tuple)):
        parts = [text(item) for item in cast("list[object]", value)]
        return (
            [(name, part) for part in parts] if explode else [(name, _BETWEEN[style].join(parts))]
        )
    return [(name, text(value))]


def text(value: object) -> str:
    """Write one value as a path or a query has it; true and false as JSON has them."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, str) else _encode(value)


def _iso(value: object) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent")


_encode = json.JSONEncoder(separators=(",", ":"), default=_iso).encode
