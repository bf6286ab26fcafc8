"""Has the vendor changed the published pages?"""

import difflib
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from scripts.contract.diff.report import told_changes
from scripts.contract.operations import read_operations
from scripts.contract.step1_import.fragments import (
    Fragment,
    merged_with,
    named_fragments,
    published_fragments,
)
from scripts.contract.step1_import.records import is_recorded, read_records, recorded_urls
from scripts.contract.step1_import.sources import Fetch
from scripts.contract.step2_merge import merge_folder
from scripts.tools.documents import Document, child, read_document
from scripts.tools.layout import Layout
from scripts.tools.refusals import RefusedError


def told_upstream(layout: Layout, fetch: Fetch, places: list[str] | None = None) -> str | None:
    """Compare what is published with what was imported.

    Raises:
        RefusedError: A page cannot be read.
    """
    if places:
        fragments = named_fragments(places, fetch, layout).fragments
    else:
        fragments = published_fragments(recorded_urls(layout), fetch, layout).fragments
    records = read_records(layout)
    changed = [each for each in fragments.values() if not _is_known(each, records, layout)]
    if not changed:
        return None
    lines = [f"- `{fragment.file}`: {_hashes(fragment, records)}" for fragment in changed]
    lead = "The vendor has changed what `openapi/sources.yaml` was imported from:"
    closing = "To take it over: `make import`, then `make generate`."
    return "\n".join([lead, "", *lines, "", _told(fragments, changed, layout), "", closing])


def _is_known(fragment: Fragment, records: Document, layout: Layout) -> bool:
    """Tell whether a page, or its contract where a page was not imported, is in the repository."""
    if is_recorded(fragment, records, layout):
        return True
    file = child(records, fragment.file, "file")
    path = layout.fragments / fragment.file
    page = PurePosixPath(urlsplit(fragment.source.place).path).name
    # The hash is that of another document: compare the contract itself.
    imported_otherwise = isinstance(file, str) and file != page
    return imported_otherwise and path.exists() and read_document(path) == fragment.document


def _hashes(fragment: Fragment, records: Document) -> str:
    old = child(records, fragment.file, "sha256") or "nothing"
    return f"{fragment.source.name}, sha256 {old} → {fragment.source.sha256}"


def _told(fragments: dict[str, Fragment], changed: list[Fragment], layout: Layout) -> str:
    try:
        before = merge_folder(layout)
        after = merged_with(fragments, layout)
    except RefusedError as refusal:
        told = f"The fragments do not merge: {refusal}"
    else:
        if before == after:
            return "The contract in it is the same; the words around it, or its layout, changed."
        told = told_changes(before, after, read_operations(layout.operations))
    if told.startswith("#"):
        return told
    texts = "\n".join(_text_diff(fragment, layout) for fragment in changed)
    return f"{told}\n\n~~~~~~diff\n{texts}\n~~~~~~"


def _text_diff(fragment: Fragment, layout: Layout) -> str:
    path = layout.fragments / fragment.file
    old = path.read_text("utf-8") if path.exists() else ""
    lines = difflib.unified_diff(
        old.splitlines(),
        fragment.text.splitlines(),
        f"openapi/fragments/{fragment.file}",
        fragment.source.name,
        lineterm="",
    )
    return "\n".join(lines)
