"""Import what the vendor publishes."""

from dataclasses import dataclass

from scripts.contract.step1_import.fragments import (
    Fragment,
    merged_with,
    named_fragments,
    published_fragments,
)
from scripts.contract.step1_import.records import format_records, read_records, recorded_urls
from scripts.contract.step1_import.sources import Fetch
from scripts.contract.step2_merge import merge_folder
from scripts.tools.documents import Document, files_in, read_document
from scripts.tools.layout import Layout
from scripts.tools.refusals import RefusedError
from scripts.tools.replacing import write_all


@dataclass(frozen=True)
class Import:
    """What is about to be imported.

    Attributes:
        fragments: The new fragments, by file.
        before: The contract that the repository has, if it has one.
        after: The contract that it will have.
    """

    fragments: dict[str, Fragment]
    before: Document | None
    after: Document


def read_import(places: list[str], layout: Layout, fetch: Fetch) -> Import:
    """Read sources, and refuse what could not be merged.

    Args:
        places: Paths and https URLs of documentation pages and OpenAPI documents. Without any,
            the URLs of `openapi/sources.yaml` are read.
        layout: Where everything lies.
        fetch: How to fetch a URL.

    Returns:
        What to import. Nothing is written.

    Raises:
        RefusedError: A source cannot be read or holds none of the covered operations, two hold
            the same one, or the fragments would not merge.
    """
    if places:
        fragments = named_fragments(places, fetch)
    else:
        fragments = published_fragments(recorded_urls(read_records(layout)), fetch)
    staying = {
        path.name: read_document(path)
        for path in files_in(layout.fragments)
        if path.name not in fragments
    }
    return Import(fragments, _before(layout), merged_with(fragments, staying))


def write_import(new: Import, layout: Layout, today: str) -> None:
    """Write fragments, and where they came from: all of it, or nothing.

    Args:
        new: What to import.
        layout: Where everything lies.
        today: The date to write down, as YYYY-MM-DD.
    """
    texts = {layout.fragments / file: fragment.text for file, fragment in new.fragments.items()}
    texts[layout.sources] = format_records(new.fragments, read_records(layout), layout, today)
    layout.build.mkdir(exist_ok=True)
    write_all(texts, layout.build)


def _before(layout: Layout) -> Document | None:
    try:
        return merge_folder(layout.fragments)
    except RefusedError:
        # None yet, or broken ones: to replace them may be the reason for this import.
        return None
