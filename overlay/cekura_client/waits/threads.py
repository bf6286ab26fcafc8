"""Looks at call logs from threads, for `Cekura`. The caller's functions stay in its own thread."""

import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from cekura_client import operations
from cekura_client.batches.threads import Perform
from cekura_client.batches.watch import Watch
from cekura_client.errors import CekuraError
from cekura_client.listing.listers import Lister
from cekura_client.models import CallLog
from cekura_client.operation import Operation
from cekura_client.server_clock import Moment
from cekura_client.waits.evaluation_wait import EvaluationWait
from cekura_client.waits.looks import ListLook, Look, Outcome

_Arrival = tuple[Look, Outcome]
_ResultT = TypeVar("_ResultT")


class WaitThreads:
    """Looks at call logs from threads of its own, for `Cekura`.

    Args:
        perform: Does one call.
        wake: Ends every wait of the client's calls, so that they look whether to go on.
        pause: Sleeps so many seconds; raises a `CekuraError` once the client is closed.
        base_url: Where the client sends it.
    """

    def __init__(
        self,
        perform: Perform,
        wake: Callable[[], None],
        pause: Callable[[float], None],
        base_url: str,
    ) -> None:
        self._perform = perform
        self._wake = wake
        self._pause = pause
        self._base_url = base_url

    def run(self, waiting: EvaluationWait) -> list[CallLog]:
        """Look until the wait is over; the caller's functions are called in this thread.

        A request under way at the end is not waited for: it costs nothing.

        Raises:
            WaitError: Not every call log was seen evaluated.
        """
        looks = _ThreadLooks(self._perform, self._base_url)
        try:
            while True:
                for notice in waiting.notices():
                    notice()
                if waiting.is_over(time.monotonic()):
                    break
                self._step(waiting, looks)
        except BaseException as interruption:
            interruption.add_note(waiting.interruption_note())
            raise
        finally:
            looks.end()
            self._wake()
        return waiting.result()

    def _step(self, waiting: EvaluationWait, looks: "_ThreadLooks") -> None:
        while (look := waiting.next_look(time.monotonic())) is not None:
            looks.start(look)
        seconds = waiting.rest(time.monotonic())
        if not waiting.is_under_way:
            try:
                self._pause(seconds)
            except CekuraError as closed:
                waiting.stop(closed)
        elif (arrival := looks.next_arrival(seconds)) is not None:
            waiting.take(*arrival, time.monotonic())


class _ThreadLooks:
    """Threads that do one look after another; no more than were ever needed at once.

    It is the watch of its own calls, too: it gives up what has not been sent at the end.
    """

    def __init__(self, perform: Perform, base_url: str) -> None:
        self._perform = perform
        self._lister = Lister(self._perform_watched, base_url)
        self._looks: queue.SimpleQueue[Look | None] = queue.SimpleQueue()
        self._arrivals: queue.SimpleQueue[_Arrival] = queue.SimpleQueue()
        self._under_way = 0
        self._threads = 0
        self.blocks = self.stopped = False

    def start(self, look: Look) -> None:
        self._under_way += 1
        if self._under_way > self._threads:
            self._threads += 1
            # A daemon: it must not hold up the end of the program.
            threading.Thread(target=self._work, name="cekura-wait", daemon=True).start()
        self._looks.put(look)

    def _work(self) -> None:
        while (look := self._looks.get()) is not None:
            try:
                outcome = self._outcome(look)
            except BaseException as error:  # noqa: BLE001  (raised in the thread that waits)
                outcome = error
            self._arrivals.put((look, outcome))

    def _outcome(self, look: Look) -> Outcome:
        if isinstance(look, ListLook):
            return list(self._lister.rows(look.query()))
        return self._perform_watched(operations.retrieve(look))

    def _perform_watched(
        self, operation: Operation[_ResultT], watch: Watch | None = None
    ) -> _ResultT:
        return self._perform(operation, watch or self)

    def next_arrival(self, seconds: float) -> _Arrival | None:
        try:
            arrival = self._arrivals.get(timeout=seconds)
        except queue.Empty:
            return None
        self._under_way -= 1
        return arrival

    def end(self) -> None:
        self.stopped = True
        for _ in range(self._threads):
            self._looks.put(None)

    def sending(self, now: Moment) -> None:
        """Note nothing: a look costs nothing."""

    def held(self) -> None:
        """Note nothing."""

    def give_up(self) -> Exception:
        return CekuraError("The wait is over.")  # nobody is left to see it
