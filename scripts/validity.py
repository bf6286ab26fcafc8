"""Is a document valid OpenAPI 3.1?"""

from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from scripts.documents import Document, Json, child, place_text
from scripts.refusals import RefusedError

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
    try:
        error = next(OpenAPIV31SpecValidator(document).iter_errors(), None)
    except Exception as crash:  # the validator raises what it likes on references it cannot follow
        raise RefusedError(f"{name}: not valid OpenAPI 3.1: {_told(crash)}") from crash
    if error is not None:
        raise RefusedError(f"{name}: not valid OpenAPI 3.1: {_told(error)}")
    _require_schemes(document, name)


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


def _told(error: Exception) -> str:
    text = str(getattr(error, "message", error)).partition("\n")[0]
    text = text.partition(" within {")[0][:_MOST]  # the whole document follows
    if isinstance(error, OpenAPIValidationError) and error.absolute_path:
        return f"{place_text(error.absolute_path)}: {text}"
    return text
