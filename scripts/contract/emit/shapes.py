"""How the values of a declared type are read: worked out once, when the code is written.

The rules that hold for every reply: a field may be absent or null, and is None either way, unless
operations.yaml requires it; an enumeration is open, its values are text; unknown fields are kept.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.strings import in_double_quote_literal, safe_for_docstring, snake_case

from scripts.contract.emit import parser_types as opc
from scripts.contract.emit.parsing import Parsed
from scripts.tools.refusals import RefusedError

ANY = "Any"
HERE = '""'  # the place of a value that stands in nothing
_TAKEN = {"additional_keys", "additional_properties", "from_dict", "to_dict"}  # of every model
# What a repr shows beside numbers, moments, and true and false.
_TELLING = {"agent_name", "category", "name", "role", "slug"}
_ONE_OF_SEVERAL = re.compile(r"Type\d+")
_SCALARS = {"bool", "float", "int", "str"}


@dataclass(frozen=True)
class Way:
    """One of the types that a value may have."""

    hint: str
    kind: str
    """The type that JSON gives; `object` is any."""
    read: str = ""
    """The function that reads it. Neither this nor a call: it is taken as it comes."""
    call: str = ""
    """The call that reads it, with {place} and {value}, where it takes more than a function."""
    item: str = ""
    """The function that reads each item of a list."""

    @property
    def plain(self) -> bool:
        """Whether it is taken as it comes."""
        return not self.read and not self.call

    def reading(self, place: str, value: str) -> str:
        """Write the call that reads a value."""
        if self.call:
            return self.call.format(place=place, value=value)
        return f"nested({place}, {self.read}, {value})"


@dataclass(frozen=True)
class Field:
    """One field of a model."""

    name: str
    """In JSON."""
    attribute: str
    ways: tuple[Way, ...]
    required: bool
    doc: str
    shown: bool
    """In a repr."""

    @property
    def hint(self) -> str:
        """The declared type."""
        return hint_of(self.ways, optional=not self.required)

    @property
    def key(self) -> str:
        """Its name in JSON, quoted."""
        return f'"{in_double_quote_literal(self.name)}"'

    @property
    def place(self) -> str:
        """What an error calls it, quoted."""
        return f'".{in_double_quote_literal(self.name)}"'


@dataclass(frozen=True)
class ModelShape:
    """One model."""

    name: str
    module: str
    """Its name in small letters."""
    doc: str
    fields: tuple[Field, ...]
    rest: str
    """The function that reads an unknown field; none: it is taken as it comes."""


@dataclass(frozen=True)
class EnumShape:
    """The known values of an enumeration."""

    doc: str
    values: dict[str, str]
    """What each value is called."""


@dataclass(frozen=True)
class Function:
    """A function that reads values of several types."""

    name: str
    ways: tuple[Way, ...]


@dataclass
class Shapes:
    """Collects what the replies of a contract reach."""

    parsed: Parsed
    models: dict[str, ModelShape] = field(default_factory=dict[str, ModelShape])
    enums: dict[str, EnumShape] = field(default_factory=dict[str, "EnumShape"])
    functions: dict[str, Function] = field(default_factory=dict[str, Function])
    _begun: set[str] = field(default_factory=set[str])
    _named: dict[str, str] = field(default_factory=dict[str, str])

    def ways(self, prop: opc.Property, name: str) -> tuple[Way, ...]:
        """List the types that a value may have beside null, the first that is meant first.

        Args:
            prop: The parsed property.
            name: Names the functions that are needed to read it.
        """
        several = [*choices(prop)]
        found = [
            way
            for number, choice in enumerate(several)
            for way in self._ways(choice, f"{name}_{number}" if number else name)
        ]
        if any(way.hint == ANY for way in found):
            return (Way(ANY, "object"),)
        return tuple(dict.fromkeys(found))

    def function(self, ways: Sequence[Way], name: str) -> str:
        """Name the function that reads one value of these types."""
        (first, *others) = ways
        if first.read and not others:
            return first.read
        called = f"read_{name}"
        self.functions[called] = Function(called, tuple(ways))
        return called

    def _ways(self, prop: opc.Property, name: str) -> Iterator[Way]:  # noqa: C901, PLR0912  (one a type)
        match prop:
            case opc.NoneProperty():
                return
            case opc.AnyProperty():
                yield Way(ANY, "object")
            case opc.EnumProperty() if prop.value_type is int:
                yield from _INTEGER
            case opc.EnumProperty():
                name = self._class_name(str(prop.class_info.name))
                values = {str(value): member for member, value in prop.values.items()}
                known = self.enums.setdefault(name, EnumShape(doc_of(prop) or name, {}))
                known.values.update(values)
                yield _TEXT
            case opc.ConstProperty():
                yield from _CONSTANTS[type(prop.value.raw_value)]
            case opc.StringProperty() | opc.UuidProperty() | opc.FileProperty():
                yield _TEXT
            case opc.BooleanProperty():
                yield Way("bool", "bool")
            case opc.FloatProperty():
                yield from _NUMBER
            case opc.IntProperty():
                yield from _INTEGER
            case opc.DateTimeProperty():
                yield Way("datetime.datetime", "str", "moment")
            case opc.DateProperty():
                yield Way("datetime.date", "str", "date")
            case opc.ListProperty():
                yield self._list(prop, name)
            case opc.ModelProperty():
                yield self._model(prop, name)
            case _:
                raise RefusedError(f"{raw(prop.name)}: {type(prop).__name__} cannot be read")

    def _list(self, prop: opc.ListProperty, name: str) -> Way:
        items = self.ways(prop.inner_property, f"{name}_item")
        optional = is_nullable(prop.inner_property)
        hint = f"list[{hint_of(items, optional=optional)}]"
        if _is_any(items):
            return Way(hint, "list")
        if all(way.plain for way in items):
            kinds = [way.kind for way in items] + ["type(None)"] * optional
            return Way(
                hint,
                "list",
                call=f"list_of_plain({{place}}, frozenset(({', '.join(kinds)},)), {{value}})",
            )
        read = self._item(items, f"{name}_item", optional=optional)
        return Way(hint, "list", call=f"list_of({{place}}, {read}, {{value}})", item=read)

    def _dict(self, prop: opc.ModelProperty, name: str) -> Way:
        """Read an object of which the contract names no member."""
        more = prop.additional_properties
        if more is None or isinstance(more, opc.AnyProperty):
            return Way("dict[str, Any]", "dict")
        members = self.ways(more, f"{name}_member")
        optional = is_nullable(more)
        hint = f"dict[str, {hint_of(members, optional=optional)}]"
        if _is_any(members):
            return Way(hint, "dict")
        read = self._item(members, f"{name}_member", optional=optional)
        return Way(hint, "dict", call=f"dict_of({{place}}, {read}, {{value}})")

    def _item(self, ways: Sequence[Way], name: str, *, optional: bool) -> str:
        return self.function((*ways, NULL) if optional else ways, name)

    def _model(self, copied: opc.ModelProperty, name: str) -> Way:
        prop = self.parsed.models[str(copied.class_info.name)]
        class_name = self._class_name(str(copied.class_info.name))
        if self._named.setdefault(class_name, prop.class_info.name) != prop.class_info.name:
            class_name = str(prop.class_info.name)
        properties = [*(prop.required_properties or ()), *(prop.optional_properties or ())]
        if not properties:
            return self._dict(prop, name)
        if class_name not in self._begun:
            self._begun.add(class_name)
            self.models[class_name] = self._shape(prop, class_name, properties)
        return Way(class_name, "dict", f"{class_name}.from_dict")

    def _class_name(self, name: str) -> str:
        """Name a class; leave out what the parser adds for one of several types, such as null."""
        if name in self.parsed.components:
            return name
        short = _ONE_OF_SEVERAL.sub("", name)
        taken = short in self.parsed.components or short in self.parsed.models
        return name if taken or not short else short

    def _shape(
        self, prop: opc.ModelProperty, class_name: str, properties: Iterable[opc.Property]
    ) -> ModelShape:
        module = snake_case(class_name)
        required = self.parsed.required.get(class_name, set())
        fields = sorted(
            (self._field(each, class_name, module, required) for each in properties),
            key=lambda each: not each.required,
        )
        lacking = required - {each.name for each in fields}
        if lacking:
            raise RefusedError(f"operations.yaml: required: {class_name} has no {min(lacking)}")
        attributes = [each.attribute for each in fields]
        for taken in attributes:
            if taken in _TAKEN or attributes.count(taken) > 1:
                raise RefusedError(
                    f"{class_name}: a field would be called {taken}, as "
                    f"{'something that every model has' if taken in _TAKEN else 'another'}; "
                    "rename or remove it in overlay/corrections"
                )
        more, rest = prop.additional_properties, ""
        if more is not None and not isinstance(more, opc.AnyProperty):
            members = self.ways(more, f"{module}_member")
            if not _is_any(members):
                rest = self._item(members, f"{module}_member", optional=is_nullable(more))
        return ModelShape(class_name, module, doc_of(prop) or class_name, tuple(fields), rest)

    def _field(self, prop: opc.Property, class_name: str, module: str, required: set[str]) -> Field:
        name, attribute = raw(prop.name), str(prop.python_name)
        try:
            ways = self.ways(prop, f"{module}_{attribute}")
        except RefusedError as error:
            raise RefusedError(f"{class_name}: {error}") from error
        several = [*choices(prop)]
        return Field(
            name=name,
            attribute=attribute,
            ways=ways,
            required=name in required,
            doc=doc_of(prop),
            shown={way.kind for way in ways} <= _SCALARS
            and (
                name in required
                or attribute in _TELLING
                or any(isinstance(choice, opc.EnumProperty) for choice in several)
                or all(isinstance(choice, _SHORT) for choice in several)
            ),
        )


_TEXT = Way("str", "str")
NULL = Way("None", "type(None)")
_NUMBER = (Way("float", "float"), Way("float", "int"))
_INTEGER = (Way("int", "int"), Way("int", "float", "whole"))
_CONSTANTS: dict[type, tuple[Way, ...]] = {
    str: (_TEXT,),
    bool: (Way("bool", "bool"),),
    int: _INTEGER,
    float: _NUMBER,
}
_SHORT = (
    opc.BooleanProperty,
    opc.DateProperty,
    opc.DateTimeProperty,
    opc.FloatProperty,
    opc.IntProperty,
    opc.NoneProperty,
)


def hint_of(ways: Iterable[Way], *, optional: bool) -> str:
    """Write a declared type."""
    hints = dict.fromkeys(way.hint for way in ways)
    if ANY in hints:
        return ANY  # null is any value
    return " | ".join([*hints, *["None"] * optional]) or "None"


def reading_lines(ways: Sequence[Way], value: str, place: str, *, optional: bool) -> Iterator[str]:
    """Write what holds a value against its types, and puts what was read in its place."""
    by_kind: dict[str, list[Way]] = {}
    for way in ways:
        known = by_kind.setdefault(way.kind, [])
        if not any(other.plain for other in known):  # which leaves nothing to the others
            known.append(way)
    if "object" in by_kind:
        if not optional:
            yield f"if {value} is None:"
            yield f"    refuse({value}, {place})"
        return
    plain = [kind for kind, known in by_kind.items() if known[0].plain]
    special = {kind: known for kind, known in by_kind.items() if not known[0].plain}
    guards = [f"{value} is not None"] * optional
    guards += [f"type({value}) is not {kind}" for kind in plain]
    indent = ""
    if guards:
        yield f"if {' and '.join(guards)}:"
        indent = "    "
    for number, (kind, known) in enumerate(special.items()):
        reading = f"{value} = {_one_reading(known, place, value)}"
        if len(special) == 1:  # what reads it refuses the rest
            yield f"{indent}{reading}"
            return
        yield f"{indent}{'el' * bool(number)}if type({value}) is {kind}:"
        yield f"{indent}    {reading}"
    if special:
        yield f"{indent}else:"
        indent += "    "
    yield f"{indent}refuse({value}, {place})"


def _one_reading(ways: Sequence[Way], place: str, value: str) -> str:
    if len(ways) == 1:
        return ways[0].reading(place, value)
    reads = ", ".join(_as_function(way) for way in ways)
    return f"first_that_fits({place}, ({reads}), {value})"


def _as_function(way: Way) -> str:
    if way.plain:
        return "as_it_is"
    return way.read or f"lambda value: {way.reading(HERE, 'value')}"


def doc_of(prop: Any) -> str:  # noqa: ANN401  (a property, a model or an endpoint)
    """Take a description, so that it may stand in a docstring."""
    text = re.sub(r"\r\n?", "\n", safe_for_docstring(prop.description or "")).strip()
    text = "\n".join(line.rstrip() for line in text.splitlines())
    return f"{text} " if text.endswith('"') else text


def one_line(text: Any) -> str:  # noqa: ANN401  (a text of the contract, or none)
    """Take a text, so that it may stand in a line of a docstring."""
    line = " ".join(safe_for_docstring(text or "").split())
    return f"{line} " if line.endswith('"') else line


def raw(text: Any) -> str:  # noqa: ANN401  (the parser's, which guards what is from outside)
    """Take a text of the contract, which is quoted before it is written."""
    return text if isinstance(text, str) else text.get_untrusted_value()


def choices(prop: opc.Property) -> Iterable[opc.Property]:
    """List what a union is a choice of; of anything else itself."""
    if not isinstance(prop, opc.UnionProperty):
        return [prop]
    return [inner for each in prop.inner_properties for inner in choices(each)]


def is_nullable(prop: opc.Property) -> bool:
    """Whether the contract allows null."""
    return any(isinstance(choice, opc.NoneProperty) for choice in choices(prop))


def _is_any(ways: Sequence[Way]) -> bool:
    return any(way.hint == ANY for way in ways)
