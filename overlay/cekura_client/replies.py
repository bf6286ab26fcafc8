"""Reads a reply's body into the generated models, strictly typed and with nothing lost.

The generated `from_dict` hands back raw values where a nested value fits none of its types; here
every value is held against its declared type, so that an editor's word can be relied on.
"""

import datetime as dt
import enum
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, Protocol, Self, TypeVar, cast

import attrs
from cekura_api import models as generated_models
from cekura_api.types import Unset
from dateutil import parser

_ANYTHING = object()  # stands for a raw value that is not known, and for one that does not fit
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_PLAIN = (str, bool, types.NoneType, dt.datetime, Unset)


class UnexpectedReplyError(Exception):
    """The body is not what the contract says; the text tells where and how."""


class _Model(Protocol):
    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self: ...


_ModelT = TypeVar("_ModelT", bound=_Model)


def read_one(model: type[_ModelT]) -> Callable[[bytes], _ModelT]:
    """Make a reader of a body that is one object.

    Example:
        >>> from cekura_client import CallLog
        >>> read_one(CallLog)(b'{"call_id": "a", "new": 1}').to_dict()
        {'new': 1, 'call_id': 'a'}
    """
    return lambda body: read_model(model, _parse(body), "the reply")


def read_list(model: type[_ModelT]) -> Callable[[bytes], list[_ModelT]]:
    """Make a reader of a body that is a list of objects."""

    def read(body: bytes) -> list[_ModelT]:
        rows = _parse(body)
        if not isinstance(rows, list):
            raise UnexpectedReplyError(f"the reply is {_kind(rows)}, not a list")
        return [
            read_model(model, row, f"[{index}]")
            for index, row in enumerate(cast("list[object]", rows))
        ]

    return read


def _parse(body: bytes) -> object:
    if not body:
        raise UnexpectedReplyError("the reply is empty")
    try:
        return cast("object", json.loads(body))
    except (ValueError, RecursionError) as error:
        raise UnexpectedReplyError(f"the reply is not JSON ({error})") from error


def read_model(model: type[_ModelT], raw: object, place: str = "the value") -> _ModelT:
    """Read one object that JSON has been parsed to.

    Raises:
        UnexpectedReplyError: It, or a value in it, is not of its declared type.
    """
    if not isinstance(raw, dict):
        raise UnexpectedReplyError(f"{place} is {_kind(raw)}, not an object")
    try:
        value = model.from_dict(cast("dict[str, Any]", raw))
    except KeyError as error:
        raise UnexpectedReplyError(f"{place} or an object in it lacks {error}") from error
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnexpectedReplyError(f"{place} does not fit: {error}") from error
    return cast("_ModelT", _fitted(value, model, cast("object", raw), place))


def _fitted(value: object, hint: object, raw: object, place: str) -> object:
    """Return the value as its type hint says, or raise UnexpectedReplyError.

    A value is changed only where JSON leaves two ways to write the same: 5.0 for an integer, and
    a date with a lower-case z.
    """
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return _fitted_choice(value, typing.get_args(hint), raw, place)
    fitted = _fitted_scalar(value, hint)
    if isinstance(fitted, dt.datetime) and isinstance(raw, str) and not _DATE_TIME.fullmatch(raw):
        # The generated code reads some other texts as a moment that they do not name.
        raise UnexpectedReplyError(f"{place} is a text that is no date and time")
    if fitted is not _ANYTHING:
        return fitted
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list and isinstance(value, list):
        items = cast("list[object]", value)
        raws = cast("list[object]", raw) if isinstance(raw, list) else [_ANYTHING] * len(items)
        for index, item in enumerate(items):
            items[index] = _fitted(item, arguments[0], raws[index], f"{place}[{index}]")
        return items
    if origin is dict and isinstance(value, dict):
        members = cast("dict[str, object]", value)
        for name, member in members.items():
            members[name] = _fitted(member, arguments[1], _ANYTHING, f"{place}.{name}")
        return members
    if isinstance(hint, type) and attrs.has(hint) and isinstance(value, hint):
        if _may_be_object(raw):
            return _fitted_model(value, hint, raw, place)
        # from_dict also takes a list of pairs
        raise UnexpectedReplyError(f"{place} is {_kind(raw)}, not an object")
    raise UnexpectedReplyError(f"{place} is {_kind(value)}")


def _may_be_object(raw: object) -> bool:
    return raw is _ANYTHING or isinstance(raw, dict)


def _fitted_choice(value: object, hints: tuple[object, ...], raw: object, place: str) -> object:
    failure: UnexpectedReplyError | None = None
    for hint in hints:
        try:
            return _fitted(value, hint, raw, place)
        except UnexpectedReplyError as error:
            # The deepest failure tells the most.
            if failure is None or len(str(error)) > len(str(failure)):
                failure = error
    raise failure or UnexpectedReplyError(f"{place} is {_kind(value)}")


def _fitted_model(value: object, model: type, raw: object, place: str) -> object:
    members = cast("dict[str, object]", raw) if isinstance(raw, dict) else {}
    for name, hint in _field_hints(model).items():
        current: object = getattr(value, name)
        # The generator appends an underscore to a name that Python reserves.
        member = members.get(name, members.get(name.removesuffix("_"), _ANYTHING))
        fitted = _fitted(current, hint, member, f"{place}.{name}")
        if fitted is not current:
            setattr(value, name, fitted)
    return value


@cache
def _field_hints(model: type) -> dict[str, object]:
    # Generated modules import one another's classes for type checkers only.
    hints = typing.get_type_hints(model, localns=vars(generated_models))
    return {field.name: hints[field.name] for field in attrs.fields(model)}


def _fitted_scalar(value: object, hint: object) -> object:
    """Return the value for a hint without parts, or _ANYTHING where it does not fit."""
    fits = False
    if hint is Any:
        fits = True
    elif typing.get_origin(hint) is Literal:
        fits = value in typing.get_args(hint)
    elif hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    elif hint is dt.datetime and isinstance(value, str):
        return _date(value)
    elif hint in (int, float):
        kinds = (int, float) if hint is float else int
        fits = isinstance(value, kinds) and not isinstance(value, bool)
    elif hint in _PLAIN or (isinstance(hint, type) and issubclass(hint, enum.Enum)):
        fits = isinstance(value, cast("type", hint))
    return value if fits else _ANYTHING


def _date(text: str) -> object:
    try:
        return parser.isoparse(text)
    except ValueError:
        return _ANYTHING


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return names.get(cast("type", type(value)), f"a {type(value).__name__}")
