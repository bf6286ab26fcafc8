"""The operations that this project covers, as `overlay/operations.yaml` lists them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from scripts.tools.documents import Document, child, read_document
from scripts.tools.layout import REPOSITORY
from scripts.tools.refusals import RefusedError
from scripts.tools.schemas import require_valid

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def _list(**items: object) -> dict[str, Any]:
    text = {"type": "string"} | items
    return {"type": "array", "items": text, "minItems": 1, "uniqueItems": True}


_ENTRIES = jsonschema_rs.Draft202012Validator(
    {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"},
        "additionalProperties": {
            "type": "object",
            "required": ["method", "paths"],
            "additionalProperties": False,
            "properties": {
                "method": {"enum": [*METHODS]},
                "paths": _list(pattern="^/"),
                "page": {"type": "string", "pattern": "^https://"},
                "costs_credits": {"type": "boolean"},
                "classes": {
                    "type": "object",
                    "additionalProperties": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
                },
                "required": {"type": "object", "additionalProperties": _list()},
            },
        },
    }
)


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
    entries: Any = read_document(path)
    require_valid(entries, _ENTRIES, path.name)
    operations = tuple(
        Operation(
            name=name,
            method=entry["method"],
            paths=tuple(entry["paths"]),
            page=entry.get("page", ""),
            costs_credits=entry.get("costs_credits", False),
            classes=entry.get("classes", {}),
            required={of: tuple(names) for of, names in entry.get("required", {}).items()},
        )
        for name, entry in entries.items()
    )
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
