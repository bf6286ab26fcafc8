"""Many calls of one client meet one rate limit: threads, tasks, and several event loops."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from cekura_client import AsyncCekura, Cekura, InvalidRequestError, RateLimitError, RetryPolicy

from tests.support.limited import limited_server
from tests.support.twins import KEY, Twin
from tests.support.wire import WireServer, reply

FOUND = b'{"id": 1, "call_id": "a"}'
CALLS = range(1, 61)


def with_threads(url: str) -> int:
    with Cekura(KEY, base_url=url) as client, ThreadPoolExecutor(50) as threads:
        return len(list(threads.map(client.call_logs.retrieve, CALLS)))


def with_tasks(url: str, backend: str) -> int:
    found: list[str] = []

    async def main() -> None:
        async with AsyncCekura(KEY, base_url=url) as client, anyio.create_task_group() as tasks:
            places = anyio.Semaphore(50)

            async def retrieve(number: int) -> None:
                async with places:
                    found.append((await client.call_logs.retrieve(number)).call_id)

            for number in CALLS:
                tasks.start_soon(retrieve, number)

    anyio.run(main, backend=backend)
    return len(found)


HERDS: dict[str, Callable[[str], int]] = {
    "threads": with_threads,
    "asyncio": lambda url: with_tasks(url, "asyncio"),
    "trio": lambda url: with_tasks(url, "trio"),
}


@pytest.mark.parametrize("herd", HERDS.values(), ids=HERDS)
def test_a_herd_loses_no_call_and_few_requests_are_useless(herd: Callable[[str], int]) -> None:
    with limited_server(20, 1.0, body=FOUND) as server:
        assert herd(server.url) == len(CALLS)
    assert server.taken == len(CALLS)
    # Without the gate some 60; the first few dozen may be under way before the first refusal.
    assert server.refused <= 40


def test_one_refusal_keeps_every_thread_waiting() -> None:
    limited = reply(429, b"", {"Retry-After": "0.6"})
    with (
        WireServer(limited, reply(200, FOUND)) as server,
        Cekura(KEY, base_url=server.url) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        first = threads.submit(client.call_logs.retrieve, 1)
        while not client.rate_limit_pause:
            time.sleep(0.01)
        assert client.rate_limit_pause <= 0.7
        others = list(threads.map(client.call_logs.retrieve, range(2, 8)))
        first.result()
    moments = [request.moment for request in server.received]
    assert len(others) == 6
    assert len(moments) == 8
    assert min(moments[1:]) - moments[0] >= 0.6


def test_the_gate_is_shared_by_event_loops_in_several_threads() -> None:
    limited = reply(429, b"", {"Retry-After": "0.6"})
    found: list[str] = []

    async def main() -> None:
        found.append((await client.call_logs.retrieve(1)).call_id)

    with WireServer(limited, reply(200, FOUND)) as server:
        client = AsyncCekura(KEY, base_url=server.url)
        threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(3)]
        threads[0].start()
        while not client.rate_limit_pause:
            time.sleep(0.01)
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join(10)
        asyncio.run(client.aclose())
    assert found == ["a"] * 3
    moments = [request.moment for request in server.received]
    assert min(moments[1:]) - moments[0] >= 0.6


def test_who_cannot_wait_out_the_pause_is_refused_and_nothing_is_sent(twin: Twin) -> None:
    limited = reply(429, b'{"detail": "slow down"}', {"Retry-After": "90"})
    with WireServer(limited) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(RateLimitError) as first:
            calls.retrieve(1)
        with pytest.raises(RateLimitError, match="was not sent") as second:
            calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[1])
    assert len(server.received) == 1
    assert first.value.attempts == 1
    assert second.value.attempts == 0
    assert 80 < (second.value.retry_after or 0) <= 90
    assert second.value.detail == "slow down"
    assert not second.value.may_have_run
    assert "Nothing was charged" in str(second.value)


def test_waiting_at_the_gate_counts_against_the_deadline(twin: Twin) -> None:
    limited = reply(429, b"", {"Retry-After": "5"})
    policy = RetryPolicy(deadline=1.0)
    with WireServer(limited) as server, twin.open(base_url=server.url, retries=policy) as calls:
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(RateLimitError):
                calls.retrieve(1)
            assert time.monotonic() - started < 4
    assert len(server.received) == 1


def test_cancelling_who_waits_leaves_the_others_their_turn() -> None:
    async def main() -> list[str]:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            waiting = [asyncio.create_task(client.call_logs.retrieve(1)) for _ in range(10)]
            await asyncio.sleep(0.3)
            for task in waiting[::2]:
                task.cancel()
            done = await asyncio.gather(*waiting, return_exceptions=True)
            return [call.call_id for call in done if not isinstance(call, BaseException)]

    scripts = [reply(429, b"", {"Retry-After": "0.8"})] * 8 + [reply(200, FOUND)]
    with WireServer(*scripts) as server:
        assert asyncio.run(main()) == ["a"] * 5


def test_closing_ends_the_wait_of_who_has_not_been_sent(twin: Twin) -> None:
    with (
        WireServer(reply(429, b"", {"Retry-After": "30"})) as server,
        twin.open(base_url=server.url) as calls,
        ThreadPoolExecutor(2) as threads,
    ):
        refused = threads.submit(calls.retrieve, 1)
        while not server.received:
            time.sleep(0.01)
        time.sleep(0.2)
        unsent = threads.submit(calls.retrieve, 2)
        time.sleep(0.2)
        calls.close()
        assert isinstance(refused.exception(10), RateLimitError)
        assert isinstance(unsent.exception(10), InvalidRequestError)
        assert "closed" in str(unsent.exception())
    assert len(server.received) == 1
