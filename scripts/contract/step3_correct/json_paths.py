"""Find what an RFC 9535 JSONPath selects, and notice a name that has vanished."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, TypeAlias, cast

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError
from jsonpath.segments import JSONPathChildSegment, JSONPathSegment
from jsonpath.selectors import NameSelector

from scripts.tools.documents import Document, Json
from scripts.tools.refusals import RefusedError

Parts: TypeAlias = "tuple[str | int, ...]"

_STRICT = JSONPathEnvironment(strict=True)
_NAMES = re.compile(r"(\['[^'\\]*'\])+")


class MissingError(RefusedError):
    """A JSONPath, or one of the names that it lists, matches nothing."""


@dataclass(frozen=True)
class Place:
    """A node of a document: the names and indices that lead to it, and what stands there."""

    parts: Parts
    value: Json


def find(document: Document, target: str, *, every_name: bool = True) -> list[Place]:
    """Find every node that a JSONPath selects.

    Raises:
        MissingError: It, or one of its listed names, matches nothing.
        RefusedError: It is no JSONPath.
    """
    compiled = _compiled(target)
    places: dict[Parts, Place] = {}
    missing: list[str] = []
    for path in _one_name_each(compiled) if every_name else [compiled]:
        found = [
            Place(match.parts, cast("Json", match.obj))
            for match in path.finditer(cast("dict[str, Any]", document))
        ]
        if not found:
            missing.append(_told(str(path)))
        places.update((place.parts, place) for place in found)
    if missing:
        raise MissingError(f"there is no {', no '.join(missing)}")
    return list(places.values())


def has_parents(document: Document, target: str) -> bool:
    """Tell whether all that holds the targets of a JSONPath is there, be they gone or not."""
    path = _compiled(target)
    try:
        find(document, str(JSONPath(env=_STRICT, segments=path.segments[:-1])))
    except MissingError:
        return False
    return True


@cache  # each target is looked for some four times
def _compiled(target: str) -> JSONPath:
    try:
        compiled = _STRICT.compile(target)
    except JSONPathError as error:
        told = str(error).partition("\n")[0]
        raise RefusedError(f"{target} is not a JSONPath: {told}") from error
    if not isinstance(compiled, JSONPath):
        raise RefusedError(f"{target} is not a JSONPath of RFC 9535")
    return compiled


def _told(path: str) -> str:
    """Format a path as messages do, where it is but a way down by names."""
    names = path.removeprefix("$")
    return names[2:-2].replace("']['", " > ") if _NAMES.fullmatch(names) else path


def _one_name_each(path: JSONPath) -> list[JSONPath]:
    """Split `a['b', 'c']` into `a['b']` and `a['c']`, so that each can be seen to match."""
    choices = [_alternatives(segment) for segment in path.segments]
    return [JSONPath(env=_STRICT, segments=segments) for segments in product(*choices)]


def _alternatives(segment: JSONPathSegment) -> list[JSONPathSegment]:
    if isinstance(segment, JSONPathChildSegment) and all(
        isinstance(selector, NameSelector) for selector in segment.selectors
    ):
        return [
            JSONPathChildSegment(env=segment.env, token=segment.token, selectors=(selector,))
            for selector in segment.selectors
        ]
    return [segment]
