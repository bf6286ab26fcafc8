"""Read OpenAPI Overlay 1.0 documents whose actions say what they expect to find published."""

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.tools.documents import Document, Json, files_in, read_document, shown
from scripts.tools.refusals import RefusedError

_TOP = {"overlay", "info", "extends", "actions"}
_INFO = ("title", "version", "x-published", "x-evidence", "x-reason")
_ACTION = {"target", "description", "update", "remove", "x-published", "x-published-absent"}


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
    _only(document, _TOP, name)
    version = document.get("overlay")
    if not isinstance(version, str) or not re.fullmatch(r"1\.0\.\d+", version):
        raise RefusedError(f"{name}: overlay: expected 1.0.0, found {shown(version)}")
    _check_info(document.get("info"), name)
    if not isinstance(document.get("extends", ""), str):
        raise RefusedError(f"{name}: extends: expected text, found {shown(document['extends'])}")
    actions = document.get("actions")
    if not isinstance(actions, list) or not actions:
        raise RefusedError(f"{name}: actions: expected a list of actions, found {shown(actions)}")
    if any(action in actions[:number] for number, action in enumerate(actions)):
        raise RefusedError(f"{name}: actions: one stands there twice")
    return Overlay(name, tuple(_action(raw, number, name) for number, raw in enumerate(actions, 1)))


def _check_info(info: Json, name: str) -> None:
    if not isinstance(info, dict):
        raise RefusedError(f"{name}: info: expected an object, found {shown(info)}")
    _only(info, set(_INFO), f"{name}: info")
    for key in _INFO:
        text = info.get(key)
        if not isinstance(text, str) or not text.strip():
            raise RefusedError(f"{name}: info: {key}: expected text, found {shown(text)}")


def _action(raw: Json, number: int, file: str) -> Action:
    name = f"{file}: action {number}"
    if not isinstance(raw, dict):
        raise RefusedError(f"{name}: expected an object, found {shown(raw)}")
    target = raw.get("target")
    if not isinstance(target, str) or not target.startswith("$"):
        raise RefusedError(f"{name}: target: expected a JSONPath, found {shown(target)}")
    name = f"{name} ({target})"
    _only(raw, _ACTION, name)
    if not isinstance(raw.get("description", ""), str):
        raise RefusedError(f"{name}: description: expected text")
    removes = raw.get("remove", False)
    if not isinstance(removes, bool):
        raise RefusedError(f"{name}: remove: expected true or false, found {shown(removes)}")
    if removes == ("update" in raw):
        raise RefusedError(f"{name}: expected either an update or remove: true")
    update = raw.get("update")
    if not removes and update is None:
        raise RefusedError(f"{name}: update: expected a value, found null")
    return Action(name, number, target, update, _expectation(raw, name, removes=removes))


def _expectation(raw: Document, name: str, *, removes: bool) -> Json:
    absent = raw.get("x-published-absent", False)
    if not isinstance(absent, bool):
        raise RefusedError(f"{name}: x-published-absent: expected true, found {shown(absent)}")
    if absent == ("x-published" in raw):
        raise RefusedError(f"{name}: expected either x-published or x-published-absent: true")
    if absent and removes:
        raise RefusedError(f"{name}: what is removed cannot be absent: expected x-published")
    expected = raw.get("x-published")
    if not absent and (not isinstance(expected, dict | list) or not expected):
        raise RefusedError(
            f"{name}: x-published: expected members of an object, or a list, "
            f"found {shown(expected)}"
        )
    return expected


def _only(members: Document, allowed: set[str], name: str) -> None:
    for key in members:
        if key not in allowed:
            raise RefusedError(
                f"{name}: unknown key {key!r}; expected {', '.join(sorted(allowed))}"
            )
