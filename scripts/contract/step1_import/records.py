"""The file `openapi/sources.yaml`: where each fragment came from, and where to look for it."""

from scripts.contract.operations import read_operations
from scripts.contract.step1_import.fragments import Fragment
from scripts.contract.step1_import.sources import is_url
from scripts.tools.documents import Document, child, format_document, read_document, shown
from scripts.tools.layout import Layout
from scripts.tools.refusals import RefusedError

_COMMENT = (
    "Where each fragment came from: the sha256 of the page or document at `url`, or of the `file`\n"
    "that was imported instead. Written by `make import`, which fetches each `url` unless it is\n"
    "given SOURCES."
)


def read_records(layout: Layout) -> Document:
    """Read what is known of where the fragments came from."""
    return read_document(layout.sources) if layout.sources.exists() else {}


def recorded_urls(layout: Layout) -> dict[str, str]:
    """Find where each operation is published.

    Raises:
        RefusedError: A record has something else than text for a URL.
    """
    records, urls = read_records(layout), dict[str, str]()
    for operation in read_operations(layout.operations):
        url = child(records, operation.file, "url") or operation.page
        if not isinstance(url, str) or (url and not is_url(url)):
            raise RefusedError(
                f"sources.yaml: {operation.file}: expected a url, found {shown(url)}"
            )
        if url:
            urls[operation.file] = url
    return urls


def is_recorded(fragment: Fragment, records: Document, layout: Layout) -> bool:
    """Tell whether a fragment, and the source that it came from, are those of the repository."""
    path = layout.fragments / fragment.file
    return (
        child(records, fragment.file, "sha256") == fragment.source.sha256
        and path.exists()
        and path.read_bytes() == fragment.text.encode()
    )


def format_records(fragments: dict[str, Fragment], layout: Layout, today: str) -> str:
    """Write down where fragments came from."""
    records, urls = read_records(layout), recorded_urls(layout)
    new = dict(records)
    for file, fragment in fragments.items():
        if is_recorded(fragment, records, layout):
            continue
        place = fragment.source.place
        url = place if is_url(place) else urls.get(file)
        record: Document = {} if url is None else {"url": url}
        if not is_url(place):
            record["file"] = place
        new[file] = record | {"sha256": fragment.source.sha256, "imported": today}
    return format_document(dict(sorted(new.items())), _COMMENT)
