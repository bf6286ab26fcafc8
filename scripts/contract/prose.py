"""What of a contract is for people alone: descriptions, titles and examples."""

import json

from scripts.contract.references import NAME_MAPS
from scripts.tools.documents import Json

PROSE = {"description", "summary", "title", "example", "examples", "externalDocs"}
_SETS = {"type", "required", "enum"}


def without_prose(value: Json, *, names: bool = False) -> Json:
    """Leave out what never counts."""
    if isinstance(value, list):
        return [without_prose(entry) for entry in value]
    if isinstance(value, dict):
        return {
            key: without_prose(
                member if names else in_order(member, key), names=not names and key in NAME_MAPS
            )
            for key, member in value.items()
            if names or key not in PROSE
        }
    return value


def in_order(value: Json, key: str | int) -> Json:
    """Sort a list in which order means nothing, such as that of required fields."""
    if key in _SETS and isinstance(value, list):
        return sorted(value, key=lambda entry: json.dumps(entry, sort_keys=True))
    return value
