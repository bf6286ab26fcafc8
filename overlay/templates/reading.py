"""How JSON is read into models, each value held against its declared type."""

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

import msgspec

T = TypeVar("T")

_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null or missing",
}
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_HOUR_24 = re.compile(r"(.{11})24(:00:00(?:\.0+)?(?:Z|[+-].*)?)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAY = dt.timedelta(days=1)


class DecodeError(ValueError):
    """What was read is not what the contract says.

    Attributes:
        told: How it differs.
        place: Where, such as `[0].evaluation.metrics[1].id`.
    """

    def __init__(self, told: str, place: str = "") -> None:
        super().__init__(told, place)
        self.told = told
        self.place = place

    def __str__(self) -> str:
        """Tell the place, and how it differs."""
        return f"{self.place} {self.told}".lstrip()

    def within(self, place: str) -> "DecodeError":
        """Make the same error, seen from what the value stands in."""
        return DecodeError(self.told, place + self.place)


def refuse(value: object, place: str = "") -> NoReturn:
    """Refuse a value that is of none of its declared types."""
    raise DecodeError(f"is {_KINDS.get(type(value), f'a {type(value).__name__}')}", place)


def nested(place: str, read: Callable[[Any], T], value: object) -> T:
    """Read a value, and tell where it stands if it does not fit."""
    try:
        return read(value)
    except DecodeError as error:
        raise error.within(place) from None


def list_of(place: str, read: Callable[[Any], T], value: Any) -> list[T]:  # noqa: ANN401  (JSON)
    """Read a list whose items are read one by one."""
    items = _list(place, value)
    try:
        return [read(item) for item in items]
    except DecodeError:
        for index, item in enumerate(items):  # which one was it?
            _ = nested(f"{place}[{index}]", read, item)
        raise


def list_of_plain(place: str, kinds: frozenset[type], value: Any) -> list[Any]:  # noqa: ANN401
    """Take a list as it is whose items are of these types of JSON."""
    items = _list(place, value)
    if not kinds.issuperset(map(type, items)):
        for index, item in enumerate(items):
            if type(item) not in kinds:
                refuse(item, f"{place}[{index}]")
    return items


def dict_of(place: str, read: Callable[[Any], T], value: Any) -> dict[str, T]:  # noqa: ANN401
    """Read an object whose members may have any name, and are all of one type."""
    if type(value) is not dict:
        refuse(value, place)
    members = cast("dict[str, object]", value)
    return {name: nested(f"{place}.{name}", read, member) for name, member in members.items()}


def _list(place: str, value: Any) -> list[Any]:  # noqa: ANN401
    items: list[Any] = value
    if type(value) is not list:
        refuse(value, place)
    return items


def first_that_fits(place: str, reads: tuple[Callable[[Any], Any], ...], value: object) -> Any:  # noqa: ANN401
    """Read a value as the first of the types that it fits."""
    found: list[DecodeError] = []
    for read in reads:
        try:
            return read(value)
        except DecodeError as error:
            found.append(error)
    # Of several types that may have been meant, the deepest error tells the most.
    raise max(found, key=lambda error: len(error.place)).within(place)


def as_it_is(value: T) -> T:
    """Take a value as it comes."""
    return value


def unknown(raw: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Pick the members that the contract does not name."""
    return {name: member for name, member in raw.items() if name not in known}


def whole(value: object) -> int:
    """Read a whole number that is written with a decimal point."""
    if type(value) is not float or not value.is_integer():
        refuse(value)
    return int(value)


def moment(value: object) -> dt.datetime:
    """Read a date and time."""
    if type(value) is not str:
        refuse(value)
    # What reads dates also takes other texts for a moment that they do not name.
    if not _DATE_TIME.fullmatch(value):
        raise DecodeError("is a text that is no date and time")
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        return _rare_moment(value.upper())


def _rare_moment(text: str) -> dt.datetime:
    """Read what `fromisoformat` does not: a lower-case z, and the hour 24."""
    midnight = _HOUR_24.fullmatch(text)
    try:
        if midnight:
            return dt.datetime.fromisoformat(f"{midnight[1]}00{midnight[2]}") + _DAY
        return dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise DecodeError("is a text that is no date and time") from None


def date(value: object) -> dt.date:
    """Read a date without a time."""
    if type(value) is not str:
        refuse(value)
    try:
        if _DATE.fullmatch(value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise DecodeError("is a text that is no date")


# --- bodies of replies --------------------------------------------------------------------------

_parse: Callable[[Any], Any] = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
# What it refuses the standard library may read: NaN, half of a surrogate pair, UTF-16.
_ASK_AGAIN = (DecodeError, msgspec.DecodeError, ValueError, RecursionError)


def one(read: Callable[[Any], T]) -> Callable[[bytes], T]:
    """Make a reader of a body that is one value; it raises DecodeError."""

    def read_body(body: bytes) -> T:
        try:
            return read(_parse(body))
        except _ASK_AGAIN:
            return _carefully(read, parse(body), "the reply")

    return read_body


def rows(read: Callable[[Any], T]) -> Callable[[bytes], list[T]]:
    """Make a reader of a body that is a list; it raises DecodeError."""

    def read_body(body: bytes) -> list[T]:
        try:
            # Row by row: no more than one is there twice, and close at hand.
            return [read(_parse(row)) for row in _split(body)]
        except _ASK_AGAIN:
            found = parse(body)
        items = _list("the reply", found)
        return [_carefully(read, row, f"[{index}]") for index, row in enumerate(items)]

    return read_body


def nothing(_: bytes) -> None:
    """Read the body of a reply of which the contract says nothing."""


def nothing_or(read: Callable[[bytes], T]) -> Callable[[bytes], T | None]:
    """Make a reader of a body that may be empty."""
    return lambda body: read(body) if body else None


def as_text(body: bytes) -> str:
    """Read a body that is text."""
    return body.decode("utf-8", "replace")


def parse(body: bytes) -> Any:  # noqa: ANN401  (JSON)
    """Parse JSON as the standard library does, which takes more of it than others.

    Raises:
        DecodeError: It is no JSON.
    """
    if not body:
        raise DecodeError("the reply is empty")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the reply is not JSON ({error})") from error


def _carefully(read: Callable[[Any], T], value: object, place: str) -> T:
    try:
        return nested(place, read, value)
    except RecursionError as error:
        raise DecodeError("is nested too deeply", place) from error
