"""One run in batches, without I/O but for its journal: what to do next, and what came of it.

The shells pull ids, send and wait; here is decided what, and noted what became of each call. What
a worker reports is noted in the worker's own thread, where no Ctrl-C arrives. The journal is
written while the run's lock is free: an event loop takes it, too. `sending`, `held`, `record` and
`finish` wait for the disk, and nothing else does.
"""

import contextlib
import heapq
import itertools
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Generic, cast

from cekura_client.call_logs.batches.id_source import IdSource
from cekura_client.call_logs.batches.jobs import BatchJob, Reply, RowT, ends_the_run, is_busy
from cekura_client.call_logs.batches.journal import CallState, Journal, unlocked
from cekura_client.call_logs.batches.recorder import Note, RunRecorder
from cekura_client.call_logs.batches.report import BatchProgress, BatchReport
from cekura_client.call_logs.batches.steps import (
    Batch,
    Delivery,
    Limits,
    Pull,
    Send,
    StoppedError,
    WaitFor,
)
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import (
    CekuraError,
    InvalidRequestError,
    OutcomeUnknownError,
)

_FIRST_RECHECK = 1.0  # seconds after which a batch with a busy call is sent again; doubles
_LONGEST_RECHECK = 30.0

logger = logging.getLogger("cekura_client")


class BatchRun(Generic[RowT]):
    """The state of a run.

    Args:
        order: What to do with each batch.
        limits: How it is cut.
        intake: Which ids it takes.
        journal: Where fates are kept, if anywhere.
        keeps_replies: Whether replies are wanted.
        finite: Whether the ids are in memory already, so that all can be accounted for.
        doubted: By id, why calls are unknown that are sent again all the same.
        wake: Ends the waits of the workers' calls, so that they notice a stop.
        clock: Seconds that only grow.
        jitter: A random number from 0 to 1.

    Attributes:
        intake: Which ids it takes.
        ledger: What became of each call.
        stopped: Whether nothing more is to be sent.
        failure: What ended the run, where that was not the API.
        has_sent: Whether a batch may have been sent.
        pulled: What came from the caller's iterable, and is not taken yet.
    """

    def __init__(
        self,
        order: BatchJob[RowT],
        limits: Limits,
        intake: IdSource,
        *,
        journal: Journal | None,
        keeps_replies: bool,
        finite: bool,
        doubted: Mapping[int, CekuraError],
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.order = order
        self.limits = limits
        # What was refused earlier is to be sent again: the ledger begins after that.
        self._unrun = deque([] if journal is None else journal.take_unrun())
        self.intake = intake
        self.ledger: RunRecorder[RowT] = RunRecorder(
            journal, keeps_replies=keeps_replies, doubted=doubted
        )
        self.stopped = False
        self.failure: BaseException | None = None
        self.has_sent = False
        self.pulled: list[object] = []
        self._interrupted = False
        self._finite = finite
        self._wake = wake
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.RLock()
        self._exhausted = False
        self._active: set[Batch[RowT]] = set()
        self._unsent: deque[Batch[RowT]] = deque()
        self._later: list[tuple[float, int, Batch[RowT]]] = []
        self._order_of_later = itertools.count()

    def _queue(self, ids: list[int]) -> None:
        self._unsent.append(Batch(ids, self.order.operation(ids)))

    def feed(self, *, last: bool) -> None:
        """Take the ids that were pulled; one that is none ends the run.

        Args:
            last: Whether there are no more.
        """
        ids: list[int] = []
        with self._lock:
            self._exhausted = last
            try:
                self.intake.take(self.pulled, ids)
            except InvalidRequestError as wrong:
                self._exhausted = False
                self.stop(wrong)
            self.pulled.clear()
            if ids and self.stopped:
                self.ledger.not_sent(ids)
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
            if self._unrun:
                count = min(self.limits.batch_size, len(self._unrun))
                self._queue([self._unrun.popleft() for _ in range(count)])
            if self._unsent:
                return self._send(self._unsent.popleft())
            if not self._exhausted:
                return Pull(self.limits.batch_size)
            return WaitFor(due) if self._active or due is not None else None

    def _next_of_stopped(self) -> Pull | WaitFor | None:
        batches = [*self._unsent, *(batch for _, _, batch in self._later)]
        self._unsent.clear()
        self._later.clear()
        self.ledger.not_sent([*self._unrun])
        self._unrun.clear()
        for batch in batches:
            self.ledger.not_sent(batch.ids)
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
            if failure is not None and not isinstance(failure, Exception):
                self._interrupted = True
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

    def sending(self, batch: Batch[RowT], now: Moment) -> None:
        """Note that a batch is about to be sent; on disk when this returns.

        Raises:
            StoppedError: It must not be sent: the run was stopped, or it could not be noted.
        """
        with self._lock:
            if self.stopped or batch not in self._active:
                raise StoppedError
            # From here on it counts as sent, whatever interrupts.
            self.has_sent = batch.in_flight = True
            batch.sent_at = now
        try:
            self.ledger.sending(batch)
        except Exception as failure:
            batch.in_flight = False
            self.stop(failure)
            raise StoppedError from failure

    def held(self, batch: Batch[RowT]) -> None:
        """Note that a batch certainly did not run, and is to be sent again.

        Raises:
            StoppedError: It could not be noted.
        """
        batch.in_flight = False
        try:
            self.ledger.held(batch)
        except Exception as failure:
            self.stop(failure)
            raise StoppedError from failure

    def record(self, batch: Batch[RowT], result: Reply[RowT] | BaseException) -> None:
        """Note what became of a batch; never raises, so that no worker dies of it."""
        with self._lock:
            if batch not in self._active or batch.accounted:
                return
            delay = self._delay(batch, result)
            note = Note({CallState.HELD: batch.ids}) if delay else self._account(batch, result)
        try:
            if note is not None:
                self.ledger.write(batch, note)
        except Exception as failure:  # noqa: BLE001  (the journal's disk; the shell raises it)
            self.stop(failure)
        if isinstance(result, Exception) and not isinstance(result, (CekuraError, StoppedError)):
            self.stop(result)
        with self._lock:
            if batch not in self._active:  # abandoned meanwhile
                return
            self._active.discard(batch)
            if delay is not None:
                moment = self._clock() + delay
                heapq.heappush(self._later, (moment, next(self._order_of_later), batch))
            if batch.rows is not None:
                self.ledger.deliveries.append(Delivery(batch.rows, batch.number))

    def _account(self, batch: Batch[RowT], result: Reply[RowT] | BaseException) -> Note | None:
        """Note in the report what became of a batch, and tell what its journal is to know."""
        batch.accounted = True
        if isinstance(result, Reply):
            return self.ledger.succeeded(batch, result)
        interrupted = not isinstance(result, Exception)
        if isinstance(result, StoppedError) or (interrupted and not batch.in_flight):
            self.ledger.not_sent(batch.ids)
            return None
        if not isinstance(result, CekuraError):
            what = f"The call ended in {type(result).__name__}"
            return self.ledger.unknown(batch, _unknown(what, batch))
        if result.may_have_run:
            return self.ledger.unknown(batch, result)
        if ends_the_run(result) and not is_busy(result):
            report = self.ledger.report
            report.stopped_by = report.stopped_by or result
            self.stop()
        return self.ledger.refused(batch, result)

    def _delay(self, batch: Batch[RowT], result: Reply[RowT] | BaseException) -> float | None:
        """Tell for how long a batch waits until it is sent again; None: it is not."""
        if not isinstance(result, CekuraError) or result.may_have_run or not is_busy(result):
            return None
        now = self._clock()
        wait = min(_LONGEST_RECHECK, _FIRST_RECHECK * 2.0**batch.delays)
        wait *= 1 + self._jitter() / 10
        started = now if batch.started is None else batch.started
        if self.stopped or now + wait > started + self.limits.deadline:
            return None
        logger.info(
            "%d calls wait %.1f s: one of them is still being evaluated", len(batch.ids), wait
        )
        batch.delays += 1
        batch.in_flight = False
        return wait

    def progress(self) -> BatchProgress:
        """Count what became of the calls so far; takes as long for a million as for one."""
        with self._lock:
            report = self.ledger.report
            progress = BatchProgress(
                succeeded=len(report.succeeded),
                refused=len(report.refused),
                unknown=len(report.unknown),
                not_sent=len(report.not_sent),
                total=self.intake.total,
            )
            # Whatever was taken, and is not over.
            return replace(progress, in_flight=len(self.intake.seen) - progress.done)

    def unlock(self) -> None:
        """Let go of what an interrupt of this thread has left locked."""
        unlocked(self._lock)
        if self.ledger.journal is not None:
            self.ledger.journal.unlock()

    def let_go(self) -> None:
        """Let go of what an interrupt of this thread has left locked, or open."""
        self.unlock()
        if self.ledger.journal is not None:
            self.ledger.journal.close()

    def abandon(self, source: object) -> None:
        """Count what is in flight as unknown, and the rest as not sent; wait for nothing.

        Args:
            source: Where ids are pulled from.
        """
        with self._lock:
            self._interrupted = True
            for batch in self._active:
                if batch.accounted:
                    # Its journal is being written. The reply is here.
                    if batch.rows is not None:
                        self.ledger.undelivered(batch.rows)
                elif batch.in_flight:
                    error = _unknown("The run was interrupted while this was in flight", batch)
                    self.ledger.count_unknown(batch.ids, error)
                else:
                    self.ledger.not_sent(batch.ids)
            self._active.clear()
        while isinstance(step := self.next(), Pull):
            self.pulled.extend(itertools.islice(cast("Iterator[object]", source), step.count))
            self.feed(last=len(self.pulled) < step.count)

    def account(self) -> BatchReport:
        """Give up calls that an interrupt has kept between two steps, and keep their replies.

        Returns:
            What became of each call.
        """
        report = self.ledger.report
        with contextlib.suppress(InvalidRequestError):
            self.intake.take(self.pulled, [])
        lost = self.intake.seen.difference(
            report.succeeded, report.refused, report.unknown, report.not_sent
        )
        if lost:
            self.ledger.not_sent(sorted(lost))
        while self.ledger.deliveries:
            self.ledger.undelivered(self.ledger.deliveries.popleft().rows)
        return report

    def finish(self) -> BatchReport:
        """Close the account, and tell what became of each call."""
        if self._interrupted:
            self.account()
        try:
            self.ledger.close(all_known=self._exhausted)
        except Exception as failure:  # noqa: BLE001  (the report goes along with it)
            self.failure = self.failure or failure
        return self.ledger.report


def _unknown(what: str, batch: Batch[RowT]) -> OutcomeUnknownError:
    error = OutcomeUnknownError(
        f"{what}: it may have run, and been charged. Look at the call logs before you send it "
        "again.",
        may_have_run=True,
    )
    error.sent = batch.request()
    return error
