"""Find slips of the pen in schemas: JSON Schema passes over what it does not know in silence."""

from collections.abc import Iterator

from scripts.contract.step3_correct.json_paths import Parts
from scripts.tools.documents import Document, Json, place_text
from scripts.tools.refusals import RefusedError

_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = (
    *("items", "contains", "unevaluatedItems", "not", "if", "then", "else"),
    *("additionalProperties", "unevaluatedProperties", "propertyNames", "contentSchema"),
)
_WORDS = {
    *_MAPS,
    *_LISTS,
    *_SINGLE,
    *("$ref", "$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$comment"),
    *("type", "enum", "const", "required", "dependentRequired", "default", "format"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
    *("minContains", "maxContains", "minProperties", "maxProperties"),
    *("title", "description", "examples", "example", "deprecated", "readOnly", "writeOnly"),
    *("contentEncoding", "contentMediaType", "discriminator", "xml", "externalDocs"),
}


def require_known_words(document: Document) -> None:
    """Let a contract pass whose schemas hold no unknown keyword and require no unknown field.

    Args:
        document: A valid contract.

    Raises:
        RefusedError: A schema has a keyword that JSON Schema does not know and that does not
            begin with `x-`, or requires a field that is not among its properties.
    """
    for place, schema in _schemas_below(document, ()):
        for word in schema:
            if word not in _WORDS and not word.startswith("x-"):
                raise RefusedError(f"{place_text(place)}: {word!r} is no keyword of JSON Schema")
        required, properties = schema.get("required"), schema.get("properties")
        if isinstance(required, list) and isinstance(properties, dict):
            for name in required:
                if name not in properties:
                    raise RefusedError(f"{place_text(place)}: requires {name!r}, has no such field")


def _schemas_below(node: Json, place: Parts) -> Iterator[tuple[Parts, Document]]:
    """Find the schemas of everything that is not a schema itself."""
    if isinstance(node, dict):
        for key, member in node.items():
            here = (*place, key)
            if key == "schema":
                yield from _schemas(member, here)
            elif here == ("components", "schemas") and isinstance(member, dict):
                for name, schema in member.items():
                    yield from _schemas(schema, (*here, name))
            else:
                yield from _schemas_below(member, here)
    elif isinstance(node, list):
        for number, entry in enumerate(node):
            yield from _schemas_below(entry, (*place, number))


def _schemas(schema: Json, place: Parts) -> Iterator[tuple[Parts, Document]]:
    """Find a schema and those inside it."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for word, value in schema.items():
        here = (*place, word)
        if word in _MAPS and isinstance(value, dict):
            for name, member in value.items():
                yield from _schemas(member, (*here, name))
        elif word in _LISTS and isinstance(value, list):
            for number, entry in enumerate(value):
                yield from _schemas(entry, (*here, number))
        elif word in _SINGLE:
            yield from _schemas(value, here)
