"""Merge the fragments, as published, into one contract."""

from pathlib import Path

from scripts.contract.validity import require_openapi
from scripts.tools.documents import (
    Document,
    Json,
    child,
    files_in,
    format_document,
    place_text,
    read_document,
    same,
    shown,
)
from scripts.tools.layout import Layout
from scripts.tools.refusals import RefusedError
from scripts.tools.replacing import write_all

# Each says something of every operation, by its absence, too: all fragments have to agree on them.
_COMMON = ("openapi", "info", "jsonSchemaDialect", "servers", "security")
_MERGED = "the merged contract"  # what messages call it
_COMMENT = "The published fragments, merged; nothing corrected. Written by `make generate`."


class _Merge:
    """A contract in the making, which knows the file that each definition came from."""

    def __init__(self) -> None:
        self.document: Document = {}
        self._file: dict[tuple[str, ...], str] = {}

    def add(self, fragment: Document, file: str) -> None:
        """Take in everything that a fragment defines."""
        for key in _COMMON:
            self._put((key,), fragment.get(key), file)
        for key, value in fragment.items():
            if key in ("paths", "webhooks", "components") and isinstance(value, dict):
                for group, members in value.items():
                    self._put_each((key, group), members, file)
            elif key not in _COMMON:
                self._put((key,), value, file)

    def _put_each(self, place: tuple[str, str], members: Json, file: str) -> None:
        if not isinstance(members, dict):
            self._put(place, members, file)
            return
        for name, definition in members.items():
            self._put((*place, name), definition, file)

    def _put(self, place: tuple[str, ...], definition: Json, file: str) -> None:
        """Set one definition, or find that it is there already, and the same."""
        if place in self._file:
            first = self._file[place]
            difference = _difference(child(self.document, *place), definition, place)
            if difference is not None:
                where, one, other = difference
                raise RefusedError(
                    f"{place_text(where)}: {first} says {shown(one)}, {file} says {shown(other)}"
                )
            return
        self._file[place] = file
        if definition is None:
            return
        node = self.document
        for name in place[:-1]:
            below = node.setdefault(name, {})
            if not isinstance(below, dict):
                raise RefusedError(f"{file}: {name}: expected an object, found {shown(below)}")
            node = below
        node[place[-1]] = definition


def merge(fragments: dict[str, Document]) -> Document:
    """Merge contracts that may share definitions.

    Args:
        fragments: The contracts by file name, in the order in which to merge them.

    Returns:
        All of them and nothing else, each definition once, where it is met first.

    Raises:
        RefusedError: Two define one thing differently, or the result is no valid OpenAPI 3.1.
    """
    document = _put_together(fragments)
    require_openapi(document, _MERGED)
    return document


def merge_folder(folder: Path) -> Document:
    """Merge the fragments of a folder in the order of their file names.

    Args:
        folder: Where the fragments are.

    Returns:
        The contract.

    Raises:
        RefusedError: There is none, one cannot be read, or they do not merge (see `merge`).
    """
    return merge(_fragments(folder))


def merge_for(contract: Path, folder: Path) -> tuple[Document, str]:
    """Merge the fragments of a folder into the file of the merged contract.

    Args:
        contract: The file. Where it holds the merge already, the merge was valid when it was
            written, and is not asked again.
        folder: Where the fragments are.

    Returns:
        The contract, and what its file is to hold.

    Raises:
        RefusedError: As `merge_folder`.
    """
    document = _put_together(_fragments(folder))
    text = format_contract(document)
    if not contract.is_file() or contract.read_bytes() != text.encode():
        require_openapi(document, _MERGED)
    return document, text


def _fragments(folder: Path) -> dict[str, Document]:
    fragments = {path.name: read_document(path) for path in files_in(folder)}
    if not fragments:
        raise RefusedError(f"no fragments in {folder.name}: run make import first")
    return fragments


def _put_together(fragments: dict[str, Document]) -> Document:
    merged = _Merge()
    for file, fragment in fragments.items():
        merged.add(fragment, file)
    return merged.document


def format_contract(contract: Document) -> str:
    """Format the merged contract as the file `openapi/cekura.yaml`."""
    return format_document(contract, _COMMENT)


def merge_into_contract(layout: Layout) -> None:
    """Write the merged contract.

    Args:
        layout: Where everything lies.

    Raises:
        RefusedError: The fragments do not merge; nothing is written.
    """
    text = format_contract(merge_folder(layout.fragments))
    layout.build.mkdir(exist_ok=True)
    write_all({layout.contract: text}, layout.build)


def _difference(
    one: Json, other: Json, place: tuple[str, ...]
) -> tuple[tuple[str, ...], Json, Json] | None:
    """Find the first place, as deep as possible, where two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one | other:
            if (key in one) != (key in other):
                return (*place, key), one.get(key), other.get(key)
        pairs = [(key, one[key], other[key]) for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(str(number), one[number], other[number]) for number in range(len(one))]
    else:
        return None if same(one, other) else (place, one, other)
    found = (_difference(mine, theirs, (*place, key)) for key, mine, theirs in pairs)
    return next((difference for difference in found if difference is not None), None)
