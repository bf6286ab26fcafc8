"""What a change of the contract breaks: callers, readers of replies, or nothing."""

import re
from dataclasses import dataclass
from enum import Enum

from scripts.contract.diff.differ import differences
from scripts.contract.diff.places import ChangePlace, change_place
from scripts.contract.diff.rewritten_schemas import Rewrite, rewritten
from scripts.contract.diff.sides import own_name, sides_apart
from scripts.tools.documents import Document, Json, child

_SCHEMA = re.compile("#/components/schemas/[^/]+")
PROSE = {"description", "summary", "title", "example", "examples", "externalDocs"}


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
        place: The operation, and what of it has changed.
        word: The keyword that has changed; empty where all of the place came or went.
        old: What was published; null where there was nothing.
        new: What is published now; null where there is nothing.
    """

    group: Group
    place: ChangePlace
    word: str
    old: Json
    new: Json


def contract_changes(before: Document, after: Document) -> list[Change]:
    """Compare two contracts.

    Args:
        before: The published contract as it was, not corrected.
        after: The published contract as it is now.

    Returns:
        What has changed.

    Raises:
        NodeMissingError: Node.js, which the differ needs, is not here.
        RefusedError: The differ cannot be fetched, or fails.
    """
    one, other = sides_apart(before), sides_apart(after)
    raw = differences(one, other)
    rewrites = rewritten([str(change["path"]) for change in raw], one, other)
    reading = _Reading(after)
    changes = [reading.rewrite_change(rewrite) for rewrite in rewrites]
    for change in _of_use(raw):
        path = str(change["path"])
        if change.get("property") in PROSE or not any(found.covers(path) for found in rewrites):
            changes += reading.changes(change)
    return changes + _renamed_schemas(before, after, raw)


def _of_use(raw: list[Document]) -> list[Document]:
    """Leave out schemas that the differ compares for want of better, by a likeness of their names.

    Where operations refer to schemas that cannot be compared, it has told of that already.
    """
    return [change for change in raw if not _SCHEMA.match(str(change["path"]))]


def _renamed_schemas(before: Document, after: Document, raw: list[Document]) -> list[Change]:
    """Find schemas that have another name now, which corrections have to follow."""
    names = [
        (own_name(str(child(change, "base", "value"))), own_name(str(change["path"])))
        for change in raw
        if change.get("property") == "key" and _SCHEMA.fullmatch(str(change["path"]))
    ]
    was, now = (child(contract, "components", "schemas") or {} for contract in (before, after))
    return [
        Change(Group.HARMLESS, ChangePlace("", None, ("schema",)), "name", old, new)
        for old, new in dict.fromkeys(names)
        if isinstance(was, dict) and isinstance(now, dict) and new not in was and old not in now
    ]


class _Reading:
    """Reads what the differ tells of, and judges it."""

    def __init__(self, after: Document) -> None:
        self._after = after

    def changes(self, raw: Document) -> list[Change]:
        place, word = change_place(str(raw["path"])), str(raw.get("property", ""))
        old, new = child(raw, "base", "value"), child(raw, "revision", "value")
        if word == "required" and (isinstance(old, list) or isinstance(new, list)):
            return _required_changes(place, _names(old), _names(new))
        group = self._group(raw, place, word)
        if word == "key":
            # The differ takes what came for what went, under another name.
            return [Change(group, place.above(), "name", old, new)]
        return [Change(group, place, word, old, new)]

    def rewrite_change(self, rewrite: Rewrite) -> Change:
        place = change_place(rewrite.path)
        breaking = {"wider": "reply", "narrower": "request", "same": ""}
        broken = Group.CALLERS if place.side == "request" else Group.READERS
        group = broken if breaking[rewrite.effect] == place.side else Group.HARMLESS
        return Change(group, place, "schema", rewrite.old, rewrite.new)

    def _group(self, raw: Document, place: ChangePlace, word: str) -> Group:
        """Judge as the differ does, but where it judges otherwise than is wanted here."""
        if word in PROSE or word.startswith("x-") or word == "operationId":
            return Group.HARMLESS
        kind, breaks = raw.get("kind"), raw.get("impact") == "major"
        gone = kind == "removed" or word == "key"
        if place.side == "reply":
            # A reader may not know of another way to succeed.
            another = kind == "added" and place.status.startswith(("2", "default"))
            return Group.READERS if breaks or another else Group.HARMLESS
        if place.side == "request":
            # Programs send what is gone, and rely on what is no longer read.
            ignored = word == "readOnly" and child(raw, "revision", "value") is True
            breaks = breaks or ignored or (gone and place.is_field)
        elif gone and place.words[:1] == ("security",):
            # One way to authenticate less; none at all is needed where none is left.
            breaks = breaks or bool(self._security(place))
        return Group.CALLERS if breaks else Group.HARMLESS

    def _security(self, place: ChangePlace) -> Json:
        method, _, path = place.operation.partition(" ")
        own = child(self._after, "paths", path, method.lower(), "security")
        return own if own is not None else self._after.get("security")


def _required_changes(place: ChangePlace, old: list[str], new: list[str]) -> list[Change]:
    request = place.side == "request"
    now = Group.CALLERS if request else Group.HARMLESS
    no_more = Group.HARMLESS if request else Group.READERS
    return [
        *(
            Change(now, place.below(name), "required", old=None, new=True)
            for name in new
            if name not in old
        ),
        *(
            Change(no_more, place.below(name), "required", old=True, new=None)
            for name in old
            if name not in new
        ),
    ]


def _names(value: Json) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
