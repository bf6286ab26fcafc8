"""Write the corrected contract for people and tools."""

from dataclasses import replace

from scripts.contract.operations import read_operations
from scripts.contract.step2_merge import merge_folder
from scripts.contract.step3_correct.applying import apply_overlays
from scripts.contract.step3_correct.overlays import Overlay, read_overlays
from scripts.contract.step3_correct.rules import with_rules
from scripts.contract.validity import require_openapi
from scripts.tools.documents import Document, format_document
from scripts.tools.layout import Layout
from scripts.tools.refusals import RefusedError
from scripts.tools.replacing import write_all

_COMMENT = "The contract with all corrections and additions. Written by `make contract`."


def correct(published: Document, layout: Layout, notices: list[str] | None = None) -> Document:
    """Apply the rules, corrections and additions of a repository to a contract.

    Raises:
        RefusedError: One of them no longer fits, or the result is no valid OpenAPI 3.1.
    """
    ruled = with_rules(published)
    overlays = _at_published_paths(read_overlays(*layout.overlays), ruled, layout)
    corrected = apply_overlays(ruled, overlays, notices)
    wrong = _wrong_with(corrected)
    if wrong is not None:
        blamed = _blamed(ruled, overlays)
        raise RefusedError(f"{', '.join(blamed)}: {wrong}" if blamed else wrong)
    return corrected


def _at_published_paths(
    overlays: list[Overlay], published: Document, layout: Layout
) -> list[Overlay]:
    """Let corrections of an operation apply at whichever of its paths is published."""
    moved: dict[str, str] = {}
    for operation in read_operations(layout.operations):
        path = operation.path_in(published)
        moved |= {f"'{other}'": f"'{path}'" for other in operation.paths if path and other != path}
    return [
        Overlay(
            overlay.name,
            tuple(replace(each, target=_moved(each.target, moved)) for each in overlay.actions),
        )
        for overlay in overlays
    ]


def _moved(target: str, moved: dict[str, str]) -> str:
    for old, new in moved.items():
        target = target.replace(old, new)
    return target


def _wrong_with(contract: Document) -> str | None:
    try:
        require_openapi(contract, "the corrected contract")
    except RefusedError as refusal:
        return str(refusal)
    return None


def _blamed(published: Document, overlays: list[Overlay]) -> list[str]:
    """Find the file without which the corrected contract would be right, or those wrong alone."""
    for overlay in overlays:
        rest = [other for other in overlays if other != overlay]
        if _wrong_with(apply_overlays(published, rest)) is None:
            return [overlay.name]
    return [
        overlay.name
        for overlay in overlays
        if _wrong_with(apply_overlays(published, [overlay])) is not None
    ]


def write_corrected(layout: Layout) -> None:
    """Merge the fragments, correct the contract and write it into the build folder.

    Raises:
        RefusedError: The fragments do not merge, or a correction no longer fits.
    """
    text = format_document(correct(merge_folder(layout), layout), _COMMENT)
    layout.build.mkdir(exist_ok=True)
    write_all({layout.corrected: text}, layout.build)
