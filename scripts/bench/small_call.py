"""(a) One small call, over the same request sent by bare httpx."""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx
from cekura_client import AsyncCekura, Cekura

from scripts.bench.figures import OURS, Figure, figures_of
from scripts.bench.loopback import answering
from scripts.bench.peers import VENDOR, installed
from scripts.bench.ratios import Measure, compare

_Calls = dict[str, Callable[[], object]]  # of the floor, under no name, and of each subject

_KEY = "key"
_HEADERS = {"X-CEKURA-API-KEY": _KEY}
_NONE_KEPT = httpx.Limits(max_keepalive_connections=0)
_ROUNDS = 20
_CALLS = 200  # of each in a round
_REPLY = {"id": 123, "call_id": "call_123", "status": "success", "duration": "01:10"}


def measure() -> Iterable[Figure]:
    """Re-run one call log over a fresh connection each time, and read one after another."""
    yield from _compared(
        "(a) one small re-run",
        "httpx, a fresh connection",
        [_REPLY],
        _reruns,
        httpx.Client(headers=_HEADERS | {"connection": "close"}, limits=_NONE_KEPT),
        target=1.05,
        notes={VENDOR: "over a kept connection"},
    )
    yield from _compared(
        "(a) one small retrieve",
        "httpx, a kept connection",
        _REPLY,
        _retrieves,
        httpx.Client(headers=_HEADERS),
        target=1.10,
    )
    yield from _compared_in_a_loop("(a) the retrieve in asyncio", "httpx, a kept connection")


def _compared(
    name: str,
    floor: str,
    reply: object,
    calls: Callable[[str, httpx.Client, Cekura, Any], _Calls],
    bare: httpx.Client,
    *,
    target: float,
    notes: dict[str, str] | None = None,
) -> Iterable[Figure]:
    with (
        answering(json.dumps(reply).encode()) as url,
        bare,
        Cekura(_KEY, base_url=url) as ours,
    ):
        vendor = installed("cekura")
        theirs = vendor.Cekura(api_key=_KEY, base_url=url) if vendor else None
        measures = {who: _one(call) for who, call in calls(url, bare, ours, theirs).items()}
        measure_floor = measures.pop("")
        if theirs is None:
            del measures[VENDOR]
        ratios = compare(measure_floor, measures, _ROUNDS, at_a_time=_CALLS)
    return figures_of(name, floor, ratios, target=target, notes=notes)


def _reruns(url: str, bare: httpx.Client, ours: Cekura, theirs: Any) -> _Calls:  # noqa: ANN401
    address = f"{url}/observability/v1/call-logs/rerun_evaluation/"
    body = {"agent_id": 2142, "call_logs": [123]}
    return {
        "": lambda: bare.post(address, json=body).json(),
        OURS: lambda: ours.call_logs.rerun_evaluation(agent_id=2142, call_logs=[123]),
        VENDOR: lambda: theirs.calls.rerun_evaluation(**body),
    }


def _retrieves(url: str, bare: httpx.Client, ours: Cekura, theirs: Any) -> _Calls:  # noqa: ANN401
    ids = itertools.count(1)  # never the same again
    return {
        "": lambda: bare.get(f"{url}/observability/v2/call-logs/{next(ids)}/").json(),
        OURS: lambda: ours.call_logs.retrieve(next(ids)),
        VENDOR: lambda: theirs.calls.get(id=next(ids)),
    }


def _compared_in_a_loop(name: str, beside: str) -> Iterable[Figure]:
    ids = itertools.count(1)
    with answering(json.dumps(_REPLY).encode()) as url, asyncio.Runner() as loop:
        bare, ours = httpx.AsyncClient(headers=_HEADERS), AsyncCekura(_KEY, base_url=url)
        vendor = installed("cekura")
        theirs = vendor.AsyncCekura(api_key=_KEY, base_url=url) if vendor else None

        async def floor() -> object:
            reply = await bare.get(f"{url}/observability/v2/call-logs/{next(ids)}/")
            return reply.json()

        subjects: dict[str, Callable[[], Awaitable[object]]] = {
            OURS: lambda: ours.call_logs.retrieve(next(ids))
        }
        if theirs is not None:
            subjects[VENDOR] = lambda: theirs.calls.get(id=next(ids))
        ratios = compare(
            _one_in(loop, floor),
            {who: _one_in(loop, call) for who, call in subjects.items()},
            _ROUNDS,
            at_a_time=_CALLS,
        )
        loop.run(bare.aclose())
        loop.run(ours.aclose())
    return figures_of(name, beside, ratios, target=1.10)


def _one(call: Callable[[], object]) -> Measure:
    def measure() -> float:
        begin = time.perf_counter()
        call()
        return time.perf_counter() - begin

    return measure


def _one_in(loop: asyncio.Runner, call: Callable[[], Awaitable[object]]) -> Measure:
    async def measured() -> float:
        begin = time.perf_counter()
        await call()
        return time.perf_counter() - begin

    return lambda: loop.run(measured())
