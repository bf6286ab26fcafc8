"""Does the published contract still say what a correction corrects?"""

from scripts.contract.prose import in_order, without_prose
from scripts.contract.references import NAME_MAPS
from scripts.contract.step3_correct.json_paths import MissingError, Parts, find
from scripts.contract.step3_correct.overlays import Action
from scripts.tools.documents import Document, Json, place_text, same, shown
from scripts.tools.refusals import RefusedError

_EXAMPLES = {"description", "example", "examples"}


class LostPlaceError(RefusedError):
    """What an action is about is not there."""


class ContradictedError(RefusedError):
    """What an action is about is there, and says something else than expected."""


def require_expected(published: Document, action: Action) -> None:
    """Let an action pass whose expectation the published contract meets.

    Raises:
        LostPlaceError: Its target is not there.
        ContradictedError: Its target says something else than expected.
        RefusedError: Its target is no JSONPath.
    """
    try:
        places = find(published, action.target)
    except MissingError as refusal:
        expected = "a place to add to" if action.expected is None else shown(action.expected)
        raise LostPlaceError(f"{refusal}: expected {expected}") from refusal
    for place in places:
        where = place_text(place.parts)
        if isinstance(place.value, list):
            _require_list(place.value, action, place.parts)
        elif isinstance(place.value, dict):
            named = bool(place.parts) and place.parts[-1] in NAME_MAPS
            _require_members(place.value, action, where, prose=set() if named else _EXAMPLES)
        else:
            raise ContradictedError(f"{where} is neither an object nor a list")


def _require_list(found: list[Json], action: Action, place: Parts) -> None:
    where, key = place_text(place), place[-1] if place else ""
    if action.expected is None:
        if action.update in found:
            raise ContradictedError(f"{where}: expected no {shown(action.update)}, found it")
    elif _differ(action.expected, found, key):
        raise ContradictedError(f"{where}: expected {shown(action.expected)}, found {shown(found)}")


def _require_members(found: Document, action: Action, where: str, *, prose: set[str]) -> None:
    expected = action.expected if action.expected is not None else {}
    if not isinstance(expected, dict):
        raise ContradictedError(f"{where}: expected {shown(expected)}, found {shown(found)}")
    for key, value in expected.items():
        if key in prose:
            continue
        if key not in found:
            raise ContradictedError(f"{where}: expected {key}: {shown(value)}, found no {key}")
        if _differ(value, found[key], key):
            raise ContradictedError(
                f"{where}: expected {key}: {shown(value)}, found {key}: {shown(found[key])}"
            )
    for key, value in action.update.items() if isinstance(action.update, dict) else ():
        if (
            key not in found
            or key in expected
            or key in prose
            or _is_beside(value, found[key], where)
        ):
            continue
        raise ContradictedError(f"{where}: expected no {key}, found {key}: {shown(found[key])}")


def _is_beside(added: Json, found: Json, where: str) -> bool:
    """Tell whether an operation is added to a path at which others are published."""
    if where != "paths" or not isinstance(added, dict) or not isinstance(found, dict):
        return False
    return added.keys().isdisjoint(found)


def _differ(expected: Json, found: Json, key: str | int) -> bool:
    names = key in NAME_MAPS
    one, other = in_order(expected, key), in_order(found, key)
    return not same(without_prose(one, names=names), without_prose(other, names=names))
