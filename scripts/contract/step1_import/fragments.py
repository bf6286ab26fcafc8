"""The fragments: one covered operation each, as published."""

from dataclasses import dataclass, field

from scripts.contract.operations import Operation, read_operations
from scripts.contract.references import operations_in
from scripts.contract.step1_import.additions import added_contract, differences
from scripts.contract.step1_import.cutting import cut_out
from scripts.contract.step1_import.sources import Fetch, Source, read_source
from scripts.contract.step2_merge import merge
from scripts.contract.validity import require_openapi
from scripts.tools.documents import Document, files_in, format_document, read_document
from scripts.tools.layout import Layout
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
        notes: What was read as it was meant, and where it is published now.
    """

    operation: Operation
    text: str
    document: Document
    source: Source
    notes: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.operation.file


@dataclass(frozen=True)
class Found:
    """What some sources hold.

    Attributes:
        fragments: What is to be imported, by file.
        added: How what is published of an operation that `overlay/additions/` defines differs
            from that, by the operation's name.
    """

    fragments: dict[str, Fragment] = field(default_factory=dict[str, Fragment])
    added: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


def named_fragments(
    places: list[str], fetch: Fetch, layout: Layout, only: list[str] | None = None
) -> Found:
    """Take the covered operations out of some sources.

    Raises:
        RefusedError: A source cannot be read or holds none of the operations, or two hold the
            same one.
    """
    operations = read_operations(layout.operations)
    for name in only or ():
        if name not in {each.name for each in operations}:
            raise RefusedError(f"operations.yaml has no {name}: add its entry first")
    wanted = [each for each in operations if not only or each.name in only]
    found = Found()
    for place in places:
        source = read_source(place, fetch)
        more = fragments_of(source, wanted, added_contract(layout))
        found.added.update(more.added)
        for file, fragment in more.fragments.items():
            other = found.fragments.setdefault(file, fragment)
            if other is not fragment:
                raise RefusedError(
                    f"{source.name}: {fragment.operation.name} is in {other.source.name}, too: "
                    "name one of the two"
                )
    return found


def published_fragments(urls: dict[str, str], fetch: Fetch, layout: Layout) -> Found:
    """Take each fragment out of the source that it has to come from.

    Raises:
        RefusedError: A source cannot be read or does not hold its fragment.
    """
    operations = {each.file: each for each in read_operations(layout.operations)}
    found, read = Found(), dict[str, Source]()
    for file, url in urls.items():
        if url not in read:
            read[url] = read_source(url, fetch)
        try:
            more = fragments_of(read[url], [operations[file]], added_contract(layout))
        except RefusedError as refusal:
            raise RefusedError(f"{refusal}: see openapi/sources.yaml") from refusal
        found.fragments.update(more.fragments)
        found.added.update(more.added)
    return found


def fragments_of(source: Source, wanted: list[Operation], added: Document) -> Found:
    """Take operations out of a source.

    Raises:
        RefusedError: It holds none of them, or is no valid OpenAPI 3.1.
    """
    found = Found()
    for operation in wanted:
        path = operation.path_in(source.document)
        if path is None:
            continue
        where = f"{source.name}: {operation.name}"
        try:
            document, notes = cut_out(source.document, operation, path)
        except RefusedError as refusal:
            raise RefusedError(f"{where}: {refusal}") from refusal
        require_openapi(document, where)
        if path != operation.paths[0]:
            notes.append(f"{operation.paths[0]} is not published there, {path} stands for it")
        if operation.path_in(added) is not None:
            found.added[operation.name] = differences(added, document, operation, path)
        else:
            text = format_document(document)
            found.fragments[operation.file] = Fragment(
                operation, text, document, source, tuple(notes)
            )
    if not found.fragments and not found.added:
        names = ", ".join(f"{each.method} {' or '.join(each.paths)}" for each in wanted)
        raise RefusedError(
            f"{source.name}: expected one of {names}, found {_names(source.document)}: if the "
            "vendor moved an operation, overlay/operations.yaml has to follow"
        )
    return found


def merged_with(fragments: dict[str, Fragment], layout: Layout) -> Document:
    """Merge fragments with those of the repository that they do not replace.

    Raises:
        RefusedError: They do not merge.
    """
    coming = {file: fragment.document for file, fragment in fragments.items()}
    staying = {
        path.name: read_document(path)
        for path in files_in(layout.fragments)
        if path.name not in coming
    }
    try:
        return merge(dict(sorted((staying | coming).items())))
    except RefusedError as refusal:
        if not staying:
            raise
        raise RefusedError(
            f"{refusal}\n  The fragments that are not imported stay: import all of them at once"
        ) from refusal


def _names(document: Document) -> str:
    """Tell of the first operations that a contract defines."""
    names = [f"{method} {path}" for path, method, _ in operations_in(document)]
    more = ["…"] if len(names) > _MOST_NAMED else []
    return ", ".join([*names[:_MOST_NAMED], *more]) or "none"
