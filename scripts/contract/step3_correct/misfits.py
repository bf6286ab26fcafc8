"""Which corrections and additions no longer fit the published contract, and why."""

from copy import deepcopy
from dataclasses import dataclass
from enum import Enum

from scripts.contract.prose import without_prose
from scripts.contract.step3_correct.expectations import (
    ContradictedError,
    LostPlaceError,
    require_expected,
)
from scripts.contract.step3_correct.json_paths import MissingError, has_parents
from scripts.contract.step3_correct.merging import apply_action
from scripts.contract.step3_correct.overlays import Action, Overlay
from scripts.tools.documents import Document
from scripts.tools.refusals import RefusedError


class Misfit(Enum):
    """Why a file does not fit, and what to do about it; of several reasons, the first counts."""

    OBSOLETE = "repaired by the vendor, so that as a whole it changes nothing: delete the file"
    WRONG = "wrong, whatever is published\n  → change the file"
    LOST = (
        "lost its place: what it is about is gone, or stands elsewhere\n"
        "  → point it to the new place, or delete it"
    )
    CONTRADICTED = (
        "contradicted: changed to something else, neither the known fault nor the correction\n"
        "  → look at what is published now, and change x-published, and the update with it"
    )


@dataclass(frozen=True)
class Finding:
    """How one file does not fit.

    Attributes:
        overlay: The name of the file.
        misfit: Why it does not fit.
        details: What of it does not fit, a line each.
    """

    overlay: str
    misfit: Misfit
    details: tuple[str, ...]


def misfit(published: Document, overlay: Overlay) -> Finding | None:
    """Find out whether an overlay fits a contract, each of its actions by itself."""
    found = [
        trouble
        for action in overlay.actions
        if (trouble := _trouble(published, action)) is not None
    ]
    reasons = {reason for reason, _ in found}
    if Misfit.WRONG not in reasons:
        after = _without_expectations(published, overlay)
        # A file whose expectations are met may be about nothing but descriptions.
        fits = not reasons and after != published
        if after is not None and not fits and without_prose(after) == without_prose(published):
            reasons = {Misfit.OBSOLETE}
    first = next((reason for reason in Misfit if reason in reasons), None)
    details = tuple(detail for _, detail in found)
    return None if first is None else Finding(overlay.name, first, details)


def _trouble(published: Document, action: Action) -> tuple[Misfit, str] | None:
    about = f"action {action.number}: "
    try:
        require_expected(published, action)
    except LostPlaceError as refusal:
        return Misfit.LOST, f"{about}{refusal}"
    except ContradictedError as refusal:
        done = "; it is right now: delete the action" if _is_done(published, action) else ""
        return Misfit.CONTRADICTED, f"{about}{refusal}{done}"
    except RefusedError as refusal:
        return Misfit.WRONG, f"{about}{refusal}"
    return None


def _is_done(published: Document, action: Action) -> bool:
    attempt = deepcopy(published)
    try:
        apply_action(attempt, action)
    except RefusedError:
        return False
    return without_prose(attempt) == without_prose(published)


def _without_expectations(published: Document, overlay: Overlay) -> Document | None:
    """Apply an overlay whatever is published; null where that cannot be done."""
    attempt = deepcopy(published)
    for action in overlay.actions:
        try:
            apply_action(attempt, action, every_name=False)
        except MissingError:
            # What is gone need not be removed, as long as what it was in is there.
            if not action.removes or not has_parents(published, action.target):
                return None
        except RefusedError:
            return None
    return attempt


def told_misfits(findings: list[Finding]) -> str:
    """Tell of all that does not fit, by what to do about it."""
    many = "1 file" if len(findings) == 1 else f"{len(findings)} files"
    lines = [f"{many} of overlay/ no longer fit{'s' if len(findings) == 1 else ''}"]
    for reason in Misfit:
        mine = [finding for finding in findings if finding.misfit is reason]
        if mine:
            lines += ["", reason.value]
        for finding in mine:
            lines += [f"    {finding.overlay}", *(f"      {told}" for told in finding.details)]
    return "\n".join(lines)
