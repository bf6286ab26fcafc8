"""Pages that no list should have: an error each, never a loop, and the key goes nowhere else."""

import itertools
import json
import socket
from typing import Any

import httpx
import pytest
from cekura_client import InvalidResponseError, NotFoundError, RetryPolicy, ServerError

from tests.support.list_server import ListServer
from tests.support.twins import KEY, Twin
from tests.support.wire import Script, WireServer, reply, reply_bytes, then_close

pytestmark = pytest.mark.usefixtures("short_backoff")

PATH = "/observability/v2/call-logs/"
ONCE = RetryPolicy(attempts=1)


def page(count: int, ids: range | list[int], following: object = None) -> Script:
    rows = [{"id": number, "call_id": f"c{number}"} for number in ids]
    body: dict[str, Any] = {"count": count, "next": following, "previous": None, "results": rows}
    return reply(200, json.dumps(body).encode())


def read(twin: Twin, server: WireServer, retries: RetryPolicy = ONCE, **more: Any) -> list[Any]:
    with twin.open(base_url=server.url, retries=retries) as calls:
        return [row.id for row in calls.listed(agent_id=1, **more)]


def test_next_is_followed_as_it_is(twin: Twin) -> None:
    links = ["?agent_id=1&page=2&cursor=%C3%A9", f"{PATH}?page=3&agent_id=1"]
    with WireServer(page(5, [5, 4], links[0]), page(5, [3, 2], links[1]), page(5, [1])) as server:
        assert read(twin, server) == [5, 4, 3, 2, 1]
    assert [request.path for request in server.received] == [
        f"{PATH}?agent_id=1&page_size=200",
        f"{PATH}{links[0]}",
        links[1],
    ]


def test_a_base_url_with_a_path_stays_in_front(twin: Twin) -> None:
    first = page(2, [2], f"/api{PATH}?agent_id=1&page=2")
    with (
        WireServer(first, page(2, [1])) as server,
        twin.open(base_url=f"{server.url}/api", retries=ONCE) as calls,
    ):
        assert [row.id for row in calls.listed(agent_id=1)] == [2, 1]
    assert server.received[1].path == f"/api{PATH}?agent_id=1&page=2"


def test_a_link_to_plain_http_gives_its_query_alone(twin: Twin) -> None:
    """An API behind a proxy that ends TLS may write `http://` in its links."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        link = f"http://api.example{PATH}?agent_id=1&page=2" if len(asked) == 1 else None
        row = {"id": len(asked), "call_id": f"c{len(asked)}"}
        return httpx.Response(200, json={"count": 2, "next": link, "results": [row]})

    options = {"transport": httpx.MockTransport(answer)}
    with twin.open(base_url="https://api.example", http=options) as calls:
        assert [row.id for row in calls.listed(agent_id=1)] == [1, 2]
    assert asked == [
        f"https://api.example{PATH}?agent_id=1&page_size=200",
        f"https://api.example{PATH}?agent_id=1&page=2",
    ]


@pytest.mark.parametrize(
    "link",
    [f"http://api.example:8080{PATH}?page=2", f"http://evil.example{PATH}?page=2", "ftp:?page=2"],
)
def test_a_link_that_differs_in_more_than_http_is_of_another_server(twin: Twin, link: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        row = {"id": 1, "call_id": "c"}
        return httpx.Response(200, json={"count": 2, "next": link, "results": [row]})

    options = {"transport": httpx.MockTransport(answer)}
    with (
        twin.open(base_url="https://api.example", http=options) as calls,
        pytest.raises(InvalidResponseError, match="another server"),
    ):
        _ = [*calls.listed(agent_id=1)]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("https://evil.example/observability/v2/call-logs/?page=2", "another server"),
        ("//evil.example/observability/v2/call-logs/?page=2", "another server"),
        ("https://127.0.0.1:1/observability/v2/call-logs/?page=2", "another server"),
        ("file:///observability/v2/call-logs/?page=2", "another server"),
        ("/observability/v1/call-logs/?page=2", "another address"),
        ("?page=1", "from page 1 to page 1"),
        ("?page=3", "from page 1 to page 3"),
        ("?page=", "to page none"),
        ("?cursor=abc", "to page none"),
        ("http://a:b/?page=2", "no address"),
        ("?page=2\n", "no address"),
    ],
)
def test_next_is_followed_to_the_next_page_of_the_same_list_alone(
    twin: Twin, link: str, said: str
) -> None:
    with (
        WireServer(page(9, [9, 8], link)) as server,
        pytest.raises(InvalidResponseError, match=said) as raised,
    ):
        read(twin, server)
    assert len(server.received) == 1
    assert json.loads(raised.value.body)["next"] == link
    assert not raised.value.may_have_run


def test_another_server_never_sees_the_key(twin: Twin) -> None:
    with WireServer(page(2, [1])) as other:
        link = f"{other.url}{PATH}?page=2"
        with WireServer(page(2, [2], link)) as server, pytest.raises(InvalidResponseError):
            read(twin, server)
        assert server.received[0].headers["x-cekura-api-key"] == KEY
        assert other.connections == 0


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([page(3, [])], "page 1 is empty, and only 0 of 3"),
        ([page(3, [3, 2], "?page=2"), page(3, [])], "page 2 is empty, and only 2 of 3"),
        ([page(3, [3, 2], "?page=2"), page(3, [], "?page=3")], "page 2 is empty, and only 2 of 3"),
        ([page(3, [3, 2])], "ends with page 1 and 2 of 3"),
        ([page(3, [3, 2], "?page=2"), page(3, [3, 2])], "ends with page 2 and 2 of 3"),
        ([page(2, [3, 2], "?page=2"), page(2, [1], "?page=3")], "page 2 has rows, and all 2"),
    ],
)
def test_a_list_that_ends_too_early_or_never(twin: Twin, pages: list[Script], said: str) -> None:
    with WireServer(*pages) as server, pytest.raises(InvalidResponseError, match=said):
        read(twin, server)
    assert len(server.received) == len(pages)


def test_pages_that_repeat_one_another_come_to_an_end(twin: Twin) -> None:
    numbers = itertools.count(2)

    def repeat(connection: socket.socket) -> None:
        page(10**9, range(1, 201), f"?page={next(numbers)}")(connection)

    with WireServer(repeat) as server, pytest.raises(InvalidResponseError, match="repeats"):
        read(twin, server)
    assert len(server.received) < 30


@pytest.mark.parametrize(
    "body",
    [
        *(b"[]", b"null", b'{"count": 1}', b'{"results": []}', b'{"count": 1, "results": null}'),
        *(b'{"count": null, "results": []}', b'{"count": 1, "results": [{}]}', b"<html>"),
    ],
)
def test_a_body_that_is_no_page(twin: Twin, body: bytes) -> None:
    with (
        WireServer(reply(200, body)) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
    ):
        with pytest.raises(InvalidResponseError):
            next(calls.listed(agent_id=1))
        with pytest.raises(InvalidResponseError):
            calls.counted(agent_id=1)


def test_an_empty_list(twin: Twin) -> None:
    with WireServer(page(0, [])) as server:
        assert read(twin, server) == []
    assert len(server.received) == 1


def test_a_call_that_was_not_asked_for(twin: Twin) -> None:
    with (
        WireServer(page(2, [2, 7])) as server,
        pytest.raises(InvalidResponseError, match="call log 7 was not asked for"),
    ):
        read(twin, server, call_ids=[2, 3])


@pytest.mark.parametrize(
    "script", [reply(500, b""), then_close(), then_close(reply_bytes(200, b"{}")[:-1])]
)
def test_a_page_is_tried_again_after_what_may_pass(twin: Twin, script: Script) -> None:
    pages = [page(2, [2], "?page=2"), script, page(2, [1])]
    with WireServer(*pages) as server:
        assert read(twin, server, RetryPolicy()) == [2, 1]
    assert [request.path for request in server.received[1:]] == [f"{PATH}?page=2"] * 2


def test_after_an_error_the_same_iterator_goes_on(twin: Twin) -> None:
    pages = [page(2, [2], "?page=2"), reply(500, b""), page(2, [1])]
    with WireServer(*pages) as server, twin.open(base_url=server.url, retries=ONCE) as calls:
        rows = calls.listed(agent_id=1)
        assert next(rows).id == 2
        with pytest.raises(ServerError):
            next(rows)
        assert [row.id for row in rows] == [1]


def test_a_page_that_is_gone_is_looked_for_where_its_rows_went(twin: Twin) -> None:
    pages = [
        page(4, [4, 3], "?page=2"),
        reply(404, b'{"detail": "Invalid page."}'),  # 4 and 3 have left
        page(2, [2, 1]),
    ]
    with WireServer(*pages) as server:
        assert read(twin, server) == [4, 3, 2, 1]
    assert [httpx.URL(request.path).params.get("page") for request in server.received] == [
        None,
        "2",
        "1",
    ]


def test_a_page_that_stays_away_is_an_error(twin: Twin) -> None:
    gone = reply(404, b'{"detail": "Invalid page."}')
    first = page(4, [4, 3], "?page=2")
    with (
        WireServer(first, gone, first, gone) as server,
        pytest.raises(NotFoundError, match="Invalid page"),
    ):
        read(twin, server)
    assert len(server.received) == 4


def test_a_list_that_shrinks_by_more_than_is_remembered_is_an_error(twin: Twin) -> None:
    rows = [range(number, number - 200, -1) for number in range(4_000, 0, -200)]
    pages = [page(4_000, ids, f"?page={n}") for n, ids in enumerate(rows[:12], 2)]
    pages.append(page(1_000, rows[12], "?page=14"))
    with (
        WireServer(*pages) as server,
        pytest.raises(InvalidResponseError, match="shrank from 4000 to 1000") as raised,
    ):
        read(twin, server)
    assert "read all ids before" in str(raised.value)


def test_the_list_server_of_the_properties_is_a_list() -> None:
    status, body = ListServer([]).answer(f"{PATH}?agent_id=1")
    assert (status, json.loads(body)["results"]) == (200, [])
