"""Makes many small paid calls, from threads or from tasks, and prints as JSON what became of them.

Arguments: threads or tasks, the server's URL, and how many calls.
"""

import asyncio
import gc
import json
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cekura_client import AsyncCekura, CallLogSummary, Cekura, CekuraError

_KEY = "test-key"
_THREADS, _TASKS = 64, 1000


class Account:
    """What became of each call."""

    def __init__(self, calls: int) -> None:
        self.succeeded: list[int] = []
        self.refused: list[int] = []
        self.unknown: list[int] = []
        self.kinds: set[str] = set()
        self.memory: list[int] = []  # in kB: the peak after a quarter, and at the end
        self._calls = calls
        self._ids = iter(range(1, calls + 1))
        self._lock = threading.Lock()

    def ids(self) -> Iterator[int]:
        while True:
            with self._lock:
                call = next(self._ids, None)
            if call is None:
                return
            yield call

    def note(self, call: int, result: list[CallLogSummary] | CekuraError) -> None:
        if isinstance(result, CekuraError):
            self.kinds.add(type(result).__name__)
            (self.unknown if result.may_have_run else self.refused).append(call)
        else:
            assert [row.id for row in result] == [call]
            self.succeeded.append(call)
        if call in {self._calls // 4, self._calls}:
            self.memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def in_threads(url: str, account: Account) -> None:
    def work() -> None:
        for call in account.ids():
            try:
                result: Any = cekura.call_logs.evaluate_metrics(
                    agent_id=1, metrics=[7], call_logs=[call]
                )
            except CekuraError as error:
                result = error
            account.note(call, result)

    with Cekura(_KEY, base_url=url) as cekura:
        threads = [threading.Thread(target=work) for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def in_tasks(url: str, account: Account) -> None:
    async def work(cekura: AsyncCekura) -> None:
        for call in account.ids():
            try:
                result: Any = await cekura.call_logs.evaluate_metrics(
                    agent_id=1, metrics=[7], call_logs=[call]
                )
            except CekuraError as error:
                result = error
            account.note(call, result)

    async def work_all() -> None:
        async with AsyncCekura(_KEY, base_url=url) as cekura, asyncio.TaskGroup() as tasks:
            for _ in range(_TASKS):
                tasks.create_task(work(cekura))

    asyncio.run(work_all())


def _descriptors() -> int:
    return len([*Path("/dev/fd").iterdir()])


def _starved() -> float:
    """Tell for how many seconds the main thread could have run, and had no processor."""
    return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9


def main(kind: str, url: str, calls: str) -> None:
    run = in_threads if kind == "threads" else in_tasks
    run(url, Account(10))  # loads what is loaded late
    gc.collect()
    descriptors = _descriptors()
    account = Account(int(calls))
    started, starved = time.perf_counter(), _starved()
    run(url, account)
    seconds = time.perf_counter() - started
    starved = _starved() - starved
    gc.collect()
    report = {
        "seconds": seconds,
        "starved": starved,
        "succeeded": account.succeeded,
        "refused": account.refused,
        "unknown": account.unknown,
        "kinds": sorted(account.kinds),
        "memory": account.memory,
        "descriptors": _descriptors() - descriptors,
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
