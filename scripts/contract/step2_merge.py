"""Merge the fragments, as published, into one contract."""

from copy import deepcopy

from scripts.contract.operations import read_operations
from scripts.contract.prose import without_prose
from scripts.contract.validity import require_openapi
from scripts.tools.documents import (
    Document,
    Json,
    child,
    files_in,
    format_document,
    members,
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
_COMMENT = "The published fragments, merged; nothing corrected. Written by `make generate`."


def merge(fragments: dict[str, Document]) -> Document:
    """Merge contracts that may share definitions; of prose, the first one's stands.

    Raises:
        RefusedError: Two define one thing differently, or one is no valid OpenAPI 3.1.
    """
    document: Document = {}
    sources: dict[tuple[str, ...], str] = {}
    for file, fragment in fragments.items():
        require_openapi(fragment, file)
        for place in [*((key,) for key in _COMMON), *_definitions(fragment)]:
            definition = child(fragment, *place)
            first = sources.setdefault(place, file)
            if first != file:
                _require_same(child(document, *place), definition, place, first, file)
            elif definition is not None:
                node = document
                for name in place[:-1]:
                    below = node.setdefault(name, {})
                    node = below if isinstance(below, dict) else node
                node[place[-1]] = definition
    return deepcopy(document)


def merge_folder(layout: Layout) -> Document:
    """Merge the fragments of a repository in the order of their file names.

    Raises:
        RefusedError: There is none, one cannot be read or belongs to no operation, or they do not
            merge (see `merge`).
    """
    fragments = {path.name: read_document(path) for path in files_in(layout.fragments)}
    if not fragments:
        raise RefusedError(f"no fragments in {layout.fragments.name}: run make import first")
    strays = set(fragments) - {each.file for each in read_operations(layout.operations)}
    if strays:
        raise RefusedError(f"operations.yaml has no entry for {', '.join(sorted(strays))}")
    return merge(fragments)


def format_contract(contract: Document) -> str:
    """Format the merged contract as the file `openapi/cekura.yaml`."""
    return format_document(contract, _COMMENT)


def merge_into_contract(layout: Layout) -> None:
    """Write the merged contract.

    Raises:
        RefusedError: The fragments do not merge; nothing is written.
    """
    text = format_contract(merge_folder(layout))
    layout.build.mkdir(exist_ok=True)
    write_all({layout.contract: text}, layout.build)


def _definitions(fragment: Document) -> list[tuple[str, ...]]:
    """List the places of what a fragment defines: each path's methods, each component."""
    found: list[tuple[str, ...]] = []
    for key, value in fragment.items():
        if key in ("paths", "webhooks", "components") and isinstance(value, dict):
            for group, defined in value.items():
                found += [(key, group, name) for name in members(defined)]
        elif key not in _COMMON:
            found.append((key,))
    return found


def _require_same(one: Json, other: Json, place: tuple[str, ...], first: str, second: str) -> None:
    difference = _difference(without_prose(one), without_prose(other), place)
    if difference is not None:
        where, mine, theirs = difference
        raise RefusedError(
            f"{place_text(where)}: {first} says {shown(mine)}, {second} says {shown(theirs)}"
        )


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
