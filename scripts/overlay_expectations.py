"""Does the published contract still say what a correction corrects?"""

from scripts.documents import Document, Json, place_text, shown
from scripts.json_paths import find
from scripts.overlay_documents import Action
from scripts.refusals import RefusedError

_EXAMPLES = {"description", "example", "examples"}
_PROSE = {*_EXAMPLES, "title"}
# What stands below these is named by the vendor: `title` may be a property.
_NAME_MAPS = {"properties", "patternProperties", "schemas", "$defs"}


def require_expected(published: Document, action: Action) -> None:
    """Let an action pass whose expectation the published contract meets.

    Args:
        published: The contract as published.
        action: The step.

    Raises:
        RefusedError: Its target is not there, or says something else than expected.
    """
    try:
        places = find(published, action.target)
    except RefusedError as refusal:
        expected = "a place to add to" if action.expected is None else shown(action.expected)
        raise RefusedError(f"expected {expected}, found nothing: {refusal}") from refusal
    for place in places:
        where = place_text(place.parts)
        if isinstance(place.value, list):
            _require_list(place.value, action, where)
        elif isinstance(place.value, dict):
            named = bool(place.parts) and place.parts[-1] in _NAME_MAPS
            _require_members(place.value, action, where, prose=set() if named else _EXAMPLES)
        else:
            raise RefusedError(f"{where} is neither an object nor a list")


def without_prose(value: Json, *, names: bool = False) -> Json:
    """Leave out what never counts: descriptions, titles and examples.

    Args:
        value: Part of a contract.
        names: Whether the keys of the value itself are names of the vendor's choice.

    Returns:
        A copy without them, at any depth.
    """
    if isinstance(value, list):
        return [without_prose(entry) for entry in value]
    if isinstance(value, dict):
        return {
            key: without_prose(member, names=not names and key in _NAME_MAPS)
            for key, member in value.items()
            if names or key not in _PROSE
        }
    return value


def _require_list(found: list[Json], action: Action, where: str) -> None:
    if action.expected is None:
        if action.update in found:
            raise RefusedError(f"{where}: expected no {shown(action.update)}, found it")
    elif without_prose(action.expected) != without_prose(found):
        raise RefusedError(f"{where}: expected {shown(action.expected)}, found {shown(found)}")


def _require_members(found: Document, action: Action, where: str, *, prose: set[str]) -> None:
    expected = action.expected if action.expected is not None else {}
    if not isinstance(expected, dict):
        raise RefusedError(f"{where}: expected {shown(expected)}, found {shown(found)}")
    for key, value in expected.items():
        if key in prose:
            continue
        if key not in found:
            raise RefusedError(f"{where}: expected {key}: {shown(value)}, found no {key}")
        if _differ(value, found[key], key):
            raise RefusedError(
                f"{where}: expected {key}: {shown(value)}, found {key}: {shown(found[key])}"
            )
    for key in action.update if isinstance(action.update, dict) else ():
        if key in found and key not in expected and key not in prose:
            raise RefusedError(f"{where}: expected no {key}, found {key}: {shown(found[key])}")


def _differ(expected: Json, found: Json, key: str) -> bool:
    names = key in _NAME_MAPS
    return without_prose(expected, names=names) != without_prose(found, names=names)
