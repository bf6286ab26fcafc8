"""One run in batches, without I/O but for its journal: what to do next, and what came of it.

The shells pull ids, send and wait; here is decided what, and noted what became of each call. What
a worker reports is noted in the worker's own thread, where no Ctrl-C arrives.
"""

import heapq
import itertools
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, cast

from cekura_client.arguments import one_id
from cekura_client.batches.fates import Fate
from cekura_client.batches.journal import Journal
from cekura_client.batches.orders import Order, Reply, RowT, ends_the_run, is_busy
from cekura_client.batches.report import BatchProgress, BatchReport
from cekura_client.batches.steps import (
    Batch,
    Delivery,
    Limits,
    Pull,
    Send,
    StoppedError,
    WaitFor,
)
from cekura_client.errors import CekuraError, InvalidRequestError, OutcomeUnknownError

_FIRST_RECHECK = 1.0  # seconds after which a batch with a busy call is sent again; doubles
_LONGEST_RECHECK = 30.0

logger = logging.getLogger("cekura_client")


class BatchRun(Generic[RowT]):
    """The state of a run.

    Args:
        order: What to do with each batch.
        limits: How it is cut.
        journal: Where fates are kept, if anywhere.
        keeps_replies: Whether replies are wanted.
        finite: Whether the ids are in memory already, so that all can be accounted for.
        wake: Ends the waits of the workers' calls, so that they notice a stop.
        clock: Seconds that only grow.
        jitter: A random number from 0 to 1.

    Attributes:
        deliveries: Replies for `on_reply`.
        stopped: Whether nothing more is to be sent.
        failure: What ended the run, where that was not the API.
        has_sent: Whether a batch may have been sent.
    """

    def __init__(
        self,
        order: Order[RowT],
        limits: Limits,
        *,
        journal: Journal | None,
        keeps_replies: bool,
        finite: bool,
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.order = order
        self.limits = limits
        self.journal = journal
        self.report = BatchReport()
        self.deliveries: deque[Delivery[RowT]] = deque()
        self.stopped = False
        self.failure: BaseException | None = None
        self.has_sent = False
        self._keeps_replies = keeps_replies
        self._finite = finite
        self._wake = wake
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.RLock()
        self._total: int | None = None
        self._exhausted = False
        self._seen: set[int] = set()
        self._may_grow = True
        self._active: set[Batch[RowT]] = set()
        self._unsent: deque[Batch[RowT]] = deque()
        self._later: list[tuple[float, int, Batch[RowT]]] = []
        self._order_of_later = itertools.count()
        if journal is not None:
            self._resume(journal)

    def _resume(self, journal: Journal) -> None:
        unrun = journal.take_unrun()
        self.report = journal.report()
        self._may_grow = not journal.all_known
        self._seen.update(unrun, self.report.succeeded, self.report.unknown)
        size = self.limits.batch_size
        for start in range(0, len(unrun), size):
            self._queue(unrun[start : start + size])
        self.deliveries.extend(
            Delivery(self.order.read(kept.body), kept.batch) for kept in journal.undelivered()
        )

    def _queue(self, ids: list[int]) -> None:
        self._unsent.append(Batch(ids, self.order.operation(ids)))

    def check(self, ids: Iterable[object]) -> None:
        """Check and count all ids before any is sent.

        Raises:
            InvalidRequestError: One is no id, or not of the journal's run.
        """
        self._total = len({self._checked(value) for value in ids})

    def _checked(self, value: object) -> int:
        call = one_id("call_logs", value)
        if not self._may_grow and call not in self._seen:
            path = self.journal.path if self.journal else ""
            raise InvalidRequestError(
                f"Call log {call} is not of the run that the journal {path} belongs to. "
                "A new run needs a new journal."
            )
        return call

    def feed(self, values: Sequence[object]) -> None:
        """Take ids from the caller's iterable; fewer than asked for are its last.

        Raises:
            InvalidRequestError: One is no id, or not of the journal's run.
        """
        with self._lock:
            self._exhausted = len(values) < self.limits.batch_size
            checked = [self._checked(value) for value in values]
            ids = [call for call in dict.fromkeys(checked) if call not in self._seen]
            self._seen.update(ids)
            if ids and self.stopped:
                self._give_up(ids)
            elif ids:
                self._queue(ids)

    def next(self) -> "Send[RowT] | Pull | WaitFor | None":
        """Say what to do next; None when the run is over.

        Whatever is in `deliveries` is the shell's to hand over first.
        """
        with self._lock:
            if self.stopped:
                return self._next_of_stopped()
            if len(self._active) >= self.limits.max_concurrency:
                return WaitFor(None)
            due = self._later[0][0] - self._clock() if self._later else None
            if due is not None and due <= 0:
                return self._send(heapq.heappop(self._later)[2])
            if self._unsent:
                return self._send(self._unsent.popleft())
            if not self._exhausted:
                return Pull(self.limits.batch_size)
            return WaitFor(due) if self._active or due is not None else None

    def _next_of_stopped(self) -> Pull | WaitFor | None:
        batches = [*self._unsent, *(batch for _, _, batch in self._later)]
        self._unsent.clear()
        self._later.clear()
        for batch in batches:
            self._give_up(batch.ids, batch)
        if not self._exhausted and (self.failure is None or self._finite):
            return Pull(self.limits.batch_size)
        return WaitFor(None) if self._active else None

    def _send(self, batch: Batch[RowT]) -> Send[RowT]:
        batch.started = self._clock() if batch.started is None else batch.started
        batch.begun = False
        self._active.add(batch)
        return Send(batch)

    def stop(self, failure: BaseException | None = None) -> None:
        """Send nothing more; calls that wait to be sent are given up.

        Args:
            failure: What came up that is not the API's; an iterator is left alone then.
        """
        with self._lock:
            self.stopped = True
            self.failure = self.failure or failure
        self._wake()

    def begin(self, batch: Batch[RowT]) -> bool:
        """Take up a batch in a worker; False where it was given up meanwhile."""
        with self._lock:
            batch.begun = batch in self._active
            return batch.begun

    def give_up_unbegun(self) -> None:
        """Give up what an interrupt has kept from its worker."""
        with self._lock:
            lost = [batch for batch in self._active if not batch.begun]
        for batch in lost:
            self.record(batch, StoppedError())

    def _give_up(self, ids: list[int], batch: Batch[RowT] | None = None) -> None:
        self.report.not_sent.extend(ids)
        try:
            self._note(Fate.NOT_SENT, ids, batch)
        except Exception as failure:  # noqa: BLE001  (the journal's disk; the shell raises it)
            self.failure = self.failure or failure

    def sending(self, batch: Batch[RowT]) -> None:
        """Note that a batch is about to be sent; on disk when this returns.

        Raises:
            StoppedError: It could not be noted, and must not be sent.
        """
        self._note_attempt(batch, Fate.SENDING)
        self.has_sent = batch.in_flight = True

    def held(self, batch: Batch[RowT]) -> None:
        """Note that a batch certainly did not run, and is to be sent again.

        Raises:
            StoppedError: It could not be noted.
        """
        batch.in_flight = False
        self._note_attempt(batch, Fate.HELD)

    def _note_attempt(self, batch: Batch[RowT], fate: Fate) -> None:
        try:
            self._note(fate, batch.ids, batch)
        except Exception as failure:
            self.stop(failure)
            raise StoppedError from failure

    def record(self, batch: Batch[RowT], result: Reply[RowT] | BaseException) -> None:
        """Note what became of a batch; never raises, so that no worker dies of it."""
        with self._lock:
            if batch not in self._active:
                return
            try:
                self._record(batch, result)
            except Exception as failure:  # noqa: BLE001  (the journal's disk; the shell raises it)
                self.stop(failure)
            finally:
                self._active.discard(batch)

    def _record(self, batch: Batch[RowT], result: Reply[RowT] | BaseException) -> None:
        report, ids = self.report, batch.ids
        if isinstance(result, Reply):
            report.succeeded.extend(ids)
            kept = result.body if self._keeps_replies else None
            try:
                self._note(Fate.SUCCEEDED, ids, batch, reply=kept)
            finally:
                if self._keeps_replies:
                    self.deliveries.append(Delivery(result.rows, batch.number))
        elif isinstance(result, StoppedError):
            self._give_up(ids, batch)
        elif isinstance(result, CekuraError) and not result.may_have_run:
            self._record_refusal(batch, result)
        else:
            error = result if isinstance(result, CekuraError) else _unknown(result)
            report.unknown.update(dict.fromkeys(ids, error))
            self._note(Fate.UNKNOWN, ids, batch, error)
            if error is not result:
                raise error from result

    def _record_refusal(self, batch: Batch[RowT], error: CekuraError) -> None:
        now = self._clock()
        if is_busy(error) and not self.stopped:
            wait = min(_LONGEST_RECHECK, _FIRST_RECHECK * 2.0**batch.delays)
            wait *= 1 + self._jitter() / 10
            if now + wait <= (batch.started or now) + self.limits.deadline:
                batch.delays += 1
                logger.info(
                    "%d calls wait %.1f s: one of them is still being evaluated",
                    len(batch.ids),
                    wait,
                )
                self._note(Fate.HELD, batch.ids, batch)
                entry = (now + wait, next(self._order_of_later), batch)
                heapq.heappush(self._later, entry)
                return
        self.report.refused.update(dict.fromkeys(batch.ids, error))
        self._note(Fate.REFUSED, batch.ids, batch, error)
        if ends_the_run(error):
            self.report.stopped_by = self.report.stopped_by or error
            self.stop()

    def _note(
        self,
        fate: Fate,
        ids: list[int],
        batch: Batch[RowT] | None = None,
        error: CekuraError | None = None,
        reply: bytes | None = None,
    ) -> None:
        if self.journal is not None:
            number = batch.number if batch else None
            number = self.journal.note(fate, ids, batch=number, error=error, reply=reply)
            if batch:
                batch.number = number

    def delivered(self, delivery: Delivery[RowT]) -> None:
        """Note that `on_reply` has taken a reply."""
        if self.journal is not None and delivery.batch is not None:
            self.journal.delivered(delivery.batch)

    def undelivered(self, delivery: Delivery[RowT]) -> None:
        """Keep a reply that `on_reply` did not take."""
        self.report.undelivered.append(delivery.rows)

    def progress(self) -> BatchProgress:
        """Count what became of the calls so far."""
        with self._lock:
            waiting = [*self._active, *self._unsent, *(batch for _, _, batch in self._later)]
            return BatchProgress(
                succeeded=len(self.report.succeeded),
                refused=len(self.report.refused),
                unknown=len(self.report.unknown),
                not_sent=len(self.report.not_sent),
                in_flight=sum(len(batch.ids) for batch in waiting),
                total=self._total,
            )

    def abandon(self, source: object) -> None:
        """Count what is in flight as unknown, and the rest as not sent; wait for nothing.

        Args:
            source: Where ids are pulled from.
        """
        with self._lock:
            for batch in self._active:
                error = OutcomeUnknownError(
                    "The run was interrupted while this was in flight: it may have run, and been "
                    "charged. Look at the call logs before you send it again.",
                    may_have_run=True,
                )
                self.report.unknown.update(dict.fromkeys(batch.ids, error))
            self._active.clear()
        while isinstance(step := self.next(), Pull):
            self.feed(list(itertools.islice(cast("Iterator[object]", source), step.count)))

    def finish(self) -> BatchReport:
        """Close the journal's account, and tell what became of each call."""
        if self.journal is not None and self._exhausted:
            over = not (self.report.refused or self.report.not_sent)
            try:
                self.journal.note_all_known(finished=over)
            except Exception as failure:  # noqa: BLE001  (the report goes along with it)
                self.failure = self.failure or failure
        return self.report


def _unknown(cause: BaseException) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"The call ended in {type(cause).__name__}: it may have run, and been charged. Look at the "
        "call logs before you send it again.",
        may_have_run=True,
    )
