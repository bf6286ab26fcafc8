"""A call that is cancelled: at each stage, what was charged and what the caller is told."""

import asyncio
import gc
import logging
from dataclasses import dataclass

import pytest
import trio
from cekura_client import AsyncCekura

from tests.support.twins import KEY
from tests.support.wire import Script, WireServer, reply, reply_bytes, then_silence


@dataclass(frozen=True)
class Stage:
    """Where the call is when it is cancelled, and how many requests may have been charged."""

    name: str
    script: Script
    charged: int
    marked: bool
    on_connect: Script | None = None
    scheme: str = "http"


STAGES = [
    # The handshake never ends. That nothing was sent is not known from outside: it is marked.
    Stage("connecting", reply(), 0, marked=True, on_connect=then_silence(), scheme="https"),
    Stage("before the reply", then_silence(), 1, marked=True),
    Stage("in the headers", then_silence(b"HTTP/1.1 200 OK\r\n"), 1, marked=True),
    Stage("in the body", then_silence(reply_bytes(200, b"[]")[:-1]), 1, marked=True),
    Stage("in a wait", reply(429, b"", {"Retry-After": "30"}), 1, marked=False),
]


# httpcore leaves the socket of a cancelled TLS handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_call_is_not_repeated_and_says_whether_it_may_have_run(
    backend: str, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[str] = []

    async def call(client: AsyncCekura) -> None:
        try:
            await client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        except BaseException as cancelled:
            notes.extend(getattr(cancelled, "__notes__", []))
            raise

    async def with_asyncio() -> None:
        async with AsyncCekura(KEY, base_url=url) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(call(client), 0.3)

    async def with_trio() -> None:
        async with AsyncCekura(KEY, base_url=url) as client:
            with pytest.raises(trio.TooSlowError), trio.fail_after(0.3):
                await call(client)

    with (
        WireServer(stage.script, reply(), on_connect=stage.on_connect) as server,
        caplog.at_level(logging.WARNING, logger="cekura_client"),
    ):
        url = server.url.replace("http", stage.scheme)
        if backend == "asyncio":
            asyncio.run(with_asyncio())
        else:
            trio.run(with_trio)
    gc.collect()
    assert len(server.received) == stage.charged
    assert ["may have run" in note for note in notes] == [True] * stage.marked
    assert ("may have run" in caplog.text) is stage.marked
    assert KEY not in caplog.text
