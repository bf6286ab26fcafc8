"""Is a document valid OpenAPI 3.1?"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from scripts.contract.references import objects, operations_in, parameters_of, references
from scripts.tools.documents import Document, Json, child, entries, members, place_text
from scripts.tools.refusals import RefusedError
from scripts.tools.schemas import require_valid

_WORDS = ("discriminator", "xml", "externalDocs", "example")  # what OpenAPI adds to JSON Schema


def require_openapi(document: Document, name: str) -> None:
    """Let a valid OpenAPI 3.1 document pass.

    Raises:
        RefusedError: It is none; refers to what it does not hold; has a keyword that JSON Schema
            does not know and that does not begin with `x-`.
    """
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.1."):
        raise RefusedError(f"{name}: expected an OpenAPI 3.1 document, found openapi: {version!r}")
    for told in _wrong_references(document):
        raise RefusedError(f"{name}: {told}")
    require_valid(document, _validator(), f"{name}: not valid OpenAPI 3.1")
    for told in [*_undefined_schemes(document), *_undefined_fields(document)]:
        raise RefusedError(f"{name}: {told}")


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    """Make a validator of OpenAPI whose schemas may hold no unknown keyword."""
    folder = files("openapi_spec_validator") / "resources" / "schemas" / "v3.1" / "schema.json"
    openapi: dict[str, Any] = json.loads(folder.read_text("utf-8"))
    schemas = {
        "$dynamicAnchor": "meta",
        "$ref": "https://json-schema.org/draft/2020-12/schema",
        "type": ["object", "boolean"],
        "properties": dict.fromkeys(_WORDS, True),
        "patternProperties": {"^x-": True},
        "unevaluatedProperties": False,
    }
    contract = {"$id": "urn:contract", "$ref": openapi["$id"], "$defs": {"schema": schemas}}
    registry = jsonschema_rs.Registry([(openapi["$id"], openapi)])
    return jsonschema_rs.Draft202012Validator(contract, registry=registry)


def _wrong_references(document: Document) -> list[str]:
    """Find each $ref that leads to nothing, or by other $refs alone back to itself."""
    wrong: list[str] = []
    for place, reference in references(document):
        if not reference.startswith("#"):
            wrong.append(f"{place_text(place)}: {reference} leads out of the document: bundle it")
            continue
        passed: list[str] = []
        following: Json = reference
        while isinstance(following, str):
            if following in passed:
                wrong.append(
                    f"{place_text(place)}: the $ref {reference} leads back to itself and never to "
                    "a schema"
                )
                break
            passed.append(following)
            target = _pointed_at(document, following)
            if target is None:
                wrong.append(f"{place_text(place)}: there is no {following}")
            following = child(target, "$ref")
    return wrong


def _pointed_at(document: Document, pointer: str) -> Json:
    node: Json = document
    for step in unquote(pointer).split("/")[1:]:
        if isinstance(node, list):
            node = dict(enumerate(node)).get(int(step)) if step.isdecimal() else None
        else:
            node = child(node, step.replace("~1", "/").replace("~0", "~"))
    return node


def _undefined_schemes(document: Document) -> list[str]:
    """Find security schemes and path parameters that are not defined: no schema asks for them."""
    wrong: list[str] = []
    for path, method, item in operations_in(document):
        where = f"paths > {path} > {method}"
        parameters = parameters_of(document, item, item[method])
        named = [each.get("name") for each in parameters if each.get("in") == "path"]
        wrong += [
            f"{where}: the path's {{{name}}} is no parameter"
            for name in re.findall(r"\{([^}]*)\}", path)
            if name not in named
        ]
        for entry in entries(item, method, "security") or entries(document, "security"):
            for scheme in members(entry):
                if child(document, "components", "securitySchemes", scheme) is None:
                    wrong.append(f"{where}: the security scheme {scheme!r} is not defined")
    return wrong


def _undefined_fields(document: Document) -> list[str]:
    """Find fields that an object requires and does not have: a slip of the pen."""
    wrong: list[str] = []
    for place, schema in objects(document):
        required, properties = schema.get("required"), schema.get("properties")
        if isinstance(required, list) and isinstance(properties, dict):
            wrong += [
                f"{place_text(place)}: requires {name!r}, has no such field"
                for name in required
                if str(name) not in properties
            ]
    return wrong
