"""Import what the vendor publishes."""

from dataclasses import dataclass

from scripts.contract.step1_import.fragments import (
    Found,
    merged_with,
    named_fragments,
    published_fragments,
)
from scripts.contract.step1_import.records import format_records, recorded_urls
from scripts.contract.step1_import.sources import Fetch
from scripts.contract.step2_merge import merge_folder
from scripts.tools.documents import Document
from scripts.tools.layout import Layout
from scripts.tools.refusals import RefusedError
from scripts.tools.replacing import write_all


@dataclass(frozen=True)
class Import:
    """What is about to be imported.

    Attributes:
        found: The new fragments, and how what is published differs from the additions.
        before: The contract that the repository has, if it has one.
        after: The contract that it will have; none where no fragment comes in.
    """

    found: Found
    before: Document | None
    after: Document | None


def read_import(
    places: list[str], layout: Layout, fetch: Fetch, only: list[str] | None = None
) -> Import:
    """Read sources, and refuse what could not be merged.

    Raises:
        RefusedError: A source cannot be read or holds none of the covered operations, two hold
            the same one, or the fragments would not merge.
    """
    if places:
        found = named_fragments(places, fetch, layout, only)
    else:
        found = published_fragments(recorded_urls(layout), fetch, layout)
    return Import(found, _before(layout), merged_with(found.fragments, layout) or None)


def write_import(new: Import, layout: Layout, today: str) -> None:
    """Write fragments, and where they came from: all of it, or nothing."""
    fragments = new.found.fragments
    texts = {layout.fragments / file: fragment.text for file, fragment in fragments.items()}
    texts[layout.sources] = format_records(fragments, layout, today)
    layout.build.mkdir(exist_ok=True)
    write_all(texts, layout.build)


def told_import(new: Import) -> str:
    """Tell what comes in, and how the vendor's words differ from the additions'."""
    lines: list[str] = []
    for fragment in new.found.fragments.values():
        lines.append(f"openapi/fragments/{fragment.file}: from {fragment.source.name}")
        lines += [f"  {note}" for note in fragment.notes]
    if new.found.added:
        lines += ["", "## What is published of operations that overlay/additions/ defines"]
    for name, differences in new.found.added.items():
        same = ["the same, prose aside"]
        lines += ["", f"`{name}`", "", *(f"- {line}" for line in differences or same)]
    return "\n".join(lines)


def _before(layout: Layout) -> Document | None:
    try:
        return merge_folder(layout)
    except RefusedError:
        # None yet, or broken ones: to replace them may be the reason for this import.
        return None
