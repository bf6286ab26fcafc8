"""Schemas that are written in another way: what that means, no differ tells.

`X`, `allOf: [X]` and `anyOf: [X, {type: "null"}]` look as if nothing were left of X.
"""

from dataclasses import dataclass
from typing import Literal

from scripts.contract.step1_import.cutting import REFERENCE
from scripts.contract.step3_correct.expectations import without_prose
from scripts.tools.documents import Document, Json, child, same

_COMBINERS = {"allOf", "anyOf", "oneOf"}


@dataclass(frozen=True)
class Rewrite:
    """A schema that is written in another way.

    Attributes:
        path: JSON pointer to it.
        effect: What it allows now, in comparison with before.
        old: What was published.
        new: What is published now.
    """

    path: str
    effect: Literal["wider", "narrower", "same"]
    old: Json
    new: Json

    def covers(self, path: str) -> bool:
        """Whether a change at a path is a part of the rewriting."""
        return path == self.path or path.startswith(f"{self.path}/")


def rewritten(paths: list[str], before: Document, after: Document) -> list[Rewrite]:
    """Find schemas of which a combiner (`allOf`, `anyOf`, `oneOf`) came or went.

    Args:
        paths: JSON pointers to all that has changed.
        before: The old contract.
        after: The new one.

    Returns:
        Those of which can be told what the change means, the outer ones first.
    """
    found: list[Rewrite] = []
    for path in sorted(paths):
        place, _, combiner = path.rpartition("/")
        if combiner not in _COMBINERS or any(rewrite.covers(place) for rewrite in found):
            continue
        old, new = _at(before, place), _at(after, place)
        if isinstance(old, dict) and isinstance(new, dict):
            effect = _effect(_meaning(before, old), _meaning(after, new))
            if effect is not None:
                found.append(Rewrite(place, effect, old, new))
    return found


def _effect(old: Json, new: Json) -> Literal["wider", "narrower", "same"] | None:
    if same(old, new):
        return "same"
    if any(same(old, choice) for choice in _choices(new)):
        return "wider"
    if any(same(choice, new) for choice in _choices(old)):
        return "narrower"
    return None


def _choices(schema: Json) -> list[Json]:
    """List what a schema allows, where it is but a choice."""
    for combiner in ("anyOf", "oneOf"):
        choices = child(schema, combiner)
        if isinstance(schema, dict) and len(schema) == 1 and isinstance(choices, list):
            return choices
    return []


def _meaning(
    contract: Document, schema: Json, open_references: frozenset[str] = frozenset()
) -> Json:
    """Leave out what means nothing: references, `allOf` around one schema, descriptions."""
    if isinstance(schema, list):
        return [_meaning(contract, entry, open_references) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    plain = without_prose(schema)
    members = {key: value for key, value in _members(plain).items() if key != "readOnly"}
    only = members.get("allOf")
    if isinstance(only, list) and len(only) == 1 and len(members) == 1:
        return _meaning(contract, only[0], open_references)
    reference = members.get("$ref")
    if isinstance(reference, str) and len(members) == 1 and reference not in open_references:
        match = REFERENCE.fullmatch(reference)
        target = child(contract, "components", *match.groups()) if match else None
        return _meaning(contract, target, open_references | {reference})
    return {key: _meaning(contract, value, open_references) for key, value in members.items()}


def _at(contract: Document, pointer: str) -> Json:
    """Walk down a contract, through references."""
    node: Json = contract
    for part in pointer.split("/")[1:]:
        node = _followed(contract, node)
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            node = node[int(name)] if name.isdigit() and int(name) < len(node) else None
        else:
            node = child(node, name)
    return node


def _followed(contract: Document, node: Json) -> Json:
    for _ in range(len(_members(contract.get("components"))) + 20):
        reference = child(node, "$ref")
        match = REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
        if match is None:
            return node
        node = child(contract, "components", *match.groups())
    return None


def _members(node: Json) -> Document:
    return node if isinstance(node, dict) else {}
