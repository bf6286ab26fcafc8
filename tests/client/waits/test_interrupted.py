"""A wait that is cut off from outside: promptly, with a note, and with nothing left behind."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import Any, NoReturn

import anyio
import pytest
from cekura_client import AsyncCekura, CallLog, Cekura, EvaluationBaseline, WaitTimeoutError

from tests.support.twins import KEY
from tests.support.wire import Script, WireServer, reply, then_silence

CALLS = [EvaluationBaseline(id=number, status="evaluating") for number in range(1, 4)]
LISTED = [replace(baseline, agent_id=224) for baseline in CALLS]
BUSY_ONE = {"id": 1, "call_id": "a", "status": "evaluating"}
# A call, and a list of calls as well.
ROWS = [BUSY_ONE | {"id": baseline.id} for baseline in CALLS]
BUSY = reply(200, json.dumps(BUSY_ONE | {"count": 3, "results": ROWS}).encode())
LIMITED = reply(429, b"", {"Retry-After": "20"})
LONG_ENOUGH = 5.0

SCRIPTS = [
    pytest.param(BUSY, id="between two polls"),
    pytest.param(LIMITED, id="in a wait for the rate limit"),
    pytest.param(then_silence(), id="during a poll"),
]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("calls", [CALLS, LISTED], ids=["one by one", "listed"])
def test_a_cancelled_wait_ends_at_once(
    backend: str, script: Script, calls: list[EvaluationBaseline]
) -> None:
    notes: list[str] = []

    async def main() -> None:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            with anyio.move_on_after(0.7) as scope:
                try:
                    await client.call_logs.wait_until_evaluated(calls)
                except BaseException as cancelled:
                    notes.extend(getattr(cancelled, "__notes__", []))
                    raise
        assert scope.cancelled_caught
        if backend == "asyncio":
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with WireServer(script) as server:
        started = time.monotonic()
        anyio.run(main, backend=backend)
        assert time.monotonic() - started < LONG_ENOUGH
    (note,) = notes
    assert "interrupted when 0 of 3 call logs were seen evaluated" in note


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("name", ["on_evaluated", "on_progress"])
def test_an_exit_in_a_callback_comes_out_as_it_is(backend: str, name: str) -> None:
    def leave(_: object) -> NoReturn:
        sys.exit(7)

    async def main() -> None:
        callbacks: dict[str, Any] = {name: leave}
        async with AsyncCekura(KEY, base_url=server.url) as client:
            await client.call_logs.wait_until_evaluated(CALLS, **callbacks)

    with (
        WireServer(reply(200, json.dumps(DONE).encode())) as server,
        pytest.raises(SystemExit) as raised,
    ):
        anyio.run(main, backend=backend)
    assert raised.value.code == 7
    assert "of 3 call logs were seen evaluated" in "".join(raised.value.__notes__)


def test_asyncio_cancels_it_like_anything_else() -> None:
    async def main() -> None:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            with pytest.raises(TimeoutError) as raised:
                await asyncio.wait_for(client.call_logs.wait_until_evaluated(CALLS), 0.3)
            assert not isinstance(raised.value, WaitTimeoutError)

    with WireServer(BUSY) as server:
        asyncio.run(main())


SCRIPT = """
import sys
from cekura_client import Cekura, EvaluationBaseline
calls = [EvaluationBaseline(id=number, status="evaluating") for number in range(1, 4)]
with Cekura("test-key", base_url=sys.argv[1]) as cekura:
    cekura.call_logs.wait_until_evaluated(calls)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("script", SCRIPTS)
def test_ctrl_c_ends_it_and_the_program_at_once(script: Script) -> None:
    with (
        WireServer(script) as server,
        subprocess.Popen(  # noqa: S603  (our own)
            [sys.executable, "-c", SCRIPT, server.url], stderr=subprocess.PIPE, text=True
        ) as program,
    ):
        try:
            for _ in range(2000):
                if server.received:
                    break
                time.sleep(0.01)
            assert server.received
            time.sleep(0.2)  # each poll has come to what this is about
            started = time.monotonic()
            program.send_signal(signal.SIGINT)
            _, printed = program.communicate(timeout=30)
            assert time.monotonic() - started < LONG_ENOUGH
        finally:
            program.kill()
    assert "KeyboardInterrupt" in printed
    assert "interrupted when 0 of 3 call logs were seen evaluated" in printed


DONE_ONE = {"id": 1, "call_id": "a", "evaluation": {"metrics": [{"id": 1, "name": "a"}]}}
DONE = DONE_ONE | {"count": 3, "results": [DONE_ONE | {"id": baseline.id} for baseline in CALLS]}


@pytest.mark.parametrize(
    ("script", "evaluated"),
    [
        pytest.param(reply(200, json.dumps(DONE).encode()), 3, id="done"),
        pytest.param(LIMITED, 0, id="in a wait for the rate limit"),
    ],
)
@pytest.mark.parametrize("calls", [CALLS, LISTED], ids=["one by one", "listed"])
def test_its_threads_end_with_it_and_send_nothing_more(
    script: Script, evaluated: int, calls: list[EvaluationBaseline]
) -> None:
    def own() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "cekura-wait"}

    found: list[CallLog] = []
    before = own()
    with WireServer(script) as server, Cekura(KEY, base_url=server.url) as client:
        try:
            client.call_logs.wait_until_evaluated(calls, timeout=1.5, on_evaluated=found.append)
        except WaitTimeoutError:
            assert not evaluated
        sent = len(server.received)
        for thread in own() - before:
            thread.join(LONG_ENOUGH)
        assert own() <= before
        assert len(server.received) == sent
    assert len(found) == evaluated
