"""Closing, cancelling, threads and event loops."""

import asyncio
import gc
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest
import trio
from cekura_client import (
    APIConnectionError,
    AsyncCekura,
    Cekura,
    ClientClosedError,
    RateLimitError,
    RetryPolicy,
)

from tests.support.twins import Twin
from tests.support.wire import WireServer, dribble, reply, reply_bytes

KEY = "test-key"
LIMITED = reply(429, b"", {"Retry-After": "30"})
ROWS = reply_bytes(200, b'[{"id": 1, "call_id": "a"}]')
FOUND = reply(200, b'{"id": 1, "call_id": "a"}')


def test_close_from_another_thread_ends_a_wait() -> None:
    with WireServer(LIMITED) as server:
        client = Cekura(KEY, base_url=server.url)
        closer = threading.Timer(0.3, client.close)
        closer.start()
        started = time.monotonic()
        with pytest.raises(RateLimitError) as raised:
            client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        assert 0.2 < time.monotonic() - started < 5
        closer.join()
    assert raised.value.__notes__ == ["The client was closed while it waited to send this again."]
    assert len(server.received) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_aclose_from_another_task_ends_a_wait(backend: str) -> None:
    async def main() -> None:
        client = AsyncCekura(KEY, base_url=server.url)
        async with anyio.create_task_group() as tasks:

            async def close_soon() -> None:
                await anyio.sleep(0.3)
                await client.aclose()

            tasks.start_soon(close_soon)
            with pytest.raises(RateLimitError):
                await client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])

    with WireServer(LIMITED) as server:
        started = time.monotonic()
        anyio.run(main, backend=backend)
        assert 0.2 < time.monotonic() - started < 5
    assert len(server.received) == 1


def test_close_during_a_request_does_not_lose_the_reply() -> None:
    with WireServer(dribble(ROWS, pieces=10, pause=0.06)) as server:
        client = Cekura(KEY, base_url=server.url)
        with ThreadPoolExecutor(1) as threads:
            call = threads.submit(
                client.call_logs.evaluate_metrics, agent_id=1, call_logs=[1], metrics=[2]
            )
            time.sleep(0.2)
            client.close()
            assert [row.call_id for row in call.result(5)] == ["a"]
        with pytest.raises(ClientClosedError):
            client.call_logs.retrieve(1)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_aclose_during_a_request_does_not_lose_the_reply(backend: str) -> None:
    found: list[str] = []

    async def main() -> None:
        client = AsyncCekura(KEY, base_url=server.url)

        async def evaluate() -> None:
            rows = await client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
            found.extend(row.call_id for row in rows)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(evaluate)
            await anyio.sleep(0.2)
            await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.call_logs.retrieve(1)

    with WireServer(dribble(ROWS, pieces=10, pause=0.06)) as server:
        anyio.run(main, backend=backend)
    assert found == ["a"]


def test_one_async_client_serves_several_event_loops_one_after_another() -> None:
    with WireServer(FOUND) as server:
        client = AsyncCekura(KEY, base_url=server.url)

        async def read() -> str:
            return (await client.call_logs.retrieve(1)).call_id

        async def read_and_close() -> str:
            async with client:
                return await read()

        assert asyncio.run(read()) == "a"
        assert trio.run(read) == "a"
        assert asyncio.run(read_and_close()) == "a"
        gc.collect()
    assert len(server.received) == 3


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_connections_of_a_loop_are_closed_when_it_ends(backend: str) -> None:
    loops: list[object] = []  # kept: nothing is left to the garbage collector

    async def read() -> None:
        if backend == "asyncio":
            loops.append(asyncio.get_running_loop())
        await client.call_logs.retrieve(1)
        await client.call_logs.retrieve(2)
        assert server.open_connections == 1

    with WireServer(FOUND) as server:
        client = AsyncCekura(KEY, base_url=server.url)
        for number in range(1, 4):
            anyio.run(read, backend=backend)
            assert server.is_left_alone()
            assert server.connections == number


class Crowd:
    """A slow server's requests; how many there are at once, and were at most."""

    def __init__(self) -> None:
        self.most = self.now = 0
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.05)
        with self._lock:
            self.now -= 1
        reply(200, b'{"id": 1, "call_id": "a"}')(connection)


IMPATIENT: dict[str, Any] = {
    "timeout": httpx.Timeout(30.0, pool=0.01),
    "retries": RetryPolicy(attempts=1),
}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_many_at_once_wait_for_a_connection_without_running_out_of_time(backend: str) -> None:
    async def main() -> None:
        async with (
            AsyncCekura(KEY, base_url=server.url, **IMPATIENT) as client,
            anyio.create_task_group() as tasks,
        ):
            for number in range(1, 401):
                tasks.start_soon(client.call_logs.retrieve, number)

    crowd = Crowd()
    with WireServer(crowd) as server:
        anyio.run(main, backend=backend)
    assert len(server.received) == 400
    assert crowd.most <= 100


def test_a_given_pool_is_not_asked_for_more_than_it_holds(twin: Twin) -> None:
    crowd = Crowd()
    limits = httpx.Limits(max_connections=2)
    with (
        WireServer(crowd) as server,
        twin.open(base_url=server.url, **IMPATIENT, http={"limits": limits}) as calls,
        ThreadPoolExecutor(12) as threads,
    ):
        list(threads.map(calls.retrieve, range(1, 13)))
    assert len(server.received) == 12
    assert crowd.most == 2


def test_a_pool_that_others_use_up_is_waited_for_until_the_deadline() -> None:
    limits = httpx.Limits(max_connections=1)
    with (
        WireServer(reply()) as server,
        httpx.Client(limits=limits) as http,
        Cekura(
            KEY, base_url=server.url, http_client=http, retries=RetryPolicy(deadline=0.3)
        ) as client,
    ):
        with http.stream("GET", server.url):
            started = time.monotonic()
            with pytest.raises(APIConnectionError) as raised:
                client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
            assert 0.25 < time.monotonic() - started < 5
        assert not raised.value.may_have_run
        assert client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2]) == []
    assert len(server.received) == 2


def test_one_client_serves_many_threads() -> None:
    with (
        WireServer(FOUND) as server,
        Cekura(KEY, base_url=server.url) as client,
        ThreadPoolExecutor(16) as threads,
    ):
        found = list(threads.map(client.call_logs.retrieve, range(1, 101)))
    assert [call.call_id for call in found] == ["a"] * 100
    assert sorted(request.path for request in server.received) == sorted(
        f"/observability/v2/call-logs/{number}/" for number in range(1, 101)
    )


def test_many_tasks_share_one_client() -> None:
    async def main() -> None:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            found = await asyncio.gather(*(client.call_logs.retrieve(n) for n in range(1, 51)))
            assert len(found) == 50

    with WireServer(FOUND) as server:
        asyncio.run(main())
    assert len(server.received) == 50
