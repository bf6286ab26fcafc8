"""Requests that never reach a server, and requests that must not go elsewhere."""

import socket
import time

import httpx
import pytest
from cekura_client import (
    APIConnectionError,
    APIStatusError,
    ClientClosedError,
    RetryPolicy,
)

from tests.support.twins import KEY, Twin
from tests.support.wire import WireServer, reply, then_close

pytestmark = pytest.mark.usefixtures("short_backoff")


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize("url", ["http://127.0.0.1", "https://cekura-client.invalid"])
def test_a_refused_port_and_an_unknown_host_end_soon(twin: Twin, url: str) -> None:
    if url == "http://127.0.0.1":
        url = f"{url}:{unused_port()}"
    started = time.monotonic()
    with twin.open(base_url=url) as calls, pytest.raises(APIConnectionError) as raised:
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert time.monotonic() - started < 10
    assert not raised.value.may_have_run
    assert "after 3 attempts" in str(raised.value)
    assert "Nothing was charged" in str(raised.value)


def test_a_server_that_comes_up_meanwhile_is_reached(twin: Twin) -> None:
    attempts: list[httpx.Request] = []

    def down_at_first(request: httpx.Request) -> None:
        attempts.append(request)
        if len(attempts) == 1:
            request.url = request.url.copy_with(port=unused_port())

    async def async_down_at_first(request: httpx.Request) -> None:
        down_at_first(request)

    hook = down_at_first if twin.name == "sync" else async_down_at_first
    with (
        WireServer(reply()) as server,
        twin.open(base_url=server.url, http={"event_hooks": {"request": [hook]}}) as calls,
    ):
        assert calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2]) == []
    assert len(attempts) == 2
    assert len(server.received) == 1


def test_a_proxy_that_refuses_is_a_connection_that_was_never_made(twin: Twin) -> None:
    with (
        WireServer(reply(403, b"")) as proxy,
        twin.open(base_url="https://cekura.invalid", http={"proxy": proxy.url}) as calls,
        pytest.raises(APIConnectionError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert not raised.value.may_have_run
    assert {request.method for request in proxy.received} == {"CONNECT"}
    assert all(KEY not in str(request.headers) for request in proxy.received)


def test_a_proxy_that_hangs_up_is_a_connection_that_was_never_made(twin: Twin) -> None:
    with (
        WireServer(then_close()) as proxy,
        twin.open(base_url="https://cekura.invalid", http={"proxy": proxy.url}) as calls,
        pytest.raises(APIConnectionError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert not raised.value.may_have_run
    assert {request.method for request in proxy.received} == {"CONNECT"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_stays(twin: Twin, status: int) -> None:
    with WireServer(reply()) as elsewhere:
        location = {"Location": f"{elsewhere.url}/observability/v1/call-logs/evaluate_metrics/"}
        with (
            WireServer(reply(status, b"", location)) as server,
            twin.open(base_url=server.url, http={"follow_redirects": True}) as calls,
            pytest.raises(APIStatusError) as raised,
        ):
            calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert elsewhere.received == []
    assert len(server.received) == 1
    assert raised.value.status_code == status
    assert raised.value.may_have_run is (status not in {307, 308})


def test_a_closed_client_says_so(twin: Twin) -> None:
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        calls.close()
        with pytest.raises(ClientClosedError, match="closed"):
            calls.retrieve(1)
    assert server.received == []


def test_no_retry_at_all_can_be_asked_for(twin: Twin) -> None:
    policy = RetryPolicy(deadline=0, attempts=1)
    with (
        twin.open(base_url=f"http://127.0.0.1:{unused_port()}", retries=policy) as calls,
        pytest.raises(APIConnectionError) as raised,
    ):
        calls.retrieve(1)
    assert "after 3 attempts" not in str(raised.value)
