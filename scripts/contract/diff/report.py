"""Tell what a change of the contract breaks: what the differ says, grouped by whom it concerns."""

import re
from dataclasses import dataclass
from enum import Enum

from scripts.contract.diff.differ import differences
from scripts.contract.operations import METHODS, Operation
from scripts.contract.prose import PROSE, without_prose
from scripts.contract.references import operations_in, reached_from
from scripts.tools.documents import Document, Json, child, shown
from scripts.tools.refusals import RefusedError

_WIDTH = 120
_COMPONENT = re.compile(r"#/components/([^/]+)/([^/]+)")
_SIDES = {"responses": "reply", "requestBody": "request", "parameters": "request"}
_OF_COURSE = {"content", "application/json", "schema", "properties"}  # go without saying


class Group(Enum):
    """Whom a change breaks."""

    CALLERS = "Breaking for callers"
    READERS = "Breaking for readers of replies"
    HARMLESS = "Harmless"


@dataclass(frozen=True)
class Change:
    """One change of the contract.

    Attributes:
        group: Whom it breaks.
        operation: Method and path; empty where it belongs to none.
        place: Where it is, such as "reply 200 `[].name`".
        told: What has changed.
    """

    group: Group
    operation: str
    place: str
    told: str


def contract_changes(before: Document, after: Document) -> list[Change]:
    """Compare two contracts.

    Raises:
        NodeMissingError: Node.js, which the differ needs, is not here.
        RefusedError: The differ cannot be fetched, or fails.
    """
    sides = {side: _components_of(side, before, after) for side in ("request", "reply")}
    found: list[Change] = []
    for raw in differences(before, after):
        operation, side, place = _place(str(raw["path"]))
        pointer = str(child(raw, "base", "pointer") or child(raw, "revision", "pointer"))
        component = _COMPONENT.match(pointer)
        # A schema of both sides is told of where the differ meets it first, and concerns both.
        concerned = {name for name, holds in sides.items() if component and component[0] in holds}
        found.append(Change(_group(raw, side), operation, place, _told(raw)))
        if component and side:
            shared = f"`{component[2]}` in a {' and '.join(concerned - {side})}, as in {place}"
            found += [
                Change(_group(raw, other), operation, shared, _told(raw))
                for other in concerned - {side}
            ]
    return list(dict.fromkeys(found))


def told_changes(
    before: Document | None, after: Document, operations: tuple[Operation, ...] = ()
) -> str:
    """Compare two contracts, and tell of it as Markdown."""
    if before is None:
        return "There is no contract yet to compare with."
    if before == after:
        told = "The published contract is the same."
    else:
        try:
            told = _format(contract_changes(before, after))
        except RefusedError as refusal:
            told = (
                "The published contract has changed. What that breaks cannot be told, for lack of "
                f"the differ: {refusal}\nSee `git diff openapi`."
            )
    return "\n".join([told, *_successors(after, operations)])


def _successors(contract: Document, operations: tuple[Operation, ...]) -> list[str]:
    lines: list[str] = []
    for operation in operations:
        path = operation.path_in(contract) or ""
        if child(contract, "paths", path, operation.method, "deprecated") is True:
            later = operation.paths[operation.paths.index(path) + 1 :]
            successor = f"its successor is `{later[0]}`" if later else "no successor is known"
            lines.append(f"\n`{operation.name}` is deprecated at `{path}`: {successor}.")
    return lines


def _components_of(side: str, *contracts: Document) -> set[str]:
    found: set[str] = set()
    for contract in contracts:
        for _, method, item in operations_in(contract):
            for key in [key for key, name in _SIDES.items() if name == side]:
                for holder in (item, item[method]):
                    reached = reached_from(contract, child(holder, key))
                    found |= {f"#/components/{section}/{name}" for section, name in reached}
    return found


def _group(raw: Document, side: str) -> Group:
    """Judge as the differ does, but where it judges otherwise than is wanted here."""
    word, parts = str(raw.get("property", "")), str(raw["path"]).split("/")
    if word in PROSE or word.startswith("x-") or word == "operationId":
        return Group.HARMLESS
    breaks = raw.get("impact") == "major"
    gone = raw.get("kind") == "removed" or word == "key"
    if side == "reply":
        # A reader may not know of another way to succeed.
        another = raw.get("kind") == "added" and parts[-2] == "responses" and parts[-1][0] == "2"
        return Group.READERS if breaks or another else Group.HARMLESS
    if side == "request":
        # Programs send what is gone, and rely on what is no longer read.
        ignored = word == "readOnly" and child(raw, "revision", "value") is True
        breaks = breaks or ignored or (gone and parts[-2] == "properties")
    return Group.CALLERS if breaks else Group.HARMLESS


def _place(pointer: str) -> tuple[str, str, str]:
    """Read where a change is: the operation, the side, and the rest in words."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    match parts:
        case ["paths", where, method, *rest] if method in METHODS:
            operation = f"{method.upper()} {where}"
        case _:
            return "", "", " ".join(parts)
    side = _SIDES.get(rest[0], "") if rest else ""
    words = rest[1:] if side and rest[0] != "parameters" else rest
    field, said = "", [side] if side else []
    for before, part in zip(["", *words], words, strict=False):
        if part == "items" and before != "properties":
            field += "[]"
        elif before == "properties":
            field += f".{part}"
        elif part not in _OF_COURSE:
            said.append(part)
    named = [f"`{field.removeprefix('.')}`"] if field else []
    return operation, side, " ".join([*said, *named]) or "operation"


def _format(changes: list[Change]) -> str:
    """Format changes as Markdown, grouped by whom they break and by operation."""
    if not changes:
        return "The published contract has changed in nothing but its layout."
    groups = {group: [change for change in changes if change.group is group] for group in Group}
    counts = [f"{len(mine)} {group.value.lower()}" for group, mine in groups.items()]
    lines = ["## What changed in the published contract", "", f"{', '.join(counts)}."]
    for group, mine in groups.items():
        lines += ["", f"### {group.value}: {len(mine) or 'nothing'}"]
        # The contract as a whole comes first.
        for operation in sorted({change.operation for change in mine}):
            lines += ["", f"`{operation}`" if operation else "All operations", ""]
            told = {f"- {each.place}: {each.told}" for each in mine if each.operation == operation}
            lines += sorted(told)
    return "\n".join(lines)


def _told(raw: Document) -> str:
    word, kind = str(raw.get("property", "")), str(raw.get("kind"))
    old, new = child(raw, "base", "value"), child(raw, "revision", "value")
    if word == "required" and (isinstance(old, list) or isinstance(new, list)):
        one, two = (value if isinstance(value, list) else [] for value in (old, new))
        now = [f"`{name}` required now" for name in two if name not in one]
        return ", ".join(now + [f"`{name}` no longer required" for name in one if name not in two])
    if word in PROSE and isinstance(old, str) and isinstance(new, str):
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        start = max(0, same - 20)  # with a few words around what differs
        return f"{word} {_code(old[start:])} → {_code(new[start:])}"
    about = "name" if word == "key" else word
    if kind == "modified":
        return f"{about} {_value(old, word)} → {_value(new, word)}".strip()
    value = new if kind == "added" else old
    return f"{about} {kind}, {_value(value, word)}".strip() if value is not None else kind


def _value(value: Json, word: str) -> str:
    plain = value if word in PROSE else without_prose(value)
    return "nothing" if plain is None else _code(plain if isinstance(plain, str) else shown(plain))


def _code(text: str) -> str:
    """Put text between as many backticks as it takes."""
    text = " ".join(text.split())
    text = text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {text} {ticks}" if longest else f"{ticks}{text or ' '}{ticks}"
