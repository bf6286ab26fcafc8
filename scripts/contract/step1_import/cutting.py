"""The operations of the API that this project covers, and how to cut one out of a contract."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scripts.contract.step3_correct.json_paths import Parts
from scripts.tools.documents import Document, Json, child, place_text, shown
from scripts.tools.refusals import RefusedError

REFERENCE = re.compile(r"#/components/([^/]+)/([^/]+)")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """A published operation.

    Attributes:
        name: What its fragment is called.
        path: Its path.
        method: Its method.
        page: The page that documents it.
    """

    name: str
    path: str
    method: str
    page: str


_PAGES = "https://docs.cekura.ai/api-reference/observability"
COVERED = (
    Operation(
        "evaluate-metrics",
        "/observability/v1/call-logs/evaluate_metrics/",
        "post",
        f"{_PAGES}/evaluate-metrics.md",
    ),
    Operation(
        "reevaluate-calls",
        "/observability/v1/call-logs/rerun_evaluation/",
        "post",
        f"{_PAGES}/reevaluate-calls.md",
    ),
)


def covered_in(document: Document) -> list[Operation]:
    """Find which of the covered operations a contract defines."""
    return [
        operation
        for operation in COVERED
        if child(document, "paths", operation.path, operation.method) is not None
    ]


def holds_only(document: Document, operation: Operation) -> bool:
    """Tell whether a contract defines one operation and no other."""
    paths = document.get("paths")
    item = child(document, "paths", operation.path)
    if not isinstance(paths, dict) or not isinstance(item, dict):
        return False
    return list(paths) == [operation.path] and [key for key in item if key in METHODS] == [
        operation.method
    ]


def cut_out(document: Document, operation: Operation) -> Document:
    """Cut one operation out of a contract, with everything it needs.

    Args:
        document: The contract.
        operation: One of its operations.

    Returns:
        A contract of this operation alone, as the pages show it: the components it reaches, in
        the order of the contract, and a list of default security, which is empty where the
        contract has none.

    Raises:
        RefusedError: It refers to something that the contract does not hold.
    """
    item = child(document, "paths", operation.path)
    if not isinstance(item, dict):
        raise RefusedError(f"{operation.path}: expected an object, found {shown(item)}")
    kept = {k: v for k, v in item.items() if k == operation.method or k not in METHODS}
    security = document.get("security") or []
    used = kept[operation.method]
    required = used.get("security", security) if isinstance(used, dict) else security
    here: Parts = ("paths", operation.path)
    reached: set[tuple[str, str]] = set()
    _reach(document, _references(kept, here), reached)
    schemes = {("securitySchemes", scheme): here for scheme in _scheme_names(required)}
    _reach(document, schemes, reached)
    cut: Document = {
        "openapi": document.get("openapi"),
        "info": document.get("info"),
        "servers": document.get("servers"),
        "security": security,
        "paths": {operation.path: kept},
        "components": _components(document, reached),
    }
    return {key: value for key, value in cut.items() if value is not None}


def _components(document: Document, reached: set[tuple[str, str]]) -> Document:
    components = document.get("components")
    kept: Document = {}
    for section, members in components.items() if isinstance(components, dict) else ():
        if isinstance(members, dict):
            chosen = {name: part for name, part in members.items() if (section, name) in reached}
            if chosen:
                kept[section] = chosen
    return kept


def reached_from(document: Document, node: Json) -> set[tuple[str, str]]:
    """Collect the components that a part of a contract needs, as section and name.

    Args:
        document: The contract.
        node: The part.

    Returns:
        What it refers to, and what that refers to, and so on.

    Raises:
        RefusedError: It refers to something that the contract does not hold.
    """
    reached: set[tuple[str, str]] = set()
    _reach(document, _references(node, ()), reached)
    return reached


def _reach(
    document: Document, named: Mapping[tuple[str, str], Parts], reached: set[tuple[str, str]]
) -> None:
    waiting: dict[tuple[str, str], Parts] = {**named}
    while waiting:
        reference, place = waiting.popitem()
        if reference in reached:
            continue
        component = child(document, "components", *reference)
        if component is None:
            leads_to = "/".join(reference)
            raise RefusedError(f"{place_text(place)}: there is no #/components/{leads_to}")
        reached.add(reference)
        waiting |= _references(component, ("components", *reference))


def _references(node: Json, place: Parts) -> dict[tuple[str, str], Parts]:
    """Collect the components that a part of a contract names, by reference or in a mapping."""
    found: dict[tuple[str, str], Parts] = {}
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and not REFERENCE.match(reference):
            raise RefusedError(
                f"{place_text(place)}: {reference} does not lead to a component of the same "
                "document: bundle it first"
            )
        for key, member in node.items():
            found |= _references(member, (*place, key))
    elif isinstance(node, list):
        for number, entry in enumerate(node):
            found |= _references(entry, (*place, number))
    elif isinstance(node, str) and (match := REFERENCE.match(node)):
        found[match[1], match[2]] = place
    return found


def _scheme_names(security: Json) -> list[str]:
    entries = security if isinstance(security, list) else []
    return [name for entry in entries if isinstance(entry, dict) for name in entry]
