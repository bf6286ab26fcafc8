"""The fragments: one covered operation each, as published."""

from dataclasses import dataclass

from scripts.contract.step1_import.cutting import (
    COVERED,
    Operation,
    covered_in,
    cut_out,
    holds_only,
)
from scripts.contract.step1_import.sources import Fetch, Source, read_source
from scripts.contract.step2_merge import merge
from scripts.contract.validity import require_openapi
from scripts.tools.documents import Document, Json, format_document
from scripts.tools.refusals import RefusedError

_MOST_NAMED = 5


@dataclass(frozen=True)
class Fragment:
    """One operation as published, on its way into the repository.

    Attributes:
        operation: The operation.
        text: What its file is to hold.
        document: The same, parsed.
        source: Where it came from.
    """

    operation: Operation
    text: str
    document: Document
    source: Source

    @property
    def file(self) -> str:
        """The name of its file."""
        return fragment_file(self.operation)


def fragment_file(operation: Operation) -> str:
    """Name the file of an operation's fragment."""
    return f"{operation.name}.yaml"


def named_fragments(places: list[str], fetch: Fetch) -> dict[str, Fragment]:
    """Take the covered operations out of some sources.

    Args:
        places: Paths and URLs of documentation pages and OpenAPI documents.
        fetch: How to fetch a URL.

    Returns:
        The fragments by file.

    Raises:
        RefusedError: A source cannot be read or holds none of the covered operations, or two hold
            the same one.
    """
    fragments: dict[str, Fragment] = {}
    for place in places:
        for fragment in fragments_of(read_source(place, fetch)):
            other = fragments.setdefault(fragment.file, fragment)
            if other is not fragment:
                raise RefusedError(
                    f"{fragment.source.name}: {fragment.operation.name} is in "
                    f"{other.source.name}, too: name one of the two"
                )
    return fragments


def published_fragments(urls: dict[str, str], fetch: Fetch) -> dict[str, Fragment]:
    """Take each fragment out of the source that it has to come from.

    Args:
        urls: The URL of each fragment, by file.
        fetch: How to fetch a URL.

    Returns:
        The fragments by file.

    Raises:
        RefusedError: A source cannot be read or does not hold its fragment.
    """
    read: dict[str, dict[str, Fragment]] = {}
    for url in urls.values():
        if url not in read:
            read[url] = {found.file: found for found in fragments_of(read_source(url, fetch))}
    for file, url in urls.items():
        if file not in read[url]:
            holds = ", ".join(read[url])
            raise RefusedError(f"{url}: expected {file}, found {holds}: see openapi/sources.yaml")
    return {file: read[url][file] for file, url in urls.items()}


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
        raise RefusedError(
            f"{source.name}: expected one of {wanted}, found {_found(source.document)}: if the "
            "vendor moved an operation, scripts/contract/step1_import/cutting.py has to follow"
        )
    return [_fragment(source, operation) for operation in operations]


def merged_with(fragments: dict[str, Fragment], staying: dict[str, Document]) -> Document:
    """Merge fragments with those that stay.

    Args:
        fragments: What comes in.
        staying: What is not replaced.

    Returns:
        The contract that they make.

    Raises:
        RefusedError: They do not merge.
    """
    coming = {file: fragment.document for file, fragment in fragments.items()}
    try:
        return merge(dict(sorted((staying | coming).items())))
    except RefusedError as refusal:
        if not staying:
            raise
        raise RefusedError(
            f"{refusal}\n  The fragments that are not imported stay: import all of them at once"
        ) from refusal


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
    return Fragment(operation, text, document, source)


def _found(document: Document) -> str:
    """Tell of the first operations that a contract defines."""
    paths = document.get("paths")
    names = [f"{method} {path}" for path, item in _members(paths) for method, _ in _members(item)]
    more = ["…"] if len(names) > _MOST_NAMED else []
    return ", ".join([*names[:_MOST_NAMED], *more]) or "none"


def _members(node: Json) -> list[tuple[str, Json]]:
    return [*node.items()] if isinstance(node, dict) else []
