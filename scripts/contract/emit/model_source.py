"""Writes the models, each of which reads and writes itself."""

from collections.abc import Iterator
from textwrap import indent

from openapi_python_client.strings import in_double_quote_literal

from scripts.contract.emit.shapes import (
    HERE,
    EnumShape,
    Field,
    Function,
    ModelShape,
    Shapes,
    hint_of,
    reading_lines,
)

_HEAD = '''
"""What the API's replies are read into."""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Any, Self

import attrs

from .model import Model, written
from .reading import (
    as_it_is, date, dict_of, first_that_fits, list_of, list_of_plain, moment, nested, refuse,
    unknown, whole,
)

_new = object.__new__
'''


def models_module(shapes: Shapes) -> str:
    """Write the module."""
    models = [shapes.models[name] for name in sorted(shapes.models)]
    names = sorted([*shapes.models, *shapes.enums])
    lines = [_HEAD.lstrip(), f"__all__ = {names!r}\n\n"]
    lines += [line for name in sorted(shapes.enums) for line in _enum(name, shapes.enums[name])]
    lines += [line for model in models for line in _model(model)]
    lines += [line for each in shapes.functions.values() for line in _function(each)]
    return "\n".join(lines) + "\n"


def _enum(name: str, enum: EnumShape) -> Iterator[str]:
    yield f"class {name}(StrEnum):"
    yield indent(f'"""{enum.doc}"""\n', "    ")
    for value, member in enum.values.items():
        yield f'    {member} = "{in_double_quote_literal(value)}"'
    yield "\n"


def _model(model: ModelShape) -> Iterator[str]:
    known = f"_{model.module.upper()}"
    yield f"{known} = frozenset(({', '.join(each.key for each in model.fields)},))\n\n"
    yield "@attrs.define(kw_only=True, repr=False)"
    yield f"class {model.name}(Model):"
    yield indent(f'"""{model.doc}"""\n', "    ")
    for each in model.fields:
        yield f"    {each.attribute}: {each.hint}{'' if each.required else ' = None'}"
        if each.doc:
            yield indent(f'"""{each.doc}"""', "    ")
    yield ""
    yield f"    _shown = {tuple(each.attribute for each in model.fields if each.shown)!r}"
    yield from _from_dict(model, known)
    yield "\n    def to_dict(self) -> dict[str, Any]:"
    yield '        """Write it as JSON has it; what was absent is null."""'
    yield "        return {"
    for each in model.fields:
        yield f"            {each.key}: {_writing(each)},"
    yield "        } | (self._additional_properties or {})\n\n"


def _from_dict(model: ModelShape, known: str) -> Iterator[str]:
    yield "\n    @classmethod"
    yield "    def from_dict(cls, raw: dict[str, Any]) -> Self:"
    yield '        """Read it from what JSON was parsed to, which it may keep parts of.\n'
    yield "        Raises:"
    yield "            DecodeError: A value is not of its declared type."
    yield '        """'
    yield "        if type(raw) is not dict:"
    yield "            refuse(raw)"
    # Set one by one, as when a model is unpickled: half the time of its __init__.
    yield "        model = _new(cls)"
    yield "        value: Any"
    for each in model.fields:
        yield f"        value = raw.get({each.key})"
        for line in reading_lines(each.ways, "value", each.place, optional=not each.required):
            yield f"        {line}"
        yield f"        model.{each.attribute} = value"
    yield f"        if {known}.issuperset(raw):"
    yield "            model._additional_properties = None"
    yield "        else:"
    rest = f"unknown(raw, {known})"
    if model.rest:
        rest = f'dict_of("", {model.rest}, {rest})'
    yield f"            model._additional_properties = {rest}"
    yield "        return model"


def _function(function: Function) -> Iterator[str]:
    yield f"def {function.name}(value: Any) -> {hint_of(function.ways, optional=False)}:"
    for line in reading_lines(function.ways, "value", HERE, optional=False):
        yield f"    {line}"
    yield "    return value\n\n"


def _writing(each: Field) -> str:
    value = f"self.{each.attribute}"
    as_it_is = all(
        way.plain or way.read == "whole" or way.call.startswith("list_of_plain")
        for way in each.ways
    )
    return value if as_it_is else f"written({value})"
