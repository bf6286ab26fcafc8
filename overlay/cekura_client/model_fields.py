"""What the generated models declare: each field's name in JSON, its type, whether it must be."""

import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Self, cast

import attrs
from cekura_api import models as generated_models

from cekura_client.unknown_fields import UNKNOWN_FIELDS


@dataclass(frozen=True, slots=True)
class ModelField:
    """One field of a generated model."""

    attribute: str
    json_name: str
    hint: object
    required: bool


def is_model(hint: object) -> bool:
    """Whether a declared type is a generated model."""
    return isinstance(hint, type) and attrs.has(cast("type[object]", hint))


@cache
def type_hints(model: type) -> dict[str, object]:
    """Resolve the types that a model declares."""
    # Generated modules import one another's classes for type checkers only.
    return typing.get_type_hints(model, localns=vars(generated_models))


@cache
def fields_of(model: type) -> tuple[ModelField, ...]:
    """List the fields that the contract names; without what keeps unknown ones.

    Raises:
        TypeError: The model does not tell how one of them is called in JSON.
    """
    hints = type_hints(model)
    declared = [field for field in attrs.fields(model) if field.name != UNKNOWN_FIELDS]
    # A model tells its names by writing itself: `type_` is written as `type`.
    echoes = {field.name: _Echo() for field in declared}
    written: dict[str, object] = model(**echoes).to_dict()
    json_names = {
        id(cast("list[object]", echo)[0] if isinstance(echo, list) else echo): name
        for name, echo in written.items()
    }
    found: list[ModelField] = []
    for field in declared:
        json_name = json_names.get(id(echoes[field.name]))
        if json_name is None:
            raise TypeError(f"{model.__name__} does not write its field {field.name} as it is")
        required = field.default is attrs.NOTHING
        found.append(ModelField(field.name, json_name, hints[field.name], required))
    return tuple(found)


class _Echo:
    """Stands for any value, and is written as itself, or as a list of itself."""

    def __iter__(self) -> Iterator[Self]:
        yield self

    def to_dict(self) -> Self:
        return self

    def isoformat(self) -> Self:
        return self

    @property
    def value(self) -> Any:  # noqa: ANN401  (an enum's)
        return self
