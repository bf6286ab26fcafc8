"""The rules that hold for every reply, applied to a contract: for what judges replies."""

import copy
from typing import Any, cast

from scripts.contract.operations import read_operations, required_fields
from scripts.tools.documents import Document, Json


def by_reply_rules(contract: Document) -> Document:
    """Let a field be absent or null unless operations.yaml requires it, and open enumerations.

    What requests are made of is left as it is.
    """
    required = required_fields(read_operations())
    changed = copy.deepcopy(contract)
    for name, schema in _schemas_of_replies(changed).items():
        schema.pop("enum", None)
        schema.pop("required", None)
        if name in required:
            schema["required"] = sorted(required[name])
        for field, member in cast("dict[str, Document]", schema.get("properties", {})).items():
            if field not in required.get(name, ()):
                _allow_null(member)
            member.pop("enum", None)
    return changed


def _allow_null(schema: Document) -> None:
    if "oneOf" in schema:  # which says itself what may be null
        return
    kinds = schema.get("type")
    if kinds is not None and not {"allOf", "anyOf"} & set(schema):
        listed: list[Json] = [*kinds] if isinstance(kinds, list) else [kinds]
        schema["type"] = listed if "null" in listed else [*listed, "null"]
    elif {"allOf", "anyOf", "$ref"} & set(schema):
        whole = dict(schema)
        schema.clear()
        schema["anyOf"] = [whole, {"type": "null"}]


def _schemas_of_replies(contract: Document) -> dict[str, dict[str, Any]]:
    """Find the components that replies reach."""
    components = cast("dict[str, Any]", contract["components"])
    schemas: dict[str, dict[str, Any]] = components["schemas"]
    paths = cast("dict[str, dict[str, Any]]", contract["paths"])
    found: dict[str, dict[str, Any]] = {}
    ahead: list[object] = [
        operation["responses"] for item in paths.values() for operation in item.values()
    ]
    ahead.append(components.get("responses", {}))
    while ahead:
        node = ahead.pop()
        if isinstance(node, list):
            ahead += cast("list[object]", node)
        elif isinstance(node, dict):
            members = cast("dict[str, object]", node)
            name = str(members.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in schemas and name not in found:
                found[name] = schemas[name]
                ahead.append(schemas[name])
            ahead += members.values()
    return found
