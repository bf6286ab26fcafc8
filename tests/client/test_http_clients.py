"""A given httpx client brings hooks, auth flows and transports: none of them may cost twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import partial
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
from cekura_client import (
    APIConnectionError,
    AsyncCekura,
    BadRequestError,
    Cekura,
    CekuraError,
    ClientClosedError,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
)
from httpx_aiohttp import HttpxAiohttpClient

from tests.support.twins import KEY, Twin
from tests.support.wire import WireServer, reply, then_close

pytestmark = pytest.mark.usefixtures("short_backoff")

NOWHERE = "http://127.0.0.1:1/audit"
ROWS = b'[{"id": 1, "call_id": "a"}]'


def hooked(twin: Twin, hook: Callable[[httpx.Response], None]) -> dict[str, Any]:
    """Options of an httpx client whose response hook is this."""

    async def async_hook(response: httpx.Response) -> None:
        hook(response)

    return {"event_hooks": {"response": [hook if twin.name == "sync" else async_hook]}}


def audit(_: httpx.Response) -> None:
    httpx.post(NOWHERE, trust_env=False)


class AuditingAuth(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        audit((yield request))


class FailOver(httpx.HTTPTransport):
    """Sends, loses the reply, and then cannot connect elsewhere."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        super().handle_request(request).close()
        raise httpx.ConnectError("the second server is down", request=request)


class AsyncFailOver(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await (await super().handle_async_request(request)).aclose()
        raise httpx.ConnectError("the second server is down", request=request)


@pytest.mark.parametrize("how", ["hook", "auth", "transport"])
def test_a_connection_error_after_the_request_ran_is_not_taken_for_unsent(
    twin: Twin, how: str
) -> None:
    options: dict[str, Any] = {
        "hook": hooked(twin, audit),
        "auth": {"auth": AuditingAuth()},
        "transport": {"transport": FailOver() if twin.name == "sync" else AsyncFailOver()},
    }[how]
    with (
        WireServer(reply(200, ROWS)) as server,
        twin.open(base_url=server.url, http=options) as calls,
        pytest.raises(OutcomeUnknownError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert raised.value.may_have_run
    assert len(server.received) == 1


def read(response: httpx.Response) -> None:
    response.read()


async def aread(response: httpx.Response) -> None:
    await response.aread()


@pytest.mark.parametrize("status", [200, 400])
def test_a_reply_that_a_hook_has_read_is_not_lost(twin: Twin, status: int) -> None:
    hook = read if twin.name == "sync" else aread
    body = ROWS if status == 200 else b'{"detail": "no credits"}'
    with (
        WireServer(reply(status, body)) as server,
        twin.open(base_url=server.url, http={"event_hooks": {"response": [hook]}}) as calls,
    ):
        if status == 200:
            (row,) = calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
            assert row.call_id == "a"
        else:
            with pytest.raises(BadRequestError, match="no credits") as raised:
                calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
            assert raised.value.body == body


def raise_for_status(response: httpx.Response) -> None:
    response.raise_for_status()


def test_a_hook_that_raises_for_status_hides_no_status(twin: Twin) -> None:
    scripts = reply(429, b"", {"Retry-After": "0"}), reply(200, ROWS), reply(404, b"")
    with (
        WireServer(*scripts) as server,
        twin.open(base_url=server.url, http=hooked(twin, raise_for_status)) as calls,
    ):
        assert len(calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])) == 1
        with pytest.raises(NotFoundError):
            calls.retrieve(1)
    assert len(server.received) == 3


def test_the_status_of_another_request_is_not_taken_for_ours(twin: Twin) -> None:
    with WireServer(reply(429, b"")) as elsewhere:

        def refused(_: httpx.Response) -> None:
            httpx.get(elsewhere.url, trust_env=False).raise_for_status()

        with (
            WireServer(reply(200, ROWS)) as server,
            twin.open(base_url=server.url, http=hooked(twin, refused)) as calls,
            pytest.raises(OutcomeUnknownError),
        ):
            calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert len(server.received) == 1


def test_a_mock_transport_can_stand_in_for_the_server(twin: Twin) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        row = {"id": 1, "call_id": "a", "sent": json.loads(request.content)}
        return httpx.Response(200, json=[row])

    with twin.open(http={"transport": httpx.MockTransport(answer)}) as calls:
        (row,) = calls.rerun_evaluation(agent_id=1, call_logs="all")
    assert row["sent"] == {"agent_id": 1, "call_logs": "all"}


def test_a_mock_transport_that_says_it_cannot_connect_proves_nothing(twin: Twin) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with (
        twin.open(http={"transport": httpx.MockTransport(refuse)}) as calls,
        pytest.raises(OutcomeUnknownError) as raised,
    ):
        calls.rerun_evaluation(agent_id=1, call_logs="all")
    assert raised.value.may_have_run


class Foreign(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends without httpcore, loses the reply, and says whatever it likes."""

    def __init__(self, says: type[httpx.TransportError]) -> None:
        self._says = says

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        connection = HTTPConnection(request.url.host, request.url.port)
        connection.request(request.method, request.url.path, request.read())
        connection.getresponse().read()
        connection.close()
        raise self._says("no luck")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


UNSENT = [
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
    httpx.UnsupportedProtocol,
]


@pytest.mark.parametrize("says", UNSENT)
def test_what_a_foreign_transport_says_proves_nothing(
    twin: Twin, says: type[httpx.TransportError]
) -> None:
    with (
        WireServer(reply(200, ROWS)) as server,
        twin.open(base_url=server.url, http={"transport": Foreign(says)}) as calls,
        pytest.raises(OutcomeUnknownError),
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert len(server.received) == 1


class SecondWay(httpx.HTTPTransport):
    """Sends in another way what could not connect, and loses the reply."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        elsewhere = request.url
        request.url = elsewhere.copy_with(port=1)
        try:
            return super().handle_request(request)
        except httpx.ConnectError:
            request.url = elsewhere
            return Foreign(httpx.ConnectError).handle_request(request)


class AsyncSecondWay(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        elsewhere = request.url
        request.url = elsewhere.copy_with(port=1)
        try:
            return await super().handle_async_request(request)
        except httpx.ConnectError:
            request.url = elsewhere
            return Foreign(httpx.ConnectError).handle_request(request)


def test_a_failure_to_connect_that_was_overcome_proves_nothing(twin: Twin) -> None:
    transport = SecondWay() if twin.name == "sync" else AsyncSecondWay()
    with (
        WireServer(reply(200, ROWS)) as server,
        twin.open(base_url=server.url, http={"transport": transport}) as calls,
        pytest.raises(OutcomeUnknownError),
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert len(server.received) == 1


def test_a_reply_that_aiohttp_loses_is_not_taken_for_a_failure_to_connect() -> None:
    async def main() -> None:
        async with (
            HttpxAiohttpClient() as http,
            AsyncCekura(KEY, base_url=server.url, http_client=http) as client,
        ):
            evaluate = partial(
                client.call_logs.evaluate_metrics, agent_id=1, call_logs=[1], metrics=[2]
            )
            assert len(await evaluate()) == 1
            with pytest.raises(OutcomeUnknownError):
                await evaluate()

    with WireServer(reply(200, ROWS), then_close()) as server:
        asyncio.run(main())
    assert len(server.received) == 2


def test_an_error_leads_to_no_request_that_holds_the_key(twin: Twin) -> None:
    with (
        WireServer(then_close()) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(OutcomeUnknownError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    cause = raised.value.__cause__
    assert isinstance(cause, httpx.TransportError)
    assert server.received[0].headers["x-cekura-api-key"] == KEY
    assert KEY not in repr(cause.request.headers)


@pytest.mark.parametrize("where", ["proxy", "environment", "mount"])
def test_a_proxy_on_the_way_to_plain_http_is_refused(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with WireServer(reply(200, ROWS)) as proxy, WireServer(reply(200, ROWS)) as server:
        options: dict[str, Any] = {}
        if where == "environment":
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
        elif where == "proxy":
            options = {"proxy": proxy.url}
        else:
            through = httpx.HTTPTransport if twin.name == "sync" else httpx.AsyncHTTPTransport
            options = {"mounts": {"http://": through(proxy=proxy.url)}}
        with (
            pytest.raises(InvalidRequestError, match="proxy"),
            twin.open(base_url=server.url, http=options),
        ):
            pass
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        if where == "environment":
            with twin.open(base_url=server.url, http={}) as calls:
                calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert proxy.received == []
    assert len(server.received) == (where == "environment")


class TimeIsUpError(Exception):
    """What a worker's time limit raises in the middle of anything."""


def time_is_up(_: httpx.Response) -> None:
    raise TimeIsUpError


def test_what_is_no_failure_of_sending_passes_through_retrieve(twin: Twin) -> None:
    with (
        WireServer(reply(200, b'{"id": 1, "call_id": "a"}')) as server,
        twin.open(base_url=server.url, http=hooked(twin, time_is_up)) as calls,
        pytest.raises(TimeIsUpError),
    ):
        calls.retrieve(1)
    assert len(server.received) == 1


def test_what_is_no_failure_of_sending_passes_a_charged_call_with_a_note(twin: Twin) -> None:
    with (
        WireServer(reply(200, ROWS)) as server,
        twin.open(base_url=server.url, http=hooked(twin, time_is_up)) as calls,
        pytest.raises(TimeIsUpError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    (note,) = raised.value.__notes__
    assert "evaluate_metrics was in flight: it may have run, and been charged." in note
    assert vars(raised.value)["sent"].call_logs == [1]
    assert len(server.received) == 1


def test_an_error_of_another_client_of_ours_is_not_taken_for_this_ones(twin: Twin) -> None:
    def refused(_: httpx.Response) -> None:
        raise APIConnectionError("Another request did not reach the server. Nothing was charged.")

    with (
        WireServer(reply(200, ROWS)) as server,
        twin.open(base_url=server.url, http=hooked(twin, refused)) as calls,
        pytest.raises(OutcomeUnknownError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert raised.value.may_have_run
    assert len(server.received) == 1


def test_the_own_http_client_sends_what_a_given_one_does(twin: Twin) -> None:
    sent: list[list[dict[str, str]]] = []
    ways: list[dict[str, Any]] = [{}, {"http": {}}]
    for options in ways:
        cookie = {"Set-Cookie": "server=2; Path=/"}
        scripts = reply(200, b'{"id": 1, "call_id": "a"}', cookie), reply(200, ROWS)
        with (
            WireServer(*scripts) as server,
            twin.open(base_url=server.url, headers={"X-Team": "voice"}, **options) as calls,
        ):
            calls.retrieve(7)
            calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        sent.append([request.headers for request in server.received])
        for headers in sent[-1]:
            del headers["host"]
    own, given = sent
    assert own == given
    assert [headers.get("cookie") for headers in own] == [None, "server=2"]


class BreakingTwice(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off, and whose connection then cannot be closed."""

    def __iter__(self) -> Iterator[bytes]:
        yield ROWS[:-1]
        raise httpx.ReadError("lost")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        raise ConnectionResetError

    async def aclose(self) -> None:
        raise ConnectionResetError


def test_a_connection_that_cannot_be_closed_takes_no_reply_along(twin: Twin) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, stream=BreakingTwice())

    with (
        twin.open(http={"transport": httpx.MockTransport(answer)}) as calls,
        pytest.raises(InvalidResponseError, match=r"breaks off \(ReadError\)") as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert raised.value.body == ROWS[:-1]
    assert raised.value.may_have_run
    assert len(sent) == 1


def test_a_given_http_client_that_its_owner_closed_sends_nothing() -> None:
    async def asynchronous() -> None:
        http = httpx.AsyncClient()
        async with AsyncCekura(KEY, base_url=server.url, http_client=http) as client:
            await http.aclose()
            with pytest.raises(ClientClosedError):
                await client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])

    with WireServer(reply(200, ROWS)) as server:
        with httpx.Client() as http, Cekura(KEY, base_url=server.url, http_client=http) as client:
            http.close()
            with pytest.raises(ClientClosedError):
                client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        asyncio.run(asynchronous())
    assert server.received == []


def test_a_given_http_client_stays_open() -> None:
    with httpx.Client() as http:
        Cekura(KEY, http_client=http).close()
        assert not http.is_closed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "foo://proxy"),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
    ],
)
def test_an_unusable_environment_is_refused_when_the_client_is_made(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CekuraError, match="environment"), twin.open():
        pass
