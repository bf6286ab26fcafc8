"""Apply corrections and additions to the published contract, and refuse what no longer fits."""

from copy import deepcopy

from scripts.contract.step3_correct.json_paths import Parts
from scripts.contract.step3_correct.merging import apply_action
from scripts.contract.step3_correct.misfits import Finding, Misfit, misfit, told_misfits
from scripts.contract.step3_correct.overlays import Action, Overlay
from scripts.tools.documents import Document, place_text
from scripts.tools.refusals import RefusedError

_Written = tuple[Parts, Action]  # a member that was written or removed, and what did it


def apply_overlays(
    published: Document, overlays: list[Overlay], notices: list[str] | None = None
) -> Document:
    """Correct a contract.

    Raises:
        RefusedError: Some overlays do not fit the contract or each other; it tells of each of
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
        raise RefusedError(told_misfits(findings))
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
        written += [(part, action) for part in parts]
    return written


def _require_apart(mine: list[_Written], others: list[_Written]) -> None:
    for one, action in mine:
        for other, earlier in others:
            shared = min(len(one), len(other))
            if one[:shared] == other[:shared]:
                raise RefusedError(
                    f"action {action.number}: {earlier.name} changes the same member: "
                    f"{place_text(one if len(one) > shared else other)}"
                )
