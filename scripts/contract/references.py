"""What a contract refers to; what stands in an example refers to nothing."""

import re
from collections.abc import Iterator

from scripts.contract.operations import METHODS
from scripts.tools.documents import Document, Json, child, entries, members, place_text
from scripts.tools.refusals import RefusedError

Parts = tuple[str | int, ...]
REFERENCE = re.compile(r"#/components/([^/]+)/([^/]+)")
# What stands below these is named by the vendor: `example` may be a property.
NAME_MAPS = {"properties", "patternProperties", "schemas", "$defs", "dependentSchemas", "mapping"}
_VALUES = {"example", "examples", "default", "const", "enum", "value"}


def operations_in(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Find the operations of a contract: the path, the method, and what stands at the path."""
    for path, item in members(document, "paths").items():
        for method in METHODS:
            if isinstance(item, dict) and method in item:
                yield path, method, item


def parameters_of(document: Document, *holders: Json) -> Iterator[Document]:
    """Find the parameters of paths and operations, wherever in the contract they stand."""
    for holder in holders:
        for parameter in entries(holder, "parameters"):
            match = REFERENCE.fullmatch(str(child(parameter, "$ref")))
            yield members(document, "components", *match.groups()) if match else members(parameter)


def objects(
    node: Json, place: Parts = (), *, names: bool = False
) -> Iterator[tuple[Parts, Document]]:
    """Find the objects of a part of a contract, the outer ones first; examples hold none."""
    if isinstance(node, list):
        for number, entry in enumerate(node):
            yield from objects(entry, (*place, number))
    elif isinstance(node, dict):
        if not names:
            yield place, node
        for key, member in node.items():
            here = (*place, key)
            if not names and key == "examples" and isinstance(member, dict):
                yield from objects(member, here, names=True)  # by name; each holds its value
            elif names or (key not in _VALUES and not key.startswith("x-")):
                yield from objects(member, here, names=not names and key in NAME_MAPS)


def references(node: Json, place: Parts = ()) -> Iterator[tuple[Parts, str]]:
    """Find each `$ref` and each schema that a discriminator names, with its place."""
    for where, found in objects(node, place):
        reference = found.get("$ref")
        if isinstance(reference, str):
            yield (*where, "$ref"), reference
        for name, target in members(found, "discriminator", "mapping").items():
            if isinstance(target, str):
                bare = "/" not in target and "#" not in target
                told = f"#/components/schemas/{target}" if bare else target
                yield (*where, "discriminator", "mapping", name), told


def reached_from(document: Document, node: Json, place: Parts = ()) -> set[tuple[str, str]]:
    """Collect the components that a part of a contract needs, as section and name.

    Raises:
        RefusedError: It refers to something that is no component of the contract.
    """
    reached: set[tuple[str, str]] = set()
    waiting = list(references(node, place))
    while waiting:
        where, reference = waiting.pop()
        match = REFERENCE.match(reference)
        if match is None:
            raise RefusedError(
                f"{place_text(where)}: {reference} does not lead to a component of the same "
                "document: bundle it first"
            )
        section, name = match[1], match[2]
        if (section, name) in reached:
            continue
        component = child(document, "components", section, name)
        if component is None:
            raise RefusedError(f"{place_text(where)}: there is no #/components/{section}/{name}")
        reached.add((section, name))
        waiting += references(component, ("components", section, name))
    return reached
