"""(d) A herd meets a rate limit: 50 at once, 100 requests, 10 of them taken in each second.

The floor is the ideal time: nine full seconds after the first ten requests.
"""

import logging
import statistics
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import anyio
import httpx
from cekura_client import AsyncCekura, Cekura

from scripts.bench.figures import OURS, Figure
from scripts.bench.peers import installed
from tests.support.limited import limited_server

_KEY = "key"
_ROUNDS = 3
_AT_ONCE = 50
_REQUESTS = range(1, 101)
_TAKEN = 10  # a second
_IDEAL = len(_REQUESTS) / _TAKEN - 1  # seconds
_REPLY = b'{"id": 1, "call_id": "a"}'


@dataclass(frozen=True, slots=True)
class _Server:
    """How a limited server answers; whole seconds of Retry-After keep everybody too long."""

    name: str
    latency: float  # seconds
    whole_seconds: bool
    target: float | None


_SERVERS = (
    _Server("told to the millisecond", 0.0, whole_seconds=False, target=1.15),
    _Server("to the millisecond, 100 ms of latency", 0.1, whole_seconds=False, target=1.15),
    _Server("told in whole seconds", 0.0, whole_seconds=True, target=1.15),
    _Server("in whole seconds, 100 ms of latency", 0.1, whole_seconds=True, target=None),
)


def _in_threads(call: Callable[[int], object]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        list(threads.map(call, _REQUESTS))


def _threads(url: str) -> None:
    with Cekura(_KEY, base_url=url) as cekura:
        _in_threads(cekura.call_logs.retrieve)


def _tasks(url: str) -> None:
    async def main() -> None:
        places = anyio.Semaphore(_AT_ONCE)
        async with AsyncCekura(_KEY, base_url=url) as cekura, anyio.create_task_group() as tasks:

            async def retrieve(number: int) -> None:
                async with places:
                    await cekura.call_logs.retrieve(number)

            for number in _REQUESTS:
                tasks.start_soon(retrieve, number)

    anyio.run(main)


def _httpx_retries(url: str) -> None:
    peer = installed("httpx_retries")
    if peer is None:
        raise ModuleNotFoundError("httpx_retries")
    retry = peer.Retry(total=1000, backoff_factor=0.5)
    with httpx.Client(transport=peer.RetryTransport(retry=retry)) as http:
        _in_threads(
            lambda number: http.get(
                f"{url}/observability/v2/call-logs/{number}/"
            ).raise_for_status()
        )


def measure() -> Iterable[Figure]:
    """Let the subjects through limits of their own, side by side: they mostly wait."""
    subjects = {
        (OURS, "threads"): _threads,
        (OURS, "tasks"): _tasks,
    }
    if installed("httpx_retries"):
        logging.getLogger("httpx_retries").setLevel(logging.ERROR)
        subjects["httpx-retries", "threads"] = _httpx_retries
    for server in _SERVERS:
        taken: dict[tuple[str, str], list[float]] = {subject: [] for subject in subjects}
        useless: dict[tuple[str, str], list[int]] = {subject: [] for subject in subjects}
        for _ in range(_ROUNDS):
            with ThreadPoolExecutor(len(subjects)) as side_by_side:
                runs = {
                    subject: side_by_side.submit(_through, run, server)
                    for subject, run in subjects.items()
                }
            for subject, run in runs.items():
                seconds, refused = run.result()
                taken[subject].append(seconds / _IDEAL)
                useless[subject].append(refused)
        for subject, ratios in taken.items():
            name, kind = subject
            yield Figure(
                name=f"(d) a herd of {kind}, {server.name}",
                floor="the ideal time",
                subject=name,
                ratio=statistics.median(ratios),
                spread=(min(ratios), max(ratios)),
                target=server.target if name == OURS else None,
                note=f"{statistics.median(useless[subject]):.0f} useless 429s",
            )


def _through(run: Callable[[str], None], server: _Server) -> tuple[float, int]:
    with limited_server(
        _TAKEN, 1.0, latency=server.latency, body=_REPLY, whole_seconds=server.whole_seconds
    ) as limit:
        begin = time.perf_counter()
        run(limit.url)
        seconds = time.perf_counter() - begin
    if limit.taken != len(_REQUESTS):
        raise RuntimeError(f"{limit.taken} requests came through, not {len(_REQUESTS)}")
    return seconds, limit.refused
