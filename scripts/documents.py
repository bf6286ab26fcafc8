"""Read and write YAML and JSON documents.

YAML 1.2, no key twice, dates stay text, and the same bytes every time.
"""

import json
import math
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias, cast

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.parser import Parser
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import LiteralScalarString

from scripts.libyaml_parser import OneParserComposer, libyaml_parser
from scripts.refusals import RefusedError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Document: TypeAlias = dict[str, Json]

# The vendor's whole document has 62,000 values, 20 levels deep.
_MOST_VALUES = 1_000_000
_DEEPEST = 100


class _DatesAsText(SafeConstructor):
    """YAML's constructor without dates: a contract's example dates are text."""


class _Plain(RoundTripRepresenter):
    """The representer that keeps the order of keys, without anchors and with null spelled out."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - ruamel's signature
        return True

    def represent_none(self, data: None) -> ScalarNode:  # noqa: ARG002 - ruamel's signature
        return ScalarNode("tag:yaml.org,2002:null", "null")


# ruamel.yaml leaves these untyped.
cast("Any", _DatesAsText).add_constructor(
    "tag:yaml.org,2002:timestamp", cast("Any", SafeConstructor).construct_yaml_str
)
cast("Any", _Plain).add_representer(type(None), _Plain.represent_none)


def parse_document(text: str, name: str) -> Document:
    """Read one YAML or JSON document.

    Args:
        text: The document.
        name: What messages call it.

    Returns:
        The document, its keys in the order of the text.

    Raises:
        RefusedError: It cannot be read, names a key twice, has a key that is no text or a value
            that JSON cannot hold, is too large or too deep, or is not an object.
    """
    try:
        as_json = text.lstrip()[:1] == "{"
        value: object = _parse_json(text, name) if as_json else _parse_yaml(text, name)
    except RecursionError:
        raise RefusedError(f"{name}: nested more than {_DEEPEST} levels deep") from None
    if not isinstance(value, dict):
        raise RefusedError(f"{name}: expected an object at the top, found {type(value).__name__}")
    return cast("Document", _Checks(name).checked(cast("object", value), ()))


def load_yaml(text: str, parser: Callable[..., object] = Parser) -> object:
    """Read YAML 1.2 as it stands.

    Args:
        text: The document.
        parser: Which of ruamel.yaml's parsers, or one with their interface, takes it apart.

    Returns:
        The document; what aliases share is one object.

    Raises:
        Exception: It cannot be read, or names a key twice; of many types.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = False
    yaml.Constructor = _DatesAsText
    yaml.Parser = parser
    if parser is not Parser:
        yaml.Composer = OneParserComposer
    with warnings.catch_warnings(action="ignore", category=ReusedAnchorWarning):
        return cast("object", cast("Any", yaml).load(text))


def files_in(folder: Path) -> list[Path]:
    """List the files of a folder by name, without what editors hide there."""
    return sorted(path for path in folder.glob("*") if not path.name.startswith("."))


def read_document(path: Path, name: str = "") -> Document:
    """Read a YAML or JSON file.

    Args:
        path: The file.
        name: What messages call it; its file name unless given.

    Returns:
        The document, its keys in the order of the file.

    Raises:
        RefusedError: It cannot be read, or is not a document (see `parse_document`).
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"{name or path.name}: cannot be read: {error}") from error
    return parse_document(text, name or path.name)


def format_document(document: Document, comment: str = "") -> str:
    """Format a document as YAML: keys in the given order, block text for text of several lines.

    Args:
        document: The document.
        comment: Lines to put on top, without their `#`.

    Returns:
        YAML which reads back as the same document.

    Raises:
        RefusedError: It would not read back as the same document.
    """
    yaml = YAML()
    yaml.Representer = _Plain
    yaml.width = 1_000_000  # a folded line would end in a space
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    cast("Any", yaml).dump(_blocks(document), stream)
    text = stream.getvalue()
    if parse_document(text, "the formatted document") != document:
        raise RefusedError("the document does not survive being written as YAML")
    return "".join(f"# {line}\n" for line in comment.splitlines()) + text


def shown(value: Json, limit: int = 300) -> str:
    """Format a value for a message, on one line and not too long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}…"


def same(one: Json, other: Json) -> bool:
    """Compare as JSON does: 1 is not true, and the order of an object's members does not count."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def copied(value: Json) -> Json:
    """Copy a value with all that is in it, which `copy.deepcopy` takes six times as long for."""
    if isinstance(value, dict):
        return {key: copied(member) for key, member in value.items()}
    if isinstance(value, list):
        return [copied(entry) for entry in value]
    return value


def copied_document(document: Document) -> Document:
    """Copy a document."""
    return cast("Document", copied(document))


def place_text(parts: Iterable[str | int]) -> str:
    """Format the way to a part of a document for a message."""
    return " > ".join(str(part) for part in parts) or "the document"


def child(node: Json, *names: str) -> Json:
    """Walk down the members of objects; null where there is none."""
    for name in names:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _parse_json(text: str, name: str) -> object:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise RefusedError(f"{name}: key {twice!r} stands twice in one object")
        return members

    try:
        return cast("object", json.loads(text, object_pairs_hook=once))
    except ValueError:
        # YAML's flow style looks like JSON, and its reader says more about what is wrong.
        return _parse_yaml(text, name)


def _parse_yaml(text: str, name: str) -> object:
    # What is odd or wrong is for ruamel.yaml's own parser to read, and to tell of.
    with suppress(Exception):
        return load_yaml(text, libyaml_parser(text))
    try:
        return load_yaml(text)
    except RecursionError:
        raise
    except MarkedYAMLError as error:
        marked = cast("Any", error)
        mark = marked.problem_mark
        where = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        told = " ".join(text for text in (marked.context, marked.problem) if text)
        raise RefusedError(f"{name}: {where}not a YAML or JSON document: {told}") from error
    except Exception as error:  # it raises what it likes on numbers and characters that are none
        told = " ".join(str(error).split())
        raise RefusedError(f"{name}: not a YAML or JSON document: {told}") from error


class _Checks:
    """Copies values that JSON can hold; what YAML aliases share becomes apart."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._values = 0

    def checked(self, value: object, place: tuple[str | int, ...]) -> Json:
        """Copy a value, or refuse it."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise self._refusal((), f"more than {_MOST_VALUES:,} values, aliases counted in full")
        if len(place) > _DEEPEST:
            raise self._refusal(place[:3], f"nested more than {_DEEPEST} levels deep")
        if isinstance(value, dict):
            members: Document = {}
            for key, member in cast("dict[object, object]", value).items():
                if not isinstance(key, str):
                    raise self._refusal(place, f"key {key!r} is not text; put it in quotes")
                members[self._text(key, place)] = self.checked(member, (*place, key))
            return members
        if isinstance(value, list):
            entries = enumerate(cast("list[object]", value))
            return [self.checked(entry, (*place, number)) for number, entry in entries]
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refusal(place, f"{value} is not a number that JSON can hold")
        if isinstance(value, str):
            return self._text(value, place)
        if value is None or isinstance(value, int | float):
            return value
        raise self._refusal(place, f"a {type(value).__name__} is not what JSON can hold")

    def _text(self, text: str, place: tuple[str | int, ...]) -> str:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise self._refusal(place, f"{text!r} holds half a character") from None
        return text

    def _refusal(self, place: tuple[str | int, ...], told: str) -> RefusedError:
        return RefusedError(": ".join([self._name, *([place_text(place)] if place else []), told]))


def _blocks(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _blocks(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_blocks(entry) for entry in value]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
