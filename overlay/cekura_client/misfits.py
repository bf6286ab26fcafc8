"""Says where parsed JSON is not of its declared type, and how: for a reply that was refused."""

import datetime as dt
import typing
from collections.abc import Iterator
from typing import Any, cast

from cekura_client.decoders import MisfitError, choices, reading
from cekura_client.model_fields import fields_of, is_model, type_hints
from cekura_client.unknown_fields import UNKNOWN_FIELDS

_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def kind_of(value: object) -> str:
    """Name the kind of a JSON value."""
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def misfit(hint: Any, value: object, place: str) -> str | None:  # noqa: ANN401  (a type hint)
    """Find a value that is not of its declared type.

    Args:
        hint: The declared type.
        value: The parsed JSON.
        place: How the value is called.

    Returns:
        A sentence that names the place; None where all fits.
    """
    try:
        reading(hint)(value)
    except MisfitError:
        # Of several types that may have been meant, the deepest misfit tells the most.
        return max((_misfit(choice, value, place) for choice in choices(hint)), key=len)
    return None


def _misfit(hint: Any, value: object, place: str) -> str:  # noqa: ANN401  (a type hint)
    for step, inner_hint, inner in _parts(hint, value):
        found = misfit(inner_hint, inner, f"{place}{step}")
        if found is not None:
            return found
    if is_model(hint):
        return f"{place} {_lacking(hint, value) or f'is {kind_of(value)}, not an object'}"
    if hint is dt.datetime and isinstance(value, str):
        return f"{place} is a text that is no date and time"
    return f"{place} is {kind_of(value)}"


def _lacking(model: type, value: object) -> str | None:
    if not isinstance(value, dict):
        return None
    lacking = [
        field.json_name
        for field in fields_of(model)
        if field.required and field.json_name not in value
    ]
    return f"lacks {', '.join(map(repr, lacking))}"


def _parts(hint: Any, value: object) -> Iterator[tuple[str, object, object]]:  # noqa: ANN401
    """List what a value of this type holds: the step to it, its declared type, itself."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(value, list) and origin is list:
        for index, item in enumerate(cast("list[object]", value)):
            yield f"[{index}]", arguments[0], item
    elif isinstance(value, dict) and (origin is dict or is_model(hint)):
        declared = {field.json_name: field.hint for field in fields_of(hint)} if not origin else {}
        others = arguments or typing.get_args(type_hints(hint)[UNKNOWN_FIELDS])
        for name, member in cast("dict[str, object]", value).items():
            yield f".{name}", declared.get(name, others[1]), member
