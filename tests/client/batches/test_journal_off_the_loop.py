"""A journal's disk, which may be slow, never holds up the event loop."""

import contextlib
import socketserver
import sqlite3
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from cekura_client import AsyncCekura, BatchProgress, CallLogSummary, IncompleteBatchesError

from tests.support.twins import KEY
from tests.support.wire import Script, WireServer, read_request, reply, then_close, then_silence

DONE = reply(
    200, b"[%s]" % b",".join(b'{"id": %d, "call_id": "a"}' % call for call in range(1, 11))
)
REFUSED = reply(401, b"{}")
NOT_FOUND = reply(404, b"{}")
LONGEST_WAIT = 5.0  # seconds


class Loop:
    """An event loop that counts how often it has come round."""

    def __init__(self) -> None:
        self.rounds = 0
        self.thread = threading.get_ident()
        self.stalls: list[str] = []

    async def turn(self) -> None:
        while True:
            self.rounds += 1
            await anyio.sleep(0.001)


class SlowDisk(sqlite3.Connection):
    """Says that a write is on disk once the loop has come round a few times meanwhile."""

    def __init__(self, *arguments: Any, loop: Loop, **options: Any) -> None:
        self.loop = loop
        super().__init__(*arguments, **options)

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        loop = self.loop
        if threading.get_ident() == loop.thread:
            loop.stalls.append(sql)
        elif sql == "COMMIT":
            rounds = loop.rounds
            deadline = time.monotonic() + LONGEST_WAIT
            while loop.rounds < rounds + 3 and not loop.stalls:
                if time.monotonic() > deadline:
                    loop.stalls.append("the loop waits for the disk")
                time.sleep(0.001)
        return super().execute(sql, parameters)

    def close(self) -> None:
        if threading.get_ident() == self.loop.thread:
            self.loop.stalls.append("close")
        super().close()


class PaidServer(WireServer):
    """Follows its scripts for what is paid for, and finds no call that is read."""

    def serve(self, handler: socketserver.StreamRequestHandler) -> None:
        with contextlib.suppress(OSError):
            while (request := read_request(handler)) is not None:
                script = self.next_paid() if request.method == "POST" else NOT_FOUND
                script(handler.connection)

    def next_paid(self) -> Script:
        return self.paid.pop(0) if len(self.paid) > 1 else self.paid[0]

    def __init__(self, *paid: Script) -> None:
        super().__init__()
        self.paid = [*paid]


class TakenError(Exception):
    """What a callback raises."""


def refuse(_: object) -> None:
    raise TakenError


async def use_a_journal(client: AsyncCekura, journal: Path) -> None:
    """Open, resume and reconcile a journal; accept, refuse, lose, hand over, give up and cancel."""
    taken: list[CallLogSummary] = []
    told: list[BatchProgress] = []

    async def evaluate(**options: Any) -> None:
        await client.call_logs.evaluate_metrics_in_batches(
            agent_id=1,
            metrics=[7],
            call_logs=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            batch_size=2,
            journal=journal,
            **options,
        )

    with pytest.raises(IncompleteBatchesError):
        await evaluate(max_concurrency=1, on_reply=refuse)
    await evaluate(max_concurrency=2, on_reply=taken.extend, on_progress=told.append)
    await client.call_logs.reconcile(journal=journal, grace=0)
    assert taken
    with anyio.move_on_after(0.2) as scope:
        await evaluate(max_concurrency=2, on_reply=taken.extend)
    assert scope.cancelled_caught


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_no_disk_is_waited_for_on_the_loop(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> Loop:
        loop = Loop()
        connect: Any = partial(sqlite3.connect, factory=cast("Any", partial(SlowDisk, loop=loop)))
        monkeypatch.setattr(sqlite3, "connect", connect)
        client = AsyncCekura(KEY, base_url=server.url)
        async with client, anyio.create_task_group() as background:
            background.start_soon(loop.turn)
            await use_a_journal(client, tmp_path / "run.db")
            background.cancel_scope.cancel()
        return loop

    with PaidServer(DONE, DONE, then_close(), REFUSED, REFUSED, then_silence()) as server:
        loop = anyio.run(run, backend=backend)
    assert loop.stalls == []
    assert loop.rounds > 20
