"""Writes the operations: a function each, from its arguments to what is sent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import fill

from openapi_python_client.parser.bodies import BodyType
from openapi_python_client.parser.responses import Response
from openapi_python_client.strings import in_double_quote_literal, in_f_string_literal

from scripts.contract.emit import parser_types as opc
from scripts.contract.emit.parsing import Covered, Parameter, Parsed
from scripts.contract.emit.shapes import (
    ANY,
    NULL,
    Shapes,
    Way,
    choices,
    hint_of,
    is_nullable,
    one_line,
    raw,
)
from scripts.tools.refusals import RefusedError

# An argument may have any name but one that begins with an underscore.
_HEAD = '''
"""The operations: each from its arguments to what is sent, and how its reply is read."""

import datetime
from typing import Any, Literal
from urllib.parse import quote as _quote

from .model import written as _written
from .operation import OMIT, Omit, Operation
from .operation import given as _given
from .operation import parameter as _parameter
from .operation import text as _text
from .operation import unless_omitted as _unless_omitted
from .reading import as_it_is as _as_it_is
from .reading import as_text as _as_text
from .reading import nothing as _nothing
from .reading import nothing_or as _nothing_or
from .reading import one as _one
from .reading import rows as _rows
'''


def operations_module(parsed: Parsed, shapes: Shapes) -> str:
    """Write the module; take note of the models that the replies reach."""
    operations = sorted(parsed.operations, key=lambda each: each.entry.python_name)
    names = [each.entry.python_name for each in operations]
    lines = [f"__all__ = {names!r}\n\n"]
    for each in operations:
        try:
            lines += _operation(each, shapes)
        except RefusedError as error:
            raise RefusedError(f"{each.entry.method} {each.path}: {error}") from error
    # Those that are not used here are taken out again when the code is tidied.
    known = ", ".join(sorted([*shapes.models, *shapes.functions]))
    imports = f"from .models import {known}\n" if known else ""
    return "\n".join([_HEAD.lstrip() + imports, *lines]) + "\n"


@dataclass(frozen=True)
class _Argument:
    name: str
    """In the contract."""
    python_name: str
    hint: str
    required: bool
    nullable: bool
    value: str
    """How it is written into what is sent."""
    doc: str

    @property
    def key(self) -> str:
        return f'"{in_double_quote_literal(self.name)}"'

    @property
    def declaration(self) -> str:
        declared = f"{self.python_name}: {self.hint}"
        if self.required:
            return declared
        return f"{declared} | Omit = OMIT" if self.nullable else f"{declared} | None = None"


def _operation(covered: Covered, shapes: Shapes) -> Iterator[str]:
    entry, endpoint = covered.entry, covered.endpoint
    for prop in (*endpoint.header_parameters, *endpoint.cookie_parameters):
        if prop.required:
            raise RefusedError(f"{raw(prop.name)}: a required header or cookie is not supported")
    path = [_parameter(each, covered) for each in endpoint.path_parameters]
    query = [_parameter(each, covered) for each in endpoint.query_parameters]
    members, body = _body(covered, [each.python_name for each in (*path, *query)])
    arguments = sorted([*path, *query, *members], key=lambda each: not each.required)
    hint, read = _reply(covered, shapes)
    pairs = [_pairs(each, covered.parameters[each.name]) for each in query]
    yield f"def {entry.python_name}("
    if arguments:
        yield "    *,"
    yield from (f"    {each.declaration}," for each in arguments)
    yield f") -> Operation[{hint}]:"
    yield from _docstring(covered, arguments)
    yield "    return Operation("
    yield f'        name="{entry.python_name}",'
    yield f'        method="{entry.method.upper()}",'
    yield f"        path={_path(covered)},"
    yield f"        query=[{', '.join(pairs)}],"
    yield f"        body={body},"
    yield f"        costs_credits={entry.costs_credits},"
    yield f"        read={read},"
    yield "    )\n\n"


def _parameter(prop: opc.Property, covered: Covered) -> _Argument:
    doc = one_line(covered.parameters[raw(prop.name)].doc)
    # What a query has no value for is left out, so null says nothing of its own.
    return replace(_argument(prop), nullable=False, doc=doc)


def _docstring(covered: Covered, arguments: Iterable[_Argument]) -> Iterator[str]:
    text = one_line(covered.endpoint.summary) or covered.entry.python_name
    text = text if text.endswith((".", "!", "?")) else f"{text}."
    told = [each for each in arguments if each.doc]
    yield f'    """{text}'
    if told:
        yield "\n    Args:"
        for each in told:
            yield fill(
                f"{each.python_name}: {each.doc}",
                100,
                initial_indent=" " * 8,
                subsequent_indent=" " * 12,
                break_long_words=False,
                break_on_hyphens=False,
            )
    yield '    """'


def _reply(covered: Covered, shapes: Shapes) -> tuple[str, str]:
    """Find what is made of an accepted reply, and what reads it."""
    replies = [*covered.endpoint.responses]
    full = [each for each in replies if each.source["return_type"] != "None"]
    if not full:
        return "None", "_nothing"
    kinds = {each.source["return_type"] for each in full}
    name = covered.entry.python_name
    if kinds == {"str"}:
        hint, read = "str", "_as_text"
    elif kinds == {"bytes"} or all(isinstance(each.prop, opc.FileProperty) for each in full):
        hint, read = "bytes", "bytes"
    elif kinds == {"Any"}:
        hint, read = _json_reply(full, shapes, name)
    else:
        raise RefusedError(f"its replies are of several kinds: {', '.join(sorted(kinds))}")
    if len(full) == len(replies):
        return hint, read
    return f"{hint} | None", f"_nothing_or({read})"


def _json_reply(replies: Sequence[Response], shapes: Shapes, name: str) -> tuple[str, str]:
    ways: tuple[Way, ...] = tuple(
        dict.fromkeys(way for each in replies for way in shapes.ways(each.prop, f"{name}_reply"))
    )
    if any(is_nullable(each.prop) for each in replies):
        ways = (*ways, NULL)
    hint = hint_of(ways, optional=False)
    (first, *others) = ways
    if first.item and not others:
        return hint, f"_rows({first.item})"
    if hint == ANY:
        return hint, "_one(_as_it_is)"
    return hint, f"_one({shapes.function(ways, f'{name}_reply')})"


def _path(covered: Covered) -> str:
    """Write the path, with its parameters filled in."""
    text = in_f_string_literal(covered.path)
    for each in covered.endpoint.path_parameters:
        placeholder = in_f_string_literal(f"{{{raw(each.name)}}}")
        if placeholder not in text:
            raise RefusedError(f"{raw(each.name)}: no such parameter in the path")
        text = text.replace(placeholder, f"{{_quote(_text({each.python_name}), safe='')}}")
    if not covered.endpoint.path_parameters:
        return f'"{in_double_quote_literal(covered.path)}"'
    if "{{" in text:
        raise RefusedError("a parameter of the path is not declared")
    return f'f"{text}"'


def _pairs(each: _Argument, told: Parameter) -> str:
    written = [each.key, each.python_name]
    if told.style != "form":
        written.append(f'"{told.style}"')
    if not told.explode and told.style != "json":
        written.append("explode=False")
    return f"*_parameter({', '.join(written)})"


def _body(covered: Covered, taken: Sequence[str]) -> tuple[list[_Argument], str]:
    """Find the arguments that make up the body, and write what puts it together."""
    bodies = covered.endpoint.bodies
    if not bodies:
        return [], "None"
    found = [body.prop for body in bodies if body.body_type == BodyType.JSON]
    if len(found) != 1:
        raise RefusedError(f"it has {len(found) or 'no'} JSON bodies; only one can be sent")
    (prop,) = found
    members = _members(prop)
    if members is None:
        whole = replace(_argument(prop), name="body", python_name="body", required=prop.required)
        return [whole], _value(prop, "body")
    arguments = [
        replace(each, python_name=name, value=each.value.replace(each.python_name, name))
        for each in members
        for name in [f"{each.python_name}_body" if each.python_name in taken else each.python_name]
    ]
    required = [each for each in arguments if each.required]
    optional = [each for each in arguments if not each.required and not each.nullable]
    nullable = [each for each in arguments if not each.required and each.nullable]
    parts = [_object(required)] if required or not arguments else []
    parts += [f"_given({_object(optional)})"] if optional else []
    parts += [f"_unless_omitted({_object(nullable)})"] if nullable else []
    body = " | ".join(parts)
    return arguments, body if prop.required else f"({body}) or None"


def _members(prop: opc.Property) -> list[_Argument] | None:
    """List the members of a body that is an object with members; what only replies have is not."""
    if not isinstance(prop, opc.ModelProperty):
        return None
    properties = [*(prop.required_properties or ()), *(prop.optional_properties or ())]
    if not properties:
        return None
    schemas = {raw(name): schema for name, schema in (prop.data.properties or {}).items()}
    sent = [each for each in properties if not getattr(schemas.get(raw(each.name)), "readOnly", 0)]
    return [_argument(each) for each in sent]


def _object(arguments: Iterable[_Argument]) -> str:
    return f"{{{', '.join(f'{each.key}: {each.value}' for each in arguments)}}}"


def _argument(prop: opc.Property) -> _Argument:
    name = str(prop.python_name)
    return _Argument(
        name=raw(prop.name),
        python_name=name,
        hint=_hint(prop),
        required=prop.required,
        nullable=is_nullable(prop),
        value=_value(prop, name),
        doc=one_line(prop.description),
    )


def _value(prop: opc.Property, name: str) -> str:
    return f"_written({name})" if "datetime." in _hint(prop) else name


def _hint(prop: opc.Property) -> str:
    """Write the type of an argument: here an enumeration is closed, and an object is a dict."""
    hints = list(dict.fromkeys(_one_hint(choice) for choice in choices(prop)))
    return ANY if ANY in hints else " | ".join(hints)


def _one_hint(prop: opc.Property) -> str:  # noqa: C901, PLR0911, PLR0912  (one a type)
    match prop:
        case opc.NoneProperty():
            return "None"
        case opc.AnyProperty():
            return ANY
        case opc.EnumProperty():
            return _literal([*prop.values.values()])
        case opc.ConstProperty():
            return _literal([prop.value.raw_value])
        case opc.StringProperty() | opc.UuidProperty() | opc.FileProperty():
            return "str"
        case opc.BooleanProperty():
            return "bool"
        case opc.FloatProperty():
            return "float"
        case opc.IntProperty():
            return "int"
        case opc.DateTimeProperty():
            return "datetime.datetime"
        case opc.DateProperty():
            return "datetime.date"
        case opc.ListProperty():
            return f"list[{_hint(prop.inner_property)}]"
        case opc.ModelProperty():
            return "dict[str, Any]"
        case _:
            raise RefusedError(f"{raw(prop.name)}: {type(prop).__name__} cannot be sent")


def _literal(values: Sequence[object]) -> str:
    texts = [
        f'"{in_double_quote_literal(value)}"' if isinstance(value, str) else repr(value)
        for value in values
    ]
    return f"Literal[{', '.join(texts)}]"
