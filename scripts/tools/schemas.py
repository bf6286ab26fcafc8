"""Hold a document against a JSON Schema."""

import jsonschema_rs

from scripts.tools.documents import Document, place_text
from scripts.tools.refusals import RefusedError

_LONGEST = 300


def require_valid(
    document: Document, validator: jsonschema_rs.Draft202012Validator, name: str
) -> None:
    """Let a document pass that a schema allows.

    Raises:
        RefusedError: The schema does not allow it. Of several places the innermost is told: what
            is wrong deep inside makes all that holds it wrong.
    """
    errors = list(validator.iter_errors(document))
    if errors:
        error = max(errors, key=lambda each: len(each.instance_path))
        text = error.message if len(error.message) <= _LONGEST else f"{error.message[:_LONGEST]}…"
        raise RefusedError(f"{name}: {place_text(error.instance_path)}: {text}")
