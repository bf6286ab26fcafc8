"""Is a document valid OpenAPI 3.1?"""

from collections.abc import Iterator, Sequence
from typing import cast
from urllib.parse import unquote

from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from scripts.contract.step3_correct.json_paths import Parts
from scripts.tools.documents import Document, Json, child, place_text, same
from scripts.tools.refusals import RefusedError

_MOST = 300


def require_openapi(document: Document, name: str) -> None:
    """Let a valid OpenAPI 3.1 document pass.

    Args:
        document: The document.
        name: What messages call it.

    Raises:
        RefusedError: It is no valid OpenAPI 3.1 document.
    """
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.1."):
        raise RefusedError(f"{name}: expected an OpenAPI 3.1 document, found openapi: {version!r}")
    _require_ends(document, name)
    try:
        error = next(OpenAPIV31SpecValidator(document).iter_errors(), None)
    except Exception as crash:  # the validator raises what it likes on references it cannot follow
        raise RefusedError(f"{name}: not valid OpenAPI 3.1: {_told(crash)}") from crash
    if error is not None:
        raise RefusedError(f"{name}: not valid OpenAPI 3.1: {_told(error, document)}")
    _require_schemes(document, name)


def _require_ends(document: Document, name: str) -> None:
    """Refuse a $ref that leads to nothing, or by other $refs alone back to itself.

    The validator does not say where the first is, and loses its way in the second.
    """
    for place, reference in _references(document, ()):
        if not reference.startswith("#"):
            raise RefusedError(
                f"{name}: {place_text(place)}: {reference} leads out of the document: bundle "
                "it first"
            )
        passed: list[str] = []
        following: Json = reference
        while isinstance(following, str):
            if following in passed:
                raise RefusedError(
                    f"{name}: {place_text(place)}: the $ref {reference} leads back to itself and "
                    "never to a schema"
                )
            passed.append(following)
            target = _pointed_at(document, following)
            if target is None:
                raise RefusedError(f"{name}: {place_text(place)}: there is no {following}")
            following = child(target, "$ref")


def _references(node: Json, place: Parts) -> Iterator[tuple[Parts, str]]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield place, reference
        for key, member in node.items():
            yield from _references(member, (*place, key))
    elif isinstance(node, list):
        for number, entry in enumerate(node):
            yield from _references(entry, (*place, number))


def _pointed_at(document: Document, pointer: str) -> Json:
    steps = unquote(pointer).split("/")[1:]
    return _walked(document, [step.replace("~1", "/").replace("~0", "~") for step in steps])


def _walked(node: Json, path: Sequence[str | int]) -> Json:
    for step in path:
        if isinstance(node, list):
            number = int(step) if str(step).isdecimal() else -1
            node = node[number] if 0 <= number < len(node) else None
        else:
            node = child(node, str(step))
    return node


def _require_schemes(document: Document, name: str) -> None:
    """Refuse a security scheme that is not defined: the validator does not look."""
    items = document.get("paths")
    operations: list[Json] = [document]
    for item in items.values() if isinstance(items, dict) else ():
        operations += item.values() if isinstance(item, dict) else ()
    for operation in operations:
        security = child(operation, "security")
        for entry in security if isinstance(security, list) else ():
            for scheme in entry if isinstance(entry, dict) else ():
                if child(document, "components", "securitySchemes", scheme) is None:
                    raise RefusedError(f"{name}: the security scheme {scheme!r} is not defined")


def _told(error: Exception, document: Document | None = None) -> str:
    text = str(getattr(error, "message", error)).partition("\n")[0]
    text = text.partition(" within {")[0][:_MOST]  # the whole document follows
    if isinstance(error, OpenAPIValidationError) and error.absolute_path:
        owner = _owner(document or {}, [*error.absolute_path], cast("Json", error.instance))
        return f"{place_text((*owner, *error.absolute_path))}: {text}"
    return text


def _owner(document: Document, path: list[str | int], found: Json) -> Parts:
    """Find the schema in which the validator was: it does not say."""
    schemas = child(document, "components", "schemas")
    for name, schema in schemas.items() if isinstance(schemas, dict) else ():
        if path[0] in ("properties", "items", "allOf", "anyOf", "oneOf", "required", "type"):
            at = _walked(schema, path)
            if at is not None and same(at, found):
                return ("components", "schemas", name)
    return ()
