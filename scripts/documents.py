"""Read and write YAML and JSON documents.

YAML 1.2, no key twice, dates stay text, and the same bytes every time.
"""

import json
import math
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias, cast

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import LiteralScalarString

from scripts.refusals import RefusedError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Document: TypeAlias = dict[str, Json]


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
        RefusedError: It cannot be read, names a key twice, has a key that is no text or a number
            that JSON cannot hold, or is not an object.
    """
    value: object = _parse_json(text, name) if text.lstrip()[:1] == "{" else _parse_yaml(text, name)
    if not isinstance(value, dict):
        raise RefusedError(f"{name}: expected an object at the top, found {type(value).__name__}")
    return cast("Document", _checked(cast("object", value), f"{name}: "))


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
    except json.JSONDecodeError:
        # YAML's flow style looks like JSON, and its reader says more about what is wrong.
        return _parse_yaml(text, name)


def _parse_yaml(text: str, name: str) -> object:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = False
    yaml.Constructor = _DatesAsText
    try:
        return cast("object", cast("Any", yaml).load(text))
    except YAMLError as error:
        raise RefusedError(f"{name}: not a YAML document: {error}") from error


def _checked(value: object, where: str) -> Json:
    """Copy a value when it is what JSON can hold; what YAML aliases share becomes apart."""
    if isinstance(value, dict):
        members: Document = {}
        for key, member in cast("dict[object, object]", value).items():
            if not isinstance(key, str):
                raise RefusedError(f"{where}key {key!r} is not text; put it in quotes")
            members[key] = _checked(member, f"{where}{key} > ")
        return members
    if isinstance(value, list):
        entries = enumerate(cast("list[object]", value))
        return [_checked(entry, f"{where}{number} > ") for number, entry in entries]
    if isinstance(value, float) and not math.isfinite(value):
        raise RefusedError(f"{where}{value} is not a number that JSON can hold")
    if value is None or isinstance(value, str | int | float):
        return value
    raise RefusedError(f"{where}a {type(value).__name__} is not what JSON can hold")


def _blocks(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _blocks(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_blocks(entry) for entry in value]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
