"""Take a contract apart by side: what callers send, and what readers of replies get.

A change of a schema means one thing in a request and another in a reply. A differ tells of it once,
wherever it meets the schema first; so each side of each operation gets schemas of its own.
"""

import re
from typing import Literal, TypeAlias

from scripts.contract.step1_import.cutting import METHODS, REFERENCE, reached_from
from scripts.tools.documents import Document, Json, child

Side: TypeAlias = Literal["request", "reply"]

_KEYS: dict[str, Side] = {
    "parameters": "request",
    "requestBody": "request",
    "callbacks": "request",
    "responses": "reply",
}


def sides_apart(contract: Document) -> Document:
    """Give each side of each operation copies of the components that it refers to.

    Args:
        contract: A valid contract.

    Returns:
        A contract that means the same; no two sides share anything but security schemes.
    """
    paths: Document = {}
    schemes = child(contract, "components", "securitySchemes")
    components: Document = {} if schemes is None else {"securitySchemes": schemes}
    for path, item in _members(contract.get("paths")).items():
        changed = {key: value for key, value in _members(item).items() if key not in METHODS}
        for method in METHODS:
            operation = child(item, method)
            if isinstance(operation, dict):
                owner = re.sub(r"\W+", "-", f"{method}{path}")
                changed[method] = _apart(contract, operation, owner, components)
        paths[path] = changed
    return {**contract, "paths": paths, "components": components}


def own_name(text: str) -> str:
    """Find the name that a component has in the contract, at the end of a name or a reference."""
    return text.rpartition("..")[2]


def _apart(contract: Document, operation: Document, owner: str, components: Document) -> Document:
    changed = dict(operation)
    for key, side in _KEYS.items():
        if key not in operation:
            continue
        prefix = f"{owner}.{side}.."
        changed[key] = _renamed(operation[key], prefix)
        for section, name in sorted(reached_from(contract, operation[key])):
            if section != "securitySchemes":
                part = _renamed(child(contract, "components", section, name), prefix)
                members = _members(components.get(section))
                components[section] = members | {prefix + name: part}
    return changed


def _renamed(node: Json, prefix: str) -> Json:
    if isinstance(node, dict):
        return {key: _renamed(member, prefix) for key, member in node.items()}
    if isinstance(node, list):
        return [_renamed(entry, prefix) for entry in node]
    if isinstance(node, str) and (match := REFERENCE.match(node)):
        return f"#/components/{match[1]}/{prefix}{match[2]}{node[match.end() :]}"
    return node


def _members(node: Json) -> Document:
    return node if isinstance(node, dict) else {}
