"""`with_options`: another face of the same client, with options of its own and all else shared."""

import asyncio
import os
from typing import Any

import httpx
import pytest
from cekura_client import (
    AsyncCekura,
    Cekura,
    ClientClosedError,
    InvalidRequestError,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
)

from tests.client.test_forks import in_a_child
from tests.support.twins import KEY, Twin
from tests.support.wire import WireServer, reply, then_close

FOUND = b'{"id": 1, "call_id": "a"}'
NO_WAIT = RetryPolicy(deadline=0, attempts=1)


def test_its_options_are_its_own_and_what_is_left_out_stays(twin: Twin) -> None:
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=FOUND)

    def last() -> tuple[float, float, str | None, str | None]:
        times = sent[-1].extensions["timeout"]
        headers = sent[-1].headers
        return times["read"], times["pool"], headers.get("x-team"), headers.get("x-run")

    http = {"transport": httpx.MockTransport(handle)}
    options: dict[str, Any] = {"base_url": "https://api.example", "http": http}
    with twin.open(**options, headers={"X-Team": "voice"}) as calls:
        calls.retrieve(1)
        quick = calls.with_options(timeout=2.0, retries=NO_WAIT)
        quick.retrieve(1)
        assert last() == (2.0, 0.0, "voice", None)
        named = quick.with_options(headers={"x-team": "sales", "X-Run": "7"}, timeout=None)
        named.retrieve(1)
        assert last() == (2.0, 0.0, "sales", "7")
        named.with_options().retrieve(1)
        assert last() == (2.0, 0.0, "sales", "7")
        calls.retrieve(1)
        read, pool, *names = last()
        assert (read, names) == (30.0, ["voice", None])
        assert pool > 599


def test_connections_of_ours_send_its_headers_too_and_are_shared(twin: Twin) -> None:
    with WireServer(reply(200, FOUND)) as server, twin.open(base_url=server.url) as calls:
        calls.retrieve(1)
        face = calls.with_options(headers={"X-Team": "voice", "User-Agent": "nightly/1"})
        face.retrieve(1)
        face.with_options(timeout=3).retrieve(1)
        calls.retrieve(1)
        assert server.connections == 1
    teams = [request.headers.get("x-team") for request in server.received]
    assert teams == [None, "voice", "voice", None]
    agents = [request.headers["user-agent"].partition("/")[0] for request in server.received]
    assert agents == ["cekura-client", "nightly", "nightly", "cekura-client"]
    assert {request.headers["x-cekura-api-key"] for request in server.received} == {KEY}


def test_a_429_to_one_face_keeps_the_other_waiting(twin: Twin) -> None:
    scripts = reply(429, b"", {"Retry-After": "0.2"}), reply(200, FOUND)
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(RateLimitError):
            calls.with_options(retries=NO_WAIT).retrieve(1)
        calls.retrieve(1)
    refused, found = server.received
    assert found.moment - refused.moment >= 0.2


def test_the_servers_clock_is_known_to_every_face(twin: Twin) -> None:
    scripts = (
        reply(200, FOUND, {"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}),
        then_close(),
    )
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        calls.retrieve(1)
        with pytest.raises(OutcomeUnknownError) as raised:
            calls.with_options(timeout=5).rerun_evaluation(agent_id=1, call_logs=[1])
    sent = raised.value.sent
    assert sent is not None
    assert sent.at_server is not None
    assert sent.at_server.year == 1994


def test_closing_a_face_closes_nothing_and_closing_the_client_closes_it(twin: Twin) -> None:
    with WireServer(reply(200, FOUND)) as server, twin.open(base_url=server.url) as calls:
        face = calls.with_options(timeout=5)
        face.close()
        assert face.retrieve(1).id == calls.retrieve(1).id == 1
        calls.close()
        for closed in (face, face.with_options(), calls.with_options(timeout=5)):
            with pytest.raises(ClientClosedError):
                closed.retrieve(1)
    assert len(server.received) == 2


def test_leaving_a_face_as_a_context_closes_nothing() -> None:
    async def main() -> None:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            async with client.with_options(timeout=5) as face:
                assert type(face) is AsyncCekura
            await face.call_logs.retrieve(1)
            await client.call_logs.retrieve(1)

    with WireServer(reply(200, FOUND)) as server:
        with Cekura(KEY, base_url=server.url) as client:
            with client.with_options(timeout=5) as face:
                assert type(face) is Cekura
            face.call_logs.retrieve(1)
            client.call_logs.retrieve(1)
        asyncio.run(main())
    assert len(server.received) == 4


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0}, {"timeout": -1}, {"timeout": True}, {"timeout": "5"},
        {"timeout": float("nan")}, {"retries": 3}, {"retries": {}},
        {"headers": ["X-Team"]}, {"headers": "X-Team: voice"}, {"headers": {"X-Team": 1}},
        {"headers": {"X-CEKURA-API-KEY": "other"}}, {"headers": {"Host": "elsewhere"}},
    ],
)  # fmt: skip
def test_what_a_client_refuses_is_refused_here_too(twin: Twin, options: dict[str, Any]) -> None:
    with (
        twin.open() as calls,
        pytest.raises(InvalidRequestError, match=next(iter(options)).rstrip("s")),
    ):
        calls.with_options(**options)
    with pytest.raises(InvalidRequestError), twin.open(**options):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_in_a_forked_process_a_face_has_the_connections_of_its_client_there() -> None:
    with WireServer(reply(200, FOUND)) as server, Cekura(KEY, base_url=server.url) as client:
        face = client.with_options(headers={"X-Team": "voice"})
        face.call_logs.retrieve(1)

        def child() -> None:
            for one in (face, client):
                one.call_logs.retrieve(1)

        in_a_child(child)
        face.call_logs.retrieve(1)
        assert server.connections == 2
    teams = [request.headers.get("x-team") for request in server.received]
    assert teams == ["voice", "voice", None, "voice"]


def test_a_face_serves_one_event_loop_after_another() -> None:
    with WireServer(reply(200, FOUND)) as server:
        client = AsyncCekura(KEY, base_url=server.url)
        face = client.with_options(headers={"X-Team": "voice"})

        async def main() -> None:
            for one in (face, client):
                await one.call_logs.retrieve(1)

        for loop in (1, 2):
            asyncio.run(main())
            assert server.connections == loop
    assert [request.headers.get("x-team") for request in server.received] == ["voice", None] * 2
