"""Read OpenAPI Overlay 1.0 documents whose actions say what they expect to find published."""

from dataclasses import dataclass
from pathlib import Path

import jsonschema_rs

from scripts.tools.documents import Document, Json, child, files_in, read_document
from scripts.tools.refusals import RefusedError
from scripts.tools.schemas import require_valid

_TEXT = {"type": "string", "pattern": r"\S"}
_INFO = ("title", "version", "x-published", "x-evidence", "x-reason")
_OVERLAY = jsonschema_rs.Draft202012Validator(
    {
        "type": "object",
        "required": ["overlay", "info", "actions"],
        "additionalProperties": False,
        "properties": {
            "overlay": {"type": "string", "pattern": r"^1\.0\.\d+$"},
            "extends": {"type": "string"},
            "info": {
                "type": "object",
                "required": [*_INFO],
                "additionalProperties": False,
                "properties": dict.fromkeys(_INFO, _TEXT),
            },
            "actions": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {
                    "type": "object",
                    "required": ["target"],
                    "additionalProperties": False,
                    "properties": {
                        "target": {"type": "string", "pattern": r"^\$"},
                        "description": {"type": "string"},
                        "update": {"not": {"type": "null"}},
                        "remove": {"const": True},
                        "x-published": {
                            "type": ["object", "array"],
                            "minProperties": 1,
                            "minItems": 1,
                        },
                        "x-published-absent": {"const": True},
                    },
                },
            },
        },
    }
)


@dataclass(frozen=True)
class Action:
    """One step of an overlay.

    Attributes:
        name: File, number and target, for messages.
        number: Which of its file's actions it is, from 1.
        target: JSONPath of what it changes.
        update: What it merges into an object or appends to a list; null when it removes.
        expected: What it expects at its target in the published contract: members of an object,
            a whole list, or null when it expects that nothing it writes is there.
    """

    name: str
    number: int
    target: str
    update: Json
    expected: Json

    @property
    def removes(self) -> bool:
        """Whether it takes its target away."""
        return self.update is None


@dataclass(frozen=True)
class Overlay:
    """One correction or addition: its file name and its steps."""

    name: str
    actions: tuple[Action, ...]


def read_overlays(*folders: Path) -> list[Overlay]:
    """Read every overlay of some folders, in the order of folders and file names.

    Raises:
        RefusedError: A file is not a valid Overlay 1.0 document with expectations.
    """
    paths = [path for folder in folders for path in files_in(folder)]
    names = [f"{path.parent.name}/{path.name}" for path in paths]
    return [
        parse_overlay(read_document(path, name), name)
        for path, name in zip(paths, names, strict=True)
    ]


def parse_overlay(document: Document, name: str) -> Overlay:
    """Check the structure of one overlay.

    Raises:
        RefusedError: It is not a valid Overlay 1.0 document with expectations.
    """
    require_valid(document, _OVERLAY, name)
    actions = document["actions"]
    listed = actions if isinstance(actions, list) else []
    return Overlay(name, tuple(_action(raw, number, name) for number, raw in enumerate(listed, 1)))


def _action(raw: Json, number: int, file: str) -> Action:
    members = raw if isinstance(raw, dict) else {}
    target = str(members["target"])
    name = f"{file}: action {number} ({target})"
    if ("update" in members) == ("remove" in members):
        raise RefusedError(f"{name}: expected either an update or remove: true")
    if ("x-published" in members) == ("x-published-absent" in members):
        raise RefusedError(f"{name}: expected either x-published or x-published-absent: true")
    if "remove" in members and "x-published" not in members:
        raise RefusedError(f"{name}: what is removed cannot be absent: expected x-published")
    return Action(name, number, target, members.get("update"), child(raw, "x-published"))
