"""Turns parsed JSON into the generated models, each value held against its declared type.

A large reply holds a million values, so whatever the declared types decide is decided beforehand:
`reading` prepares a type, `model_decoder` a model.
"""

import datetime as dt
import enum
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NoReturn, TypeVar, cast

from cekura_api.types import UNSET

from cekura_client.model_fields import fields_of, is_model, type_hints
from cekura_client.unknown_fields import UNKNOWN_FIELDS, make_on_demand

_ModelT = TypeVar("_ModelT")
_Read = Callable[[Any], Any]  # returns the value as declared, or raises MisfitError

_JSON_TYPES = frozenset({types.NoneType, bool, int, float, str, list, dict})
_USUAL = (str, float, int, bool)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)


class MisfitError(Exception):
    """A value is not of its declared type; `misfits` tells which, and where."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a value of a declared type is read."""

    plain: frozenset[type]
    """The types of values that are taken as they come."""
    others: dict[type, _Read]
    """What reads a value of another type; what is not named here does not fit."""

    def __call__(self, value: object) -> object:
        """Read any value, or raise MisfitError."""
        return value if type(value) in self.plain else self.others.get(type(value), _refuse)(value)


@cache
def reading(hint: Any) -> Reading:  # noqa: ANN401  (a type hint)
    """Prepare the reading of a declared type."""
    ways = {kind: [*_ways(hint, kind)] for kind in _JSON_TYPES}
    plain = frozenset(kind for kind, found in ways.items() if found[:1] == [_as_it_is])
    return Reading(
        plain,
        {
            kind: _first_that_fits(found)
            for kind, found in ways.items()
            if found and kind not in plain
        },
    )


def choices(hint: object) -> tuple[object, ...]:
    """List the types that a declared type is a choice of: at least itself."""
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)


def _ways(hint: object, kind: type) -> Iterator[_Read]:
    """Find how a JSON value of this kind can be read, in the order of the choices."""
    for choice in choices(hint):
        way = _way(choice, kind)
        if way is not None:
            yield way
        if way is _as_it_is:
            return


def _way(hint: Any, kind: type) -> _Read | None:  # noqa: ANN401, PLR0911  (a line for each type)
    origin = typing.get_origin(hint) or hint
    if hint is Any:
        return _as_it_is
    if origin is Literal:
        return _one_of({value: value for value in typing.get_args(hint)}, kind)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _one_of({member.value: member for member in hint}, kind)
    if kind is list and origin is list:
        return _list_of(*typing.get_args(hint))
    if kind is dict and origin is dict:
        return _dict_of(*typing.get_args(hint))
    if kind is dict and is_model(cast("object", hint)):
        return _model_decoder(cast("type", hint))
    if kind is str and hint is dt.datetime:
        return _moment
    if kind is float and hint is int:
        return _whole
    return _as_it_is if kind is hint or (kind is int and hint is float) else None


def _as_it_is(value: object) -> object:
    return value


def _refuse(_: object) -> NoReturn:
    raise MisfitError


def _first_that_fits(ways: list[_Read]) -> _Read:
    if len(ways) == 1:
        return ways[0]

    def read(value: object) -> object:
        for way in ways:
            try:
                return way(value)
            except MisfitError:
                continue
        raise MisfitError

    return read


def _one_of(members: dict[Any, object], kind: type) -> _Read | None:
    known = {value: member for value, member in members.items() if type(value) is kind}

    def read(value: object) -> object:
        if value not in known:
            raise MisfitError
        return known[value]

    return read if known else None


def _list_of(hint: object) -> _Read:
    item = reading(hint)
    plain, others = item.plain, item.others
    if plain == _JSON_TYPES:
        return _as_it_is

    def read(items: list[object]) -> list[object]:
        if plain.issuperset(map(type, items)):
            return items
        if plain:
            return [item(value) for value in items]
        return [others.get(type(value), _refuse)(value) for value in items]

    return read


def _dict_of(_: object, hint: object) -> _Read:
    member = reading(hint)
    if member.plain == _JSON_TYPES:
        return _as_it_is

    def read(members: dict[str, object]) -> dict[str, object]:
        if member.plain.issuperset(map(type, members.values())):
            return members
        return {name: member(value) for name, value in members.items()}

    return read


def _whole(value: float) -> int:
    if not value.is_integer():
        raise MisfitError
    return int(value)


def _moment(text: str) -> dt.datetime:
    # What reads dates also takes other texts for a moment that they do not name.
    if not _DATE_TIME.fullmatch(text):
        raise MisfitError
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return _rare_moment(text)


def _rare_moment(text: str) -> dt.datetime:
    """Read what `fromisoformat` does not: a lower-case z, and the hour 24."""
    from dateutil import parser  # noqa: PLC0415  (few replies are worth its import)

    try:
        return parser.isoparse(text)
    except ValueError:
        raise MisfitError from None


def model_decoder(model: type[_ModelT]) -> Callable[[object], _ModelT]:
    """Prepare the reading of a model from an object.

    Returns:
        A function that takes the parsed object, which it may keep parts of, and raises MisfitError
        where that is no object or does not fit.
    """
    return cast("Callable[[object], _ModelT]", _model_decoder(cast("type", model)))


@cache
def _model_decoder(model: type) -> _Read:
    names: dict[str, object] = {
        "model_class": model,
        "new": model.__new__,
        "unset": UNSET,
        "refuse": _refuse,
        "unknown_fields": _unknown_fields(model),
    }
    make_on_demand(model)
    exec("\n".join(_source(model, names)), names)  # noqa: S102  (written below, from the model)
    return cast("_Read", names["decode"])


def _source(model: type, names: dict[str, object]) -> Iterator[str]:
    """Write the function; put what it refers to into the names."""
    yield "def decode(raw):"
    yield "    if type(raw) is not dict: refuse(raw)"
    # Set one by one, as when a model is unpickled: half the time of its __init__.
    yield "    model = new(model_class)"
    yield "    unknown = len(raw)"
    for field in fields_of(model):
        attribute, key = field.attribute, repr(field.json_name)
        read = reading(field.hint)
        names |= {f"{attribute}_plain": read.plain, f"{attribute}_others": read.others}
        # Most values are of one type: to compare takes half as long as to look it up.
        names[f"{attribute}_usual"] = next(filter(read.plain.__contains__, _USUAL), None)
        yield f"    if {key} in raw:"
        yield "        unknown -= 1"
        yield f"        value = raw[{key}]"
        yield "        kind = type(value)"
        yield f"        if kind is not {attribute}_usual and kind not in {attribute}_plain:"
        yield f"            value = {attribute}_others.get(kind, refuse)(value)"
        yield f"        model.{attribute} = value"
        yield f"    else: {'refuse(raw)' if field.required else f'model.{attribute} = unset'}"
    yield f"    if unknown: model.{UNKNOWN_FIELDS} = unknown_fields(raw)"
    yield "    return model"


def _unknown_fields(model: type) -> _Read:
    known = {field.json_name for field in fields_of(model)}
    read = reading(type_hints(model).get(UNKNOWN_FIELDS, dict[str, Any]))
    if not known:  # all of them are
        return read
    return lambda raw: read({name: raw[name] for name in raw if name not in known})
