"""Read and write YAML and JSON documents.

YAML 1.2, no key twice, dates stay text, and the same bytes every time.
"""

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import yaml

from scripts.tools.refusals import RefusedError

if TYPE_CHECKING:
    from yaml import CSafeLoader as SafeLoader
else:  # the same in Python, where PyYAML comes without its part in C
    SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Document: TypeAlias = dict[str, Json]

# The vendor's whole document has 62,000 values, 20 levels deep.
_MOST_VALUES = 1_000_000
_DEEPEST = 100


_MERGE = "tag:yaml.org,2002:merge"
# These end a line by YAML 1.1 and do not by YAML 1.2; a carriage return is lost.
_ODD_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
# YAML 1.2's core schema: no dates, no octal surprises, no yes for true.
_SCALARS = {
    "tag:yaml.org,2002:null": (r"~|null|Null|NULL|", "~nN"),
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "tag:yaml.org,2002:int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "tag:yaml.org,2002:float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    _MERGE: (r"<<", "<"),
}


class _Loader(SafeLoader):
    """PyYAML's safe loader, by YAML 1.2 and with every key once."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012
    yaml_constructors = SafeLoader.yaml_constructors.copy()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen: set[object] = set()
        for key, _ in node.value:
            # What is no text is refused later.
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                if (key.tag, key.value) in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key.value!r} stands twice in one object", key.start_mark
                    )
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        text = self.construct_scalar(node)
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))

    def construct_merge(self, node: yaml.ScalarNode) -> str:
        return self.construct_scalar(node)  # as a value it is text

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        text = self.construct_scalar(node).lower()
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)
_Loader.add_constructor(_MERGE, _Loader.construct_merge)


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper: lists indented, no anchors, block text for text of several lines."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's signature
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True

    def analyze_scalar(self, scalar: str) -> Any:  # noqa: ANN401 - PyYAML leaves it untyped
        analysis = super().analyze_scalar(scalar)
        # Spaces at the end of a line are no reason to put it all on one.
        analysis.allow_block = not _ODD.search(scalar)
        return analysis

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = '"' if _ODD.search(text) else "|" if "\n" in text else None
        return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


for tag, (pattern, first) in _SCALARS.items():
    # In what is written, text that YAML 1.1 or 1.2 would take for something else is quoted.
    for each in (_Loader, _Dumper):
        firsts = [*first, ""] if tag.endswith("null") else [*first]
        cast("Any", each).add_implicit_resolver(tag, re.compile(f"^(?:{pattern})$"), firsts)
_Dumper.add_representer(str, _Dumper.represent_text)


def parse_document(text: str, name: str) -> Document:
    """Read one YAML or JSON document.

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


def files_in(folder: Path) -> list[Path]:
    """List the files of a folder by name, without what editors hide there."""
    return sorted(path for path in folder.glob("*") if not path.name.startswith("."))


def read_document(path: Path, name: str = "") -> Document:
    """Read a YAML or JSON file.

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

    Raises:
        RefusedError: It would not read back as the same document.
    """
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000
    )  # a folded line would end in a space
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


def members(node: Json, *names: str) -> Document:
    """Walk down to an object; an empty one where there is none."""
    found = child(node, *names)
    return found if isinstance(found, dict) else {}


def entries(node: Json, *names: str) -> list[Json]:
    """Walk down to a list; an empty one where there is none."""
    found = child(node, *names)
    return found if isinstance(found, list) else []


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
    for number, line in enumerate(text.split("\n"), 1):
        if odd := _ODD_BREAKS.search(line):
            raise RefusedError(
                f"{name}: line {number}, column {odd.start() + 1}: U+{ord(odd[0]):04X} stands "
                "there as it is, which readers of YAML take for different things: write it as "
                f"{odd[0].encode('unicode_escape').decode()} in double quotes, or leave it out"
            )
    try:
        return cast("object", yaml.load(text, _Loader))  # noqa: S506 - it is a safe one
    except RecursionError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        told = " ".join(text for text in (error.context, error.problem) if text)
        raise RefusedError(f"{name}: {where}not a YAML or JSON document: {told}") from error
    except (yaml.YAMLError, ValueError) as error:
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
