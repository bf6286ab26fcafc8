"""Looks at call logs from threads, for `Cekura`. The caller's functions stay in its own thread."""

import queue
import threading
import time
from collections.abc import Callable

from cekura_client import operations
from cekura_client.batches.threads import Perform
from cekura_client.errors import CekuraError
from cekura_client.models import CallLog
from cekura_client.waits.evaluation_wait import EvaluationWait

_Outcome = tuple[int, CallLog | BaseException]


class WaitThreads:
    """Looks at call logs from threads of its own, for `Cekura`.

    Args:
        perform: Does one call.
        wake: Ends every wait of the client's calls, so that they look whether to go on.
        pause: Sleeps so many seconds; raises a `CekuraError` once the client is closed.
    """

    def __init__(
        self, perform: Perform, wake: Callable[[], None], pause: Callable[[float], None]
    ) -> None:
        self._perform = perform
        self._wake = wake
        self._pause = pause

    def run(self, waiting: EvaluationWait) -> list[CallLog]:
        """Look until the wait is over; the caller's functions are called in this thread.

        A request under way at the end is not waited for: it costs nothing.

        Raises:
            WaitError: Not every call log was seen evaluated.
        """
        looks = _ThreadLooks(self._perform)
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
        while (call_id := waiting.next_look(time.monotonic())) is not None:
            looks.start(call_id)
        seconds = waiting.rest(time.monotonic())
        if not waiting.is_under_way:
            try:
                self._pause(seconds)
            except CekuraError as closed:
                waiting.stop(closed)
        elif (outcome := looks.next_outcome(seconds)) is not None:
            waiting.take(*outcome, time.monotonic())


class _ThreadLooks:
    """Threads that look at one call after another; no more than were ever needed at once.

    It is the watch of its own calls, too: it gives up what has not been sent at the end.
    """

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self._ids: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
        self._under_way = 0
        self._threads = 0
        self.blocks = self.stopped = False

    def start(self, call_id: int) -> None:
        self._under_way += 1
        if self._under_way > self._threads:
            self._threads += 1
            # A daemon: it must not hold up the end of the program.
            threading.Thread(target=self._work, name="cekura-wait", daemon=True).start()
        self._ids.put(call_id)

    def _work(self) -> None:
        while (call_id := self._ids.get()) is not None:
            try:
                outcome: CallLog | BaseException = self._perform(operations.retrieve(call_id), self)
            except BaseException as error:  # noqa: BLE001  (raised in the thread that waits)
                outcome = error
            self._outcomes.put((call_id, outcome))

    def next_outcome(self, seconds: float) -> _Outcome | None:
        try:
            outcome = self._outcomes.get(timeout=seconds)
        except queue.Empty:
            return None
        self._under_way -= 1
        return outcome

    def end(self) -> None:
        self.stopped = True
        for _ in range(self._threads):
            self._ids.put(None)

    def sending(self) -> None:
        """Note nothing: a look costs nothing."""

    def held(self) -> None:
        """Note nothing."""

    def give_up(self) -> Exception:
        return CekuraError("The wait is over.")  # nobody is left to see it
