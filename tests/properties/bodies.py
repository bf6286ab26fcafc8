"""Bodies of replies: how they are compared, and how they are damaged."""

import copy
import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any, Protocol, cast

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from scripts.tools.documents import Json
from tests.properties.contracts import Reply
from tests.properties.declared_types import mistyped
from tests.properties.schema_values import FREE_FORM
from tests.support.written_back import absent_as_null

Place = tuple[str | int, ...]

DATES = frozenset({"timestamp", "created_at", "updated_at", "balance_expiry"})

_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?(?:Z|([+-])(\d\d):(\d\d))",
    re.ASCII | re.IGNORECASE,
)


def instant(text: str) -> int:
    """Read a date of RFC 3339 without the help of what reads it in the client: microseconds."""
    found = _RFC_3339.fullmatch(text)
    assert found, text
    *numbers, fraction, sign, hours, minutes = found.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    days = dt.date(year, month, day).toordinal()
    ahead = int(f"{sign or '+'}1") * (int(hours or 0) * 60 + int(minutes or 0))
    seconds = ((days * 24 + hour) * 60 + minute - ahead) * 60 + second
    return seconds * 1_000_000 + int((fraction or "").ljust(6, "0"))


class _Model(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


def encoded(body: Json) -> bytes:
    return json.dumps(body, allow_nan=False).encode()


def written(reply: object) -> Json:
    """Write back what a reader made of a reply."""
    if isinstance(reply, list):
        return [cast("_Model", row).to_dict() for row in cast("list[object]", reply)]
    return cast("_Model", reply).to_dict()


def as_compared(body: Json) -> object:
    """Make dates instants, and tell apart what Python holds to be equal: true and 1."""
    if isinstance(body, list):
        return [as_compared(row) for row in body]
    if isinstance(body, dict) and isinstance(body.get("results"), list):
        return {name: as_compared(member) for name, member in body.items()}
    return _told_apart(body, dates=DATES)


def _told_apart(value: Json, dates: frozenset[str] = frozenset()) -> object:
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list):
        return [_told_apart(item) for item in value]
    if isinstance(value, dict):
        return {
            name: instant(member)
            if name in dates and isinstance(member, str)
            else _told_apart(member)
            for name, member in value.items()
        }
    return value


MISFITS: SearchStrategy[Json] = st.one_of(
    st.sampled_from(
        cast(
            "list[Json]",
            [
                *(None, True, False, 0, 1, 5.0, 7.5, -1, "", "5", "null", "true", "success"),
                *("2024-03-15T10:15:45Z", "2024-03-15", "2024-03-15T10:15", "20240315", "10:15"),
                *("2024-13-15T10:15:45Z", "2024-03-15T10:15:45+25:00", "2024-W11-5", "x" * 1001),
                *([], [None], [[]], [["role", "a"]], [{}], [1], ["a"], [{"id": 1}]),
                *({}, {"id": 1}, {"role": "a"}, {"category": "a"}, {"metrics": None}),
                *({"metrics": [{"id": 1}]}, {"metrics": {}}, [{"id": 1, "name": "a"}]),
            ],
        )
    ),
    FREE_FORM,
)


def require_read(reply: Reply, body: Json) -> None:
    """Require that a reply is read into its declared type, and written back as it was."""
    read = reply.read(encoded(body))
    assert [*mistyped(read, reply.declared)] == []
    back = written(read)
    assert as_compared(back) == as_compared(absent_as_null(body, back))


# A date that is right, part by part, and what may stand in a part's place.
_DATE_PARTS = ("2024", "-", "02", "-", "28", "T", "23", ":", "59", ":", "30", ".123456", "Z")
_NEAR_PARTS = [
    *("", " ", "-", "_", "/", ":", ".", "t", "-W", "0", "1", "00", "02", "+2", "10", "12", "13"),
    *("24", "29", "30", "31", "32", "60", "61", "99", "0000", "9999", "20245", "\u0663\u0661"),
    *(".5", ",5", ".1234567", ".999999999", ".5e1", "z", "GMT", "Z[UTC]", "+02", "-0000"),
    *("+02:00", "-23:59", "+24:00", "+23:60", "+02:00:30", "\u22120:00", "W11-5", "059"),
]


@st.composite
def _near_dates(draw: DrawFn) -> str:
    parts = [*_DATE_PARTS]
    for place in draw(st.lists(st.integers(0, len(parts) - 1), max_size=2)):
        parts[place] = draw(st.sampled_from(_NEAR_PARTS))
    return "".join(parts)


NEAR_DATES = _near_dates()


def _places(value: Json, place: Place = ()) -> Iterator[Place]:
    yield place
    members = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else ()
    for step, member in (*members, *items):
        yield from _places(member, (*place, step))


@st.composite
def damaged(draw: DrawFn, bodies: SearchStrategy[Json]) -> tuple[Json, Json]:
    """Draw a body, and the same with the value at one place replaced or left out."""
    body = draw(bodies)
    place = draw(st.sampled_from([*_places(body)]))
    if not place:
        return body, draw(MISFITS)
    changed = copy.deepcopy(body)
    *above, last = place
    holder: Any = changed
    for step in above:
        holder = holder[step]
    if draw(st.integers(0, 7)) == 0:
        del holder[last]
    else:
        holder[last] = draw(MISFITS)
    return body, changed
