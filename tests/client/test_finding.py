"""Calls found by the platform's own ids: in few requests, none too long, and nobody else's."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cekura_client import InvalidRequestError, InvalidResponseError

from tests.support.twins import Twin
from tests.support.wire import Answer, Received, Script, WireServer, reply

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


class Platform:
    """A list that filters by `call_id`, and shows so many rows on a page."""

    def __init__(self, rows: list[dict[str, Any]], page: int = 200) -> None:
        self.rows = rows
        self.page = page
        self.asked: list[list[str]] = []
        self.windows: list[tuple[str | None, str | None]] = []

    def __call__(self, request: Received) -> Script:
        query = {name: value[0] for name, value in parse_qs(urlsplit(request.path).query).items()}
        condition = json.loads(query["filters_v2"])
        assert (condition["field"], condition["op"]) == ("call_id", "in")
        number = int(query.get("page", "1"))
        if number == 1:
            self.asked.append(condition["value"])
            self.windows.append((query.get("timestamp_from"), query.get("timestamp_to")))
        found = [row for row in self.rows if row["call_id"] in condition["value"]]
        following = f"{request.path}&page={number + 1}" if number == 1 else None
        if len(found) <= number * self.page:
            following = None
        shown = found[(number - 1) * self.page : number * self.page]
        body = {"count": len(found), "next": following, "previous": None, "results": shown}
        return reply(200, json.dumps(body).encode())


def row(number: int, call_id: str, timestamp: str | None = None) -> dict[str, Any]:
    return {"id": number, "call_id": call_id, "timestamp": timestamp}


def found(twin: Twin, platform: Platform, call_ids: Any, **arguments: Any) -> dict[str, int]:
    with (
        WireServer(Answer(platform)) as server,
        twin.open(base_url=server.url) as calls,
    ):
        rows = calls.find(call_ids, **{"agent_id": 1} | arguments)
    for request in server.received:
        assert len(f"{server.url}{request.path}") <= 6_000
        assert request.method == "GET"
    return {call_id: call.id for call_id, call in rows.items()}


def test_who_is_found_comes_in_the_order_asked_for_and_nobody_else(twin: Twin) -> None:
    platform = Platform([row(number, f"c{number}") for number in range(1, 9)])
    assert found(twin, platform, ["c5", "c2", "none", "c5"]) == {"c5": 5, "c2": 2}
    assert platform.asked == [["c5", "c2", "none"]]
    assert platform.windows == [(None, None)]
    assert list(found(twin, platform, iter(["c5", "c2"]))) == ["c5", "c2"]


def test_nobody_is_found(twin: Twin) -> None:
    assert found(twin, Platform([]), {"c1"}, agent_id=None, project_id=2) == {}


@pytest.mark.parametrize(
    ("call_ids", "most"),
    [
        ([f"call_{number}" for number in range(1_000)], 5),
        ([f"{number:032x}-{number:03}" for number in range(1_000)], 9),
        # Text that takes many bytes in an address: a whole request for few of them.
        ([f"é&\\\n\N{TELEPHONE RECEIVER} {'ü' * 30} {number}" for number in range(60)], 5),
    ],
)
def test_a_request_names_200_ids_or_as_many_as_it_has_room_for(
    twin: Twin, call_ids: list[str], most: int
) -> None:
    platform = Platform([row(number + 1, call_id) for number, call_id in enumerate(call_ids)])
    assert len(found(twin, platform, call_ids)) == len(call_ids)
    assert [call_id for asked in platform.asked for call_id in asked] == call_ids
    assert max(map(len, platform.asked)) <= 200
    assert len(platform.asked) <= most


def test_pages_are_followed_and_rows_that_nobody_asked_for_are_ignored(twin: Twin) -> None:
    call_ids = [f"c{number}" for number in range(1, 8)]
    platform = Platform([row(number, f"c{number}") for number in range(1, 8)], page=4)
    assert list(found(twin, platform, call_ids)) == call_ids
    assert len(platform.asked) == 1
    rows = [row(1, "C1"), row(2, "c2"), row(3, "c1 ")]
    careless = reply(200, json.dumps({"count": 3, "results": rows}).encode())
    with WireServer(careless) as server, twin.open(base_url=server.url) as calls:
        assert list(calls.find(["c1", "c2"], agent_id=1)) == ["c2"]


def test_of_several_with_one_id_the_newest_is_meant(twin: Twin) -> None:
    rows = [
        row(3, "a", "2026-11-01T00:00:00Z"),
        row(2, "a", "2026-11-02T00:00:00Z"),
        row(1, "a", None),
        row(4, "b", "2026-11-02T00:00:00Z"),
        row(6, "b", "2026-11-02T00:00:00Z"),
        row(5, "b", "2026-11-02T00:00:00Z"),
    ]
    assert found(twin, Platform(rows), ["a", "b"]) == {"a": 2, "b": 6}


def test_what_a_newer_window_has_shown_is_not_looked_for_in_older_ones(twin: Twin) -> None:
    class Windows(Platform):
        def __call__(self, request: Received) -> Script:
            self.rows = [[row(2, "a")], [row(1, "b"), row(3, "a")], []][len(self.asked)]
            return super().__call__(request)

    now = datetime.now(UTC)
    platform = Windows([])
    since = now - timedelta(days=90)
    assert found(twin, platform, ["a", "b", "c"], since=since, until=now) == {"a": 2, "b": 1}
    assert platform.asked == [["a", "b", "c"], ["b", "c"], ["c"]]
    assert len({*platform.windows}) == 3


def test_no_window_is_asked_for_once_all_are_found(twin: Twin) -> None:
    platform = Platform([row(1, "a")])
    assert found(twin, platform, ["a"], since=LONG_AGO) == {"a": 1}
    assert len(platform.asked) == 1


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    ("c1", {}, "it takes several texts, such as"),
    (b"c1", {}, "it takes several texts, such as"),
    (None, {}, "it takes several texts, such as"),
    (7, {}, "it takes several texts, such as"),
    ([], {}, "call_ids is empty"),
    ([1], {}, "call_ids holds 1, a int"),
    (["c1", None], {}, "call_ids holds None"),
    (["c1", b"c2"], {}, "a bytes"),
    (["c1", ""], {}, "an empty text"),
    ([" \n"], {}, "an empty text"),
    (["c" * 6_000], {}, "too long"),
    (["\ud800" * 800], {}, "too long"),
    (["c1"], {"agent_id": None}, "needs agent_id or project_id"),
    (["c1"], {"agent_id": "1"}, "agent_id"),
    (["c1"], {"project_id": 0}, "project_id"),
    (["c1"], {"since": "2026-11-01"}, "since"),
    (["c1"], {"since": datetime(2026, 11, 1)}, "no time zone"),  # noqa: DTZ001
    (["c1"], {"since": LONG_AGO, "until": LONG_AGO}, "is not before"),
]


@pytest.mark.parametrize(("call_ids", "arguments", "said"), WRONG)
def test_what_is_refused(twin: Twin, call_ids: Any, arguments: dict[str, Any], said: str) -> None:
    with (
        WireServer(reply()) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match=said) as refused,
    ):
        calls.find(call_ids, **{"agent_id": 1} | arguments)
    assert str(refused.value).endswith("Nothing was sent.")
    assert server.received == []


def test_a_reply_that_is_no_list_is_kept(twin: Twin) -> None:
    with (
        WireServer(reply(200, b'{"count": 1}')) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidResponseError) as raised,
    ):
        calls.find(["c1"], agent_id=1)
    assert raised.value.body == b'{"count": 1}'


async def asynchronous() -> AsyncIterator[str]:
    for call_id in ("c1", "c2"):
        yield call_id


def test_ids_may_come_from_an_asynchronous_iterable(twin: Twin) -> None:
    platform = Platform([row(1, "c1"), row(2, "c2")])
    if twin.name != "sync":
        assert found(twin, platform, asynchronous()) == {"c1": 1, "c2": 2}
        return
    with pytest.raises(InvalidRequestError, match="only AsyncCekura"):
        found(twin, platform, asynchronous())


def breaking() -> Iterator[str]:
    yield "c1"
    raise ZeroDivisionError


def test_what_the_iterable_raises_passes_through_and_nothing_is_sent(twin: Twin) -> None:
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(ZeroDivisionError):
            calls.find(breaking(), agent_id=1)
        assert server.received == []
