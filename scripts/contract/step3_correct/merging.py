"""What one overlay action does to one document, by the rules of Overlay 1.0."""

from copy import deepcopy
from typing import Any

from scripts.contract.step3_correct.json_paths import Parts, Place, find
from scripts.contract.step3_correct.overlays import Action
from scripts.tools.documents import Document, Json, place_text, same
from scripts.tools.refusals import RefusedError


def apply_action(document: Document, action: Action, *, every_name: bool = True) -> list[Parts]:
    """Carry out an action on a document, in place.

    Raises:
        RefusedError: It matches nothing, its target is no object or list, or it would write
            over an object or a list.
    """
    places = find(document, action.target, every_name=every_name)
    if action.removes:
        # From the back, so that the indices of entries still to be removed hold.
        for place in reversed(places):
            _remove(document, place)
        return [place.parts for place in places]
    written: list[Parts] = []
    for place in places:
        written += _update(place, action.update)
    return written


def _remove(document: Document, place: Place) -> None:
    _require_node(place)
    if not place.parts:
        raise RefusedError("the whole document cannot be removed")
    parent: Any = document
    *way, last = place.parts
    for part in way:
        parent = parent[part]
    del parent[last]


def _update(place: Place, update: Json) -> list[Parts]:
    node = _require_node(place)
    if isinstance(node, list):
        node.append(deepcopy(update))
        return [(*place.parts, "-")]
    if not isinstance(update, dict):
        raise RefusedError(f"{place_text(place.parts)} is an object: the update has to be one, too")
    return _merge(node, update, place.parts)


def _merge(node: Document, update: Document, parts: Parts) -> list[Parts]:
    written: list[Parts] = []
    for key, value in update.items():
        here = (*parts, key)
        if parts == ("paths",) and isinstance(value, dict):
            node.setdefault(key, {})  # several files may add an operation each to one path
        old = node.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            written += _merge(old, value, here)
            continue
        if isinstance(old, dict | list):
            # Overlay 1.0 leaves open what becomes of it.
            raise RefusedError(
                f"{place_text(here)} holds an object or a list, which an update cannot replace: "
                "remove it first"
            )
        if key not in node or not same(old, value):
            node[key] = deepcopy(value)
            written.append(here)
    return written


def _require_node(place: Place) -> Document | list[Json]:
    if not isinstance(place.value, dict | list):
        raise RefusedError(f"{place_text(place.parts)} is neither an object nor a list")
    return place.value
