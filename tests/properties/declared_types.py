"""Tells where a value is not of its declared type, by the hints alone."""

import types
import typing
from collections.abc import Hashable, Iterator, Sequence
from functools import cache
from typing import Any, cast

import attrs


def mistyped(value: object, hint: object, place: str = "") -> Iterator[str]:
    """Find the places whose values are not what the type hints promise.

    Args:
        value: A model, or what one may hold.
        hint: Its declared type.
        place: How the value is called.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return
    if origin in (typing.Union, types.UnionType):
        if all(any(mistyped(value, choice)) for choice in arguments):
            yield f"{place}: {value!r} is not {hint}"
    elif not _is_a(value, cast("type", origin or hint)):
        yield f"{place}: {value!r} is not {hint}"
    else:
        for name, member, inner in _parts(value, arguments):
            yield from mistyped(member, inner, f"{place}.{name}")


def _parts(value: object, arguments: Sequence[object]) -> Iterator[tuple[object, object, object]]:
    """Find what a value holds: its name, itself and its declared type."""
    if attrs.has(type(value)):
        for field, hint in _hints(cast("Hashable", type(value))).items():
            yield field, getattr(value, field), hint
    elif isinstance(value, list):
        for number, item in enumerate(cast("list[object]", value)):
            yield number, item, arguments[0]
    elif isinstance(value, dict):
        for name, member in cast("dict[object, object]", value).items():
            yield name, name, arguments[0]
            yield name, member, arguments[1]


def _is_a(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    # PEP 484: an int will do where a float is declared.
    return isinstance(value, (int, float) if kind is float else kind)


@cache
def _hints(model: Hashable) -> dict[str, object]:
    hints = typing.get_type_hints(cast("type", model))
    return {field.name: hints[field.name] for field in attrs.fields(cast("type", model))}
