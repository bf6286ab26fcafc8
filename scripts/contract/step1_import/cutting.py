"""Cut one operation out of a contract, written the same way whatever it was published in."""

from scripts.contract.operations import METHODS, Operation
from scripts.contract.references import REFERENCE, objects, reached_from
from scripts.tools.documents import Document, Json, child, entries, members, place_text, shown
from scripts.tools.refusals import RefusedError

# A page and a whole document order these differently.
_ORDER = (
    "tags",
    "summary",
    "description",
    "operationId",
    "deprecated",
    "parameters",
    "requestBody",
)
_PROSE = {"description", "title", "default", "example", "examples", "readOnly", "writeOnly"}


def cut_out(document: Document, operation: Operation, path: str) -> tuple[Document, list[str]]:
    """Cut one operation out of a contract, with everything it needs.

    Raises:
        RefusedError: It refers to something that the contract does not hold.
    """
    item = child(document, "paths", path)
    used = child(item, operation.method)
    if not isinstance(item, dict) or not isinstance(used, dict):
        raise RefusedError(f"{path} > {operation.method}: expected an object, found {shown(used)}")
    kept = {key: value for key, value in item.items() if key not in METHODS}
    kept[operation.method] = {key: used[key] for key in sorted(used, key=_rank)}
    security = document.get("security") or []
    reached = reached_from(document, kept, ("paths", path))
    for entry in entries(used if "security" in used else document, "security"):
        for scheme in members(entry):
            if child(document, "components", "securitySchemes", scheme) is None:
                raise RefusedError(f"{path}: there is no #/components/securitySchemes/{scheme}")
            reached.add(("securitySchemes", scheme))
    components: dict[str, Json] = {}
    for section, name in sorted(reached):
        named = components.setdefault(section, {})
        if isinstance(named, dict):
            named[name] = child(document, "components", section, name)
    cut: Document = {
        "openapi": document.get("openapi"),
        "info": document.get("info"),
        "servers": document.get("servers"),
        "security": security,
        "paths": {path: kept},
        "components": components or None,
    }
    copy = _copied({key: value for key, value in cut.items() if value is not None})
    return (copy, _mend(copy)) if isinstance(copy, dict) else ({}, [])


def _rank(key: str) -> int:
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def _copied(node: Json) -> Json:
    """Copy, with lines that end as they do here."""
    if isinstance(node, dict):
        return {key: _copied(member) for key, member in node.items()}
    if isinstance(node, list):
        return [_copied(entry) for entry in node]
    return node.replace("\r\n", "\n") if isinstance(node, str) else node


def _mend(document: Document) -> list[str]:
    """Write what is not OpenAPI 3.1 and can only mean one thing as it was meant."""
    told: list[str] = []
    for place, schema in list(objects(document)):
        where = place_text(place)
        kinds = schema.get("type")
        if isinstance(kinds, list) and len(kinds) > len({*map(str, kinds)}):
            schema["type"] = [*dict.fromkeys(map(str, kinds))]
            told.append(f"{where}: type {shown(kinds)} read as {shown(schema['type'])}")
        if isinstance(schema.get("nullable"), bool):
            if schema.pop("nullable"):
                _admit_null(schema)
            told.append(f"{where}: nullable is not OpenAPI 3.1; read as what was meant")
        mapping = members(schema, "discriminator", "mapping")
        for name, target in mapping.items():
            if not REFERENCE.match(str(target)):
                mapping[name] = f"#/components/schemas/{target}"
                told.append(f"{where} > discriminator: {shown(target)} read as a schema's name")
    return told


def _admit_null(schema: Document) -> None:
    kinds = schema.get("type")
    bound = {key for key in schema if key not in _PROSE and not key.startswith("x-")}
    if kinds is not None and not bound & {"$ref", "allOf", "anyOf", "oneOf", "const"}:
        listed = kinds if isinstance(kinds, list) else [kinds]
        schema["type"] = [*listed, *([] if "null" in listed else ["null"])]
        values = schema.get("enum")
        if isinstance(values, list) and None not in values:
            schema["enum"] = [*values, None]
    elif bound:
        whole = {key: schema.pop(key) for key in list(schema) if key in bound}
        schema["anyOf"] = [whole, {"type": "null"}]
