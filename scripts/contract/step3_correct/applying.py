"""Apply corrections and additions to the published contract, and refuse what no longer fits."""

from copy import deepcopy
from dataclasses import dataclass

from scripts.contract.step3_correct.json_paths import Parts
from scripts.contract.step3_correct.merging import apply_action
from scripts.contract.step3_correct.misfits import Finding, Misfit, MisfitsError, misfit
from scripts.contract.step3_correct.overlays import Action, Overlay
from scripts.tools.documents import Document, place_text
from scripts.tools.refusals import RefusedError


@dataclass(frozen=True)
class _Written:
    """A member that an overlay wrote or removed."""

    parts: Parts
    action: Action


def apply_overlays(
    published: Document, overlays: list[Overlay], notices: list[str] | None = None
) -> Document:
    """Correct a contract.

    Raises:
        MisfitsError: Some overlays do not fit the contract or each other; it tells of each of
            them, and of each action that does not fit.
    """
    corrected = deepcopy(published)
    written: list[_Written] = []
    findings: list[Finding] = []
    for overlay in overlays:
        finding = misfit(published, overlay)
        if finding is None:
            try:
                mine = _apply(deepcopy(published), overlay)
                _require_apart(mine, written)
                _apply(corrected, overlay)
                written += mine
            except RefusedError as refusal:
                finding = Finding(overlay.name, Misfit.WRONG, (str(refusal),))
        if finding is None:
            continue
        if finding.misfit is not Misfit.OBSOLETE:
            findings.append(finding)
        elif notices is not None:
            notices.append(f"{overlay.name}: {finding.misfit.value}")
    if findings:
        raise MisfitsError(findings)
    return corrected


def _apply(document: Document, overlay: Overlay) -> list[_Written]:
    written: list[_Written] = []
    for action in overlay.actions:
        try:
            parts = apply_action(document, action)
        except RefusedError as refusal:
            raise RefusedError(f"action {action.number}: {refusal}") from refusal
        if not parts:
            raise RefusedError(f"action {action.number}: changes nothing; delete the action")
        written += [_Written(part, action) for part in parts]
    return written


def _require_apart(mine: list[_Written], others: list[_Written]) -> None:
    for one in mine:
        for other in others:
            shared = min(len(one.parts), len(other.parts))
            if one.parts[:shared] == other.parts[:shared]:
                raise RefusedError(
                    f"action {one.action.number}: {other.action.name} changes the same member: "
                    f"{place_text(one.parts if len(one.parts) > shared else other.parts)}"
                )
