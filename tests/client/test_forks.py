"""A process that is forked from one that used a client: it shares nothing with its parent."""

import asyncio
import os
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import trio
from cekura_client import (
    AsyncCekura,
    Cekura,
    ClientClosedError,
    InvalidRequestError,
    RateLimitError,
    RetryPolicy,
)

from tests.support.twins import KEY
from tests.support.wire import Script, WireServer, reply, reply_bytes

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork"),
    # The server of the test runs in threads, which only the parent needs.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]
FOUND = b'{"id": 1, "call_id": "a"}'
ROWS = b'[{"id": 1, "call_id": "a"}]'
CHARGE = {"agent_id": 1, "call_logs": [1], "metrics": [2]}


class Sync:
    def __init__(self, url: str, **options: Any) -> None:
        self.client = Cekura(KEY, base_url=url, **options)

    def call(self, name: str, *positional: Any, **named: Any) -> Any:
        return getattr(self.client.call_logs, name)(*positional, **named)

    def close(self) -> None:
        self.client.close()

    http = httpx.Client


class InALoop:
    """Each call in an event loop of its own."""

    def __init__(self, url: str, **options: Any) -> None:
        self.client = AsyncCekura(KEY, base_url=url, **options)

    def call(self, name: str, *positional: Any, **named: Any) -> Any:
        async def called() -> Any:
            return await getattr(self.client.call_logs, name)(*positional, **named)

        return self.run(called)

    def close(self) -> None:
        self.run(self.client.aclose)

    def run(self, main: Callable[[], Any]) -> Any:
        return asyncio.run(main())

    http = httpx.AsyncClient


class InTrio(InALoop):
    def run(self, main: Callable[[], Any]) -> Any:
        return trio.run(main)


Kind = type[Sync] | type[InALoop]
every_kind = pytest.mark.parametrize("kind", [Sync, InALoop, InTrio])


def in_a_child(work: Callable[[], None]) -> None:
    """Do this in a forked process, and fail when it fails."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001  (a test never goes on in two processes)
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_child_has_connections_of_its_own() -> None:
    with WireServer(*[reply(200, FOUND)] * 3, reply(200, ROWS), reply(200, FOUND)) as server:
        calls = Sync(server.url)
        call_logs = calls.client.call_logs  # what was fetched before the fork works, too

        def work() -> None:
            assert call_logs.retrieve(2).call_id == "a"
            assert call_logs.retrieve(3).call_id == "a"
            assert len(call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])) == 1
            calls.close()

        calls.call("retrieve", 1)
        in_a_child(work)
        assert server.connections == 3  # one of the parent's, one kept and one paid of the child's
        calls.call("retrieve", 4)
        assert server.connections == 3  # the parent's is still open
        calls.close()
    assert len(server.received) == 5


def test_a_reply_to_the_parent_does_not_reach_its_child() -> None:
    """A late 429, which is the parent's, lies on the socket that both have."""
    late = reply_bytes(200, FOUND) + reply_bytes(429, b"", {"Retry-After": "0"})
    charged: list[bytes] = []

    def charge(connection: Any) -> None:
        charged.append(b"")
        reply(200, ROWS)(connection)

    def found(connection: Any) -> None:
        connection.sendall(late)

    with WireServer(found, charge) as server:
        calls = Sync(server.url)
        calls.call("retrieve", 1)

        def work() -> None:
            assert len(calls.call("evaluate_metrics", **CHARGE)) == 1

        in_a_child(work)
        calls.close()
    assert len(charged) == 1


@every_kind
def test_a_child_has_a_gate_of_its_own(kind: Kind) -> None:
    scripts: list[Script] = [reply(429, b"", {"Retry-After": "3000"}), reply(200, FOUND)]
    with WireServer(*scripts) as server:
        calls = kind(server.url, retries=RetryPolicy(max_wait=1.0))
        with pytest.raises(RateLimitError):
            calls.call("retrieve", 1)

        def work() -> None:
            assert calls.client.rate_limit_pause == 0.0
            assert calls.call("retrieve", 2).call_id == "a"
            calls.close()

        in_a_child(work)
        assert calls.client.rate_limit_pause > 2000
        with pytest.raises(RateLimitError):
            calls.call("retrieve", 3)
        calls.close()
    assert len(server.received) == 2


@every_kind
def test_a_given_http_client_is_refused_in_a_child(kind: Kind) -> None:
    with WireServer(reply(200, FOUND)) as server:
        http = kind.http()
        calls = kind(server.url, http_client=http)

        def work() -> None:
            with pytest.raises(InvalidRequestError, match="fork"):
                calls.call("evaluate_metrics", **CHARGE)
            calls.close()

        in_a_child(work)
        calls.close()
        assert not http.is_closed
    assert server.received == []


@every_kind
def test_a_closed_client_is_closed_in_a_child(kind: Kind) -> None:
    with WireServer(reply(200, FOUND)) as server:
        calls = kind(server.url)
        calls.call("retrieve", 1)
        calls.close()

        def work() -> None:
            with pytest.raises(ClientClosedError, match="closed"):
                calls.call("retrieve", 2)

        in_a_child(work)
    assert len(server.received) == 1
