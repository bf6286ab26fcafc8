"""Import what the vendor publishes: `python -m scripts.import_contract page.md whole-api.json`."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from scripts.contract_sources import Source, read_source
from scripts.covered_operations import COVERED, Operation, covered_in, cut_out, holds_only
from scripts.documents import Document, files_in, format_document, parse_document, read_document
from scripts.layout import REPOSITORY, Layout
from scripts.merge_fragments import merge
from scripts.refusals import RefusedError, exit_status
from scripts.replacing import write_all
from scripts.validity import require_openapi

_COMMENT = "Where each fragment came from. Written by `make import`."


@dataclass(frozen=True)
class Fragment:
    """One operation as published, on its way into the repository."""

    operation: Operation
    text: str
    sha256: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.operation.name}.yaml"


def import_contract(
    places: list[str],
    layout: Layout,
    today: str,
    fetch: Callable[[str], bytes] | None = None,
) -> list[Fragment]:
    """Write the fragments that some sources hold, and where they came from.

    Args:
        places: Paths and https URLs of documentation pages and OpenAPI documents.
        layout: Where everything lies.
        today: The date to write down, as YYYY-MM-DD.
        fetch: How to fetch a URL; over the network unless given.

    Returns:
        The fragments found.

    Raises:
        RefusedError: A source cannot be read or holds none of the covered operations, two hold
            the same one, or the fragments would not merge; nothing is written.
    """
    fragments: dict[str, Fragment] = {}
    for place in places:
        for fragment in fragments_of(read_source(place, fetch)):
            if fragment.file in fragments:
                raise RefusedError(f"{place}: {fragment.operation.name} is in another source, too")
            fragments[fragment.file] = fragment
    if not fragments:
        raise RefusedError("name at least one source")
    _require_merging(fragments, layout)
    texts = {layout.fragments / file: fragment.text for file, fragment in fragments.items()}
    texts[layout.sources] = format_document(_sources(fragments, layout, today), _COMMENT)
    layout.build.mkdir(exist_ok=True)
    write_all(texts, layout.build)
    return list(fragments.values())


def fragments_of(source: Source) -> list[Fragment]:
    """Take the covered operations out of a source.

    Args:
        source: A page or a document.

    Returns:
        One fragment each: the block of a page as it stands there, or the operation cut out of a
        document.

    Raises:
        RefusedError: It holds none of the covered operations, or is no valid OpenAPI 3.1.
    """
    operations = covered_in(source.document)
    if not operations:
        wanted = ", ".join(f"{covered.method} {covered.path}" for covered in COVERED)
        raise RefusedError(f"{source.name}: expected one of {wanted}, found none")
    return [_fragment(source, operation) for operation in operations]


def _fragment(source: Source, operation: Operation) -> Fragment:
    if source.verbatim and holds_only(source.document, operation):
        document, text = source.document, source.text
    else:
        try:
            document = cut_out(source.document, operation)
        except RefusedError as refusal:
            raise RefusedError(f"{source.name}: {operation.name}: {refusal}") from refusal
        text = format_document(document)
    require_openapi(document, f"{source.name}: {operation.name}")
    return Fragment(operation, text, source.sha256)


def _require_merging(fragments: dict[str, Fragment], layout: Layout) -> None:
    """Refuse fragments that do not merge with each other and with those that stay."""
    staying = {
        path.name: read_document(path)
        for path in files_in(layout.fragments)
        if path.name not in fragments
    }
    coming = {file: parse_document(fragment.text, file) for file, fragment in fragments.items()}
    merge(dict(sorted((staying | coming).items())))


def _sources(fragments: dict[str, Fragment], layout: Layout, today: str) -> Document:
    sources = read_document(layout.sources) if layout.sources.exists() else {}
    for file, fragment in fragments.items():
        path = layout.fragments / file
        old = sources.get(file)
        same_text = path.exists() and path.read_bytes() == fragment.text.encode()
        if isinstance(old, dict) and old.get("sha256") == fragment.sha256 and same_text:
            continue
        sources[file] = {
            "page": fragment.operation.page,
            "sha256": fragment.sha256,
            "imported": today,
        }
    return dict(sorted(sources.items()))


def _command() -> None:
    parser = argparse.ArgumentParser(description="Import what the vendor publishes.")
    parser.add_argument("sources", nargs="+", help="page or OpenAPI document: path or https URL")
    places: list[str] = parser.parse_args().sources
    for fragment in import_contract(places, REPOSITORY, datetime.now(UTC).date().isoformat()):
        print(f"{fragment.operation.name}: openapi/fragments/{fragment.file}")


if __name__ == "__main__":
    sys.exit(exit_status(_command))
