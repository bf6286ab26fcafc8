"""The operations that this project covers, as `overlay/operations.yaml` lists them."""

import re
from dataclasses import dataclass
from pathlib import Path

from scripts.tools.documents import Document, Json, child, read_document, shown
from scripts.tools.layout import REPOSITORY
from scripts.tools.refusals import RefusedError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_KEYS = {"method", "paths", "page", "costs_credits", "classes", "required"}
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CLASS = re.compile(r"[A-Z][A-Za-z0-9]*")


@dataclass(frozen=True)
class Operation:
    """One entry.

    Attributes:
        name: What its fragment is called.
        method: Its method, in small letters.
        paths: Its paths in order of preference; the first one that is published stands.
        page: The page that documents it; empty where there is none to fetch.
        costs_credits: Whether it is never sent again unless it certainly did not run.
        classes: What schemas are called in Python, where their own names are not wanted.
        required: The fields of replies that have to be there, by schema.
    """

    name: str
    method: str
    paths: tuple[str, ...]
    page: str
    costs_credits: bool
    classes: dict[str, str]
    required: dict[str, tuple[str, ...]]

    @property
    def python_name(self) -> str:
        """What its function is called."""
        return self.name.replace("-", "_")

    @property
    def file(self) -> str:
        """The name of its fragment's file."""
        return f"{self.name}.yaml"

    def path_in(self, document: Document) -> str | None:
        """Find the first of its paths under which a contract defines it."""
        found = (p for p in self.paths if child(document, "paths", p, self.method) is not None)
        return next(found, None)


def read_operations(path: Path = REPOSITORY.operations) -> tuple[Operation, ...]:
    """Read the entries.

    Raises:
        RefusedError: An entry is malformed, or two of them contradict each other.
    """
    entries = read_document(path)
    operations = tuple(_operation(name, entry, path.name) for name, entry in entries.items())
    owners: dict[tuple[str, str], str] = {}
    for operation in operations:
        for place in operation.paths:
            other = owners.setdefault((operation.method, place), operation.name)
            if other != operation.name:
                raise RefusedError(f"{path.name}: {operation.name}: {other} has {place}, too")
    class_names(operations)
    return operations


def class_names(operations: tuple[Operation, ...]) -> dict[str, str]:
    """Put together what schemas are called in Python.

    Raises:
        RefusedError: One schema has two names, or two schemas have one.
    """
    names: dict[str, str] = {}
    for operation in operations:
        for schema, name in operation.classes.items():
            if names.setdefault(schema, name) != name:
                raise RefusedError(
                    f"operations.yaml: {operation.name}: {schema} is {names[schema]}, not {name}"
                )
    for schema, name in names.items():
        twins = [other for other, taken in names.items() if taken == name and other != schema]
        if twins:
            raise RefusedError(f"operations.yaml: {schema} and {twins[0]} are both {name}")
    return names


def required_fields(operations: tuple[Operation, ...]) -> dict[str, set[str]]:
    """Put together the fields of replies that have to be there, by schema."""
    fields: dict[str, set[str]] = {}
    for operation in operations:
        for schema, names in operation.required.items():
            fields.setdefault(schema, set()).update(names)
    return fields


def _operation(name: str, entry: Json, file: str) -> Operation:
    where = f"{file}: {name}"
    if not _NAME.fullmatch(name):
        raise RefusedError(f"{where}: expected a name of small letters, digits and hyphens")
    if not isinstance(entry, dict):
        raise RefusedError(f"{where}: expected an object, found {shown(entry)}")
    for key in entry:
        if key not in _KEYS:
            raise RefusedError(f"{where}: unknown key {key!r}; expected {', '.join(sorted(_KEYS))}")
    method, paths, page = entry.get("method"), entry.get("paths"), entry.get("page", "")
    costs = entry.get("costs_credits", False)
    if not isinstance(method, str) or method not in METHODS:
        raise RefusedError(f"{where}: method: expected {', '.join(METHODS)}, found {shown(method)}")
    if not isinstance(page, str) or (page and not page.startswith("https://")):
        raise RefusedError(f"{where}: page: expected an https URL, found {shown(page)}")
    if not isinstance(costs, bool):
        raise RefusedError(f"{where}: costs_credits: expected true or false, found {shown(costs)}")
    found = _texts(paths, f"{where}: paths")
    if not all(path.startswith("/") for path in found):
        raise RefusedError(f"{where}: paths: expected each to begin with /, found {shown(paths)}")
    return Operation(
        name=name,
        method=method,
        paths=found,
        page=page,
        costs_credits=costs,
        classes=_classes(entry.get("classes", {}), f"{where}: classes"),
        required={
            schema: _texts(fields, f"{where}: required: {schema}")
            for schema, fields in _members(entry.get("required", {}), f"{where}: required").items()
        },
    )


def _classes(value: Json, where: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for schema, name in _members(value, where).items():
        if not isinstance(name, str) or not _CLASS.fullmatch(name):
            raise RefusedError(f"{where}: {schema}: expected a class name, found {shown(name)}")
        names[schema] = name
    return names


def _texts(value: Json, where: str) -> tuple[str, ...]:
    texts = [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or not texts or len(set(texts)) < len(value):
        raise RefusedError(f"{where}: expected a list of different texts, found {shown(value)}")
    return tuple(texts)


def _members(value: Json, where: str) -> Document:
    if not isinstance(value, dict):
        raise RefusedError(f"{where}: expected an object, found {shown(value)}")
    return value
