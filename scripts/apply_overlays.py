"""Apply corrections and additions to the published contract, and refuse what no longer fits."""

from copy import deepcopy
from dataclasses import dataclass

from scripts.documents import Document, place_text
from scripts.json_paths import Parts
from scripts.overlay_documents import Overlay
from scripts.overlay_expectations import require_expected, without_prose
from scripts.overlay_merging import apply_action
from scripts.refusals import RefusedError

_REPAIRED = "as a whole it changes nothing: if the vendor repaired it, delete the file"


@dataclass(frozen=True)
class _Written:
    """A member that an overlay wrote or removed."""

    parts: Parts
    name: str


def apply_overlays(published: Document, overlays: list[Overlay]) -> Document:
    """Correct a contract.

    Args:
        published: The contract as published; stays as it is.
        overlays: What to apply, in this order.

    Returns:
        The corrected contract.

    Raises:
        RefusedError: Some overlays no longer fit the contract or each other; the message tells
            of each of them.
    """
    corrected = deepcopy(published)
    written: list[_Written] = []
    refusals: list[str] = []
    for overlay in overlays:
        try:
            mine = _fitting(published, overlay)
            _require_apart(mine, written)
            written += mine
            _apply(corrected, overlay)
        except RefusedError as refusal:
            refusals.append(str(refusal))
    if refusals:
        raise RefusedError("\n  ".join(refusals))
    return corrected


def _fitting(published: Document, overlay: Overlay) -> list[_Written]:
    """Refuse an overlay that expects another contract, or that changes nothing on its own."""
    for action in overlay.actions:
        try:
            require_expected(published, action)
        except RefusedError as refusal:
            repaired = f"\n    {_REPAIRED}" if _changes_nothing(published, overlay) else ""
            raise RefusedError(f"{action.name}: {refusal}{repaired}") from refusal
    alone = deepcopy(published)
    written = _apply(alone, overlay)
    if alone == published:
        raise RefusedError(f"{overlay.name}: {_REPAIRED}")
    return written


def _changes_nothing(published: Document, overlay: Overlay) -> bool:
    """Tell whether the overlay, expectations aside, would leave the contract as it is."""
    attempt = deepcopy(published)
    for action in overlay.actions:
        try:
            apply_action(attempt, action, every_name=False)
        except RefusedError:
            # What is gone need not be removed; what cannot be written is no repair.
            if not action.removes:
                return False
    return without_prose(attempt) == without_prose(published)


def _apply(document: Document, overlay: Overlay) -> list[_Written]:
    written: list[_Written] = []
    for action in overlay.actions:
        try:
            parts = apply_action(document, action)
        except RefusedError as refusal:
            raise RefusedError(f"{action.name}: {refusal}") from refusal
        if not parts:
            raise RefusedError(f"{action.name}: changes nothing; delete the action")
        written += [_Written(part, action.name) for part in parts]
    return written


def _require_apart(mine: list[_Written], others: list[_Written]) -> None:
    for one in mine:
        for other in others:
            shared = min(len(one.parts), len(other.parts))
            if one.parts[:shared] == other.parts[:shared]:
                raise RefusedError(
                    f"{one.name}: {other.name} changes the same member: "
                    f"{place_text(one.parts if len(one.parts) > shared else other.parts)}"
                )
