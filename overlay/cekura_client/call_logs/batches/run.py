"""One run in batches, without I/O but for its journal: what to do next, and what came of it.

`_async/batches.py` pulls ids, sends and waits; here is decided what, and noted what became of each
call. What a worker reports is noted in the worker's own thread, where no Ctrl-C arrives. The
journal is written while the run's lock is free: an event loop takes it, too. `sending`,
`did_not_run`, `record` and `finish` wait for the disk, and nothing else does.
"""

import contextlib
import copy
import heapq
import itertools
import json
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Generic, cast

from cekura_client.call_logs.arguments import one_id
from cekura_client.call_logs.batches.jobs import (
    BatchJob,
    BatchReply,
    RowT,
    calls_at_fault,
    ends_the_run,
)
from cekura_client.call_logs.batches.journal import CallState, Journal, unlocked
from cekura_client.call_logs.batches.report import BatchProgress, BatchReport
from cekura_client.call_logs.spending import SpendLimit
from cekura_client.engine.operation import Operation
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import (
    CekuraError,
    InvalidRequestError,
    MissingRowsError,
    OutcomeUnknownError,
    SentRequest,
    StillEvaluatingError,
    shown_ids,
    was_accepted,
)

_FIRST_RECHECK = 1.0  # seconds after which a batch with a busy call is sent again; doubles
_LONGEST_RECHECK = 30.0

logger = logging.getLogger("cekura_client")


class StoppedError(Exception):
    """The run was stopped before this batch was sent (again)."""


@dataclass(eq=False, slots=True)
class Batch(Generic[RowT]):
    """Some ids that are sent together.

    Attributes:
        number: Its number in the journal, once it has one.
        begun: Whether a worker has taken it up.
        in_flight: Whether it may be running at the server.
        sent_at: When it was sent last.
        started: When it was first handed to a worker.
        delays: How often it was put off, since a call in it was still being evaluated.
        is_recorded: Whether the report tells what became of it.
        rows: Its reply, where that is wanted and not in the run's deliveries yet.
        is_rest: Whether it is what is left of a refused batch without the calls at fault.
    """

    ids: list[int]
    operation: Operation[BatchReply[RowT]]
    number: int | None = None
    begun: bool = False
    in_flight: bool = False
    sent_at: Moment | None = None
    started: float | None = None
    delays: int = 0
    is_recorded: bool = False
    rows: list[RowT] | None = None
    is_rest: bool = False

    def request(self) -> SentRequest:
        """Describe it as it was sent last."""
        parameters = json.loads(self.operation.request.body or b"{}")
        sent = self.sent_at or Moment(datetime.now(UTC))
        return SentRequest(self.operation.name, parameters, sent.local, sent.server)


@dataclass(frozen=True, slots=True)
class Send(Generic[RowT]):
    """Hand this batch to a worker."""

    batch: Batch[RowT]


@dataclass(frozen=True, slots=True)
class Pull:
    """Take this many ids from the caller's iterable, and `feed` them."""

    count: int


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait until a worker is done, or so many seconds; None: as long as it takes."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Delivery(Generic[RowT]):
    """A reply for `on_reply`, and the number of its batch in the journal."""

    rows: list[RowT]
    batch: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How a run is cut into batches, and how long one may be put off.

    Args:
        batch_size: Ids in a batch.
        max_concurrency: Batches in flight at once.
        deadline: Seconds for which a batch may be put off while a call is being evaluated.
    """

    batch_size: int
    max_concurrency: int
    deadline: float


class IdSource:
    """Knows every id that a run has taken.

    Args:
        journal: What an earlier process has read, if anything.
        limit: How many metric runs the calls may come to.
        repeats: How many of them are sent again that may have run already.

    Attributes:
        seen: The ids that were taken, by earlier processes, too.
        total: How many ids there are in all, where that is known.
    """

    def __init__(self, journal: Journal | None, limit: SpendLimit, *, repeats: int = 0) -> None:
        self._journal = journal
        self._limit = limit
        self._repeats = repeats if journal is None else repeats + journal.repeats
        self._all_known = journal is not None and journal.all_known
        # What an earlier process has read is of this run, whatever became of it.
        self.seen = set[int]() if journal is None else journal.calls()
        self.total: int | None = None
        limit.check(len(self.seen), self._repeats)

    def check_all(self, ids: Iterable[object]) -> list[int]:
        """Check and count ids, and take none of them.

        Returns:
            The ids, each once, in the order they came: a run reads these, and not what the
            caller, or a callback, may change meanwhile.

        Raises:
            InvalidRequestError: One is no id, or not of the journal's run.
            SpendLimitError: They are too many.
        """
        given = list(dict.fromkeys(self._checked(value) for value in ids))
        self.total = len(given)
        self._limit.check(len(self.seen.union(given)), self._repeats)
        return given

    def take(self, values: Iterable[object], into: list[int]) -> None:
        """Take those that are new.

        Args:
            values: What came from the caller's iterable.
            into: Where they go, as far as they are ids.

        Raises:
            InvalidRequestError: One is no id, or not of the journal's run.
            SpendLimitError: They are too many; those up to the limit are taken.
        """
        for value in values:
            call = self._checked(value)
            if call not in self.seen:
                self._limit.check(len(self.seen) + 1, self._repeats)
                self.seen.add(call)
                into.append(call)

    def _checked(self, value: object) -> int:
        call = one_id("call_logs", value)
        if self._all_known and self._journal and call not in self.seen:
            raise InvalidRequestError(
                f"Call log {call} is not of the run that the journal {self._journal.path} belongs "
                "to. A new run needs a new journal."
            )
        return call


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What a journal is told of a batch; see `Journal.note`."""

    states: Mapping[CallState, Sequence[int]]
    error: CekuraError | None = None
    reply: bytes | None = None


class RunRecorder(Generic[RowT]):
    """What became of each call, in the report and in the journal.

    Where the journal cannot be written, the report is right all the same. What is noted in the
    report takes no time; `write` puts it on disk, which does.

    Args:
        journal: Where states are kept beside the report, if anywhere.
        keeps_replies: Whether replies are wanted.
        repeated: By id, why calls are unknown that are sent again all the same.

    Attributes:
        report: What became of each call.
        deliveries: Replies that `on_reply` is to take.
    """

    def __init__(
        self,
        journal: Journal | None,
        *,
        keeps_replies: bool,
        repeated: Mapping[int, CekuraError],
    ) -> None:
        self.journal = journal
        self.report = BatchReport() if journal is None else journal.report
        self.deliveries: deque[Delivery[RowT]] = deque()
        self._keeps_replies = keeps_replies
        self._repeated = repeated

    def write(self, batch: Batch[RowT], entry: JournalEntry) -> None:
        """Tell the journal, if there is one."""
        if self.journal is not None:
            batch.number = self.journal.note(
                entry.states, batch=batch.number, error=entry.error, reply=entry.reply
            )

    def sending(self, batch: Batch[RowT]) -> None:
        """Note on disk that a batch is about to be sent."""
        if self.journal is not None:
            batch.number = self.journal.note(
                {CallState.SENDING: batch.ids}, batch=batch.number, sent=batch.sent_at
            )

    def did_not_run(self, batch: Batch[RowT]) -> None:
        """Note on disk that a batch did not run, and is to be sent (again)."""
        self.write(batch, JournalEntry({CallState.TO_SEND: batch.ids}))

    def succeeded(self, batch: Batch[RowT], reply: BatchReply[RowT]) -> JournalEntry:
        """Note that a batch was accepted; its reply is to be kept for `on_reply`.

        What was asked for and is not in the reply is unknown; what was not asked for is left out.
        """
        asked = set(batch.ids)
        rows = [row for row in reply.rows if row.id in asked]
        shown = {row.id for row in rows}
        accepted = [call for call in batch.ids if call in shown]
        missing = [call for call in batch.ids if call not in shown]
        self.report.succeeded.extend(accepted)
        error = _missing_rows(batch, reply, missing) if missing else None
        if error is not None:
            self.count_unknown(missing, error)
        kept = None
        if self._keeps_replies and rows:
            batch.rows, kept = rows, reply.body
        return JournalEntry(
            {CallState.SUCCEEDED: accepted, CallState.UNKNOWN: missing}, error, kept
        )

    def refused(
        self, batch: Batch[RowT], error: CekuraError, rest: Sequence[int] = ()
    ) -> JournalEntry:
        """Note that a batch was refused for good, but for a rest that is sent again."""
        kept = {*rest}
        refused = [call for call in batch.ids if call not in kept]
        self.report.refused.update(dict.fromkeys(self._never_sent(refused), error))
        return JournalEntry({CallState.REFUSED: refused, CallState.TO_SEND: rest}, error)

    def unknown(self, batch: Batch[RowT], error: CekuraError) -> JournalEntry:
        """Note that a batch may have run."""
        self.count_unknown(batch.ids, error)
        return JournalEntry({CallState.UNKNOWN: batch.ids}, error)

    def count_unknown(self, ids: list[int], error: CekuraError) -> None:
        """Count calls as unknown, in the report alone."""
        for call in ids:
            first = self._repeated.get(call)
            self.report.unknown[call] = error if first is None else _since_first(error, first)

    def not_sent(self, ids: list[int]) -> None:
        """Note that calls are given up before they were sent; the journal is told by `close`."""
        self.report.not_sent.extend(self._never_sent(ids))

    def _never_sent(self, ids: list[int]) -> list[int]:
        """Leave out those that an earlier sending may have run; they are as unknown as before."""
        for call in ids:
            if call in self._repeated:
                self.report.unknown[call] = self._repeated[call]
        return [call for call in ids if call not in self._repeated]

    def delivered(self, delivery: Delivery[RowT]) -> None:
        """Note on disk that `on_reply` has taken a reply."""
        if self.journal is not None and delivery.batch is not None:
            self.journal.delivered(delivery.batch)

    def undelivered(self, rows: Sequence[RowT]) -> None:
        """Keep a reply that `on_reply` did not take; the journal keeps it, too."""
        self.report.undelivered.append(rows)

    def close(self, *, all_known: bool) -> None:
        """Note on disk what was given up, and how far the run has come.

        Args:
            all_known: Whether every id of the run has been read.
        """
        if self.journal is not None:
            report = self.report
            over = not (report.refused or report.not_sent)
            self.journal.end(report.not_sent, all_known=all_known, finished=over)


class BatchRun(Generic[RowT]):
    """The state of a run.

    Args:
        job: What to do with each batch.
        limits: How it is cut.
        id_source: Which ids it takes.
        recorder: Notes what became of each call; what its journal has left to send is sent first.
        finite: Whether the ids are in memory already, so that all can be accounted for.
        wake: Ends the waits of the workers' calls, so that they notice a stop.
        clock: Seconds that only grow.
        jitter: A random number from 0 to 1.

    Attributes:
        stopped: Whether nothing more is to be sent.
        failure: What ended the run, where that was not the API.
        has_sent: Whether a batch may have been sent.
        pulled: What came from the caller's iterable, and is not taken yet.
    """

    def __init__(
        self,
        job: BatchJob[RowT],
        limits: Limits,
        id_source: IdSource,
        recorder: RunRecorder[RowT],
        *,
        finite: bool,
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.recorder = recorder
        self.stopped = False
        self.failure: BaseException | None = None
        self.has_sent = False
        self.pulled: list[object] = []
        self._job = job
        self._limits = limits
        self._id_source = id_source
        journal = recorder.journal
        self._from_journal = deque([] if journal is None else journal.take_not_run())
        self._interrupted = False
        self._finite = finite
        self._wake = wake
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.RLock()
        self._exhausted = False
        self._active: set[Batch[RowT]] = set()
        self._unsent: deque[Batch[RowT]] = deque()
        self._delayed: list[tuple[float, int, Batch[RowT]]] = []
        self._delay_numbers = itertools.count()

    def _queue(self, ids: list[int]) -> None:
        self._unsent.append(Batch(ids, self._job.operation(ids)))

    def feed(self, *, last: bool) -> None:
        """Take the ids that were pulled; one that is none ends the run.

        Args:
            last: Whether there are no more.
        """
        ids: list[int] = []
        with self._lock:
            self._exhausted = last
            try:
                self._id_source.take(self.pulled, ids)
            except InvalidRequestError as wrong:
                self._exhausted = False
                self.stop(wrong)
            self.pulled.clear()
            if ids and self.stopped:
                self.recorder.not_sent(ids)
            elif ids:
                self._queue(ids)

    def next_step(self) -> "Send[RowT] | Pull | WaitFor | None":
        """Say what to do next; None when the run is over.

        Whatever is in `deliveries` is to be handed over first.
        """
        with self._lock:
            if self.stopped:
                return self._next_of_stopped()
            if len(self._active) >= self._limits.max_concurrency:
                return WaitFor(None)
            due = self._delayed[0][0] - self._clock() if self._delayed else None
            if due is not None and due <= 0:
                return self._send(heapq.heappop(self._delayed)[2])
            if self._from_journal:
                count = min(self._limits.batch_size, len(self._from_journal))
                self._queue([self._from_journal.popleft() for _ in range(count)])
            if self._unsent:
                return self._send(self._unsent.popleft())
            if not self._exhausted:
                return Pull(self._limits.batch_size)
            return WaitFor(due) if self._active or due is not None else None

    def _next_of_stopped(self) -> Pull | WaitFor | None:
        batches = [*self._unsent, *(batch for _, _, batch in self._delayed)]
        self._unsent.clear()
        self._delayed.clear()
        self.recorder.not_sent([*self._from_journal])
        self._from_journal.clear()
        for batch in batches:
            self.recorder.not_sent(batch.ids)
        if not self._exhausted and (self.failure is None or self._finite):
            return Pull(self._limits.batch_size)
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
            self.recorder.sending(batch)
        except Exception as failure:
            batch.in_flight = False
            self.stop(failure)
            raise StoppedError from failure

    def did_not_run(self, batch: Batch[RowT]) -> None:
        """Note that a batch certainly did not run, and is to be sent again.

        Raises:
            StoppedError: It could not be noted.
        """
        batch.in_flight = False
        try:
            self.recorder.did_not_run(batch)
        except Exception as failure:
            self.stop(failure)
            raise StoppedError from failure

    def record(self, batch: Batch[RowT], result: BatchReply[RowT] | BaseException) -> None:
        """Note what became of a batch; never raises, so that no worker dies of it."""
        with self._lock:
            if batch not in self._active or batch.is_recorded:
                return
            delay = self._delay(batch, result)
            rest = self._rest(batch, result)
            if delay is None:
                entry = self._record_result(batch, result, rest)
            else:
                entry = JournalEntry({CallState.TO_SEND: batch.ids})
        try:
            if entry is not None:
                self.recorder.write(batch, entry)
        except Exception as failure:  # noqa: BLE001  (of the journal's disk; raised once all is noted)
            self.stop(failure)
        if isinstance(result, Exception) and not isinstance(result, (CekuraError, StoppedError)):
            self.stop(result)
        with self._lock:
            if batch not in self._active:  # abandoned meanwhile
                return
            self._active.discard(batch)
            if delay is not None:
                moment = self._clock() + delay
                heapq.heappush(self._delayed, (moment, next(self._delay_numbers), batch))
            if rest is not None:
                self._unsent.append(rest)
            if batch.rows is not None:
                self.recorder.deliveries.append(Delivery(batch.rows, batch.number))

    def _record_result(
        self,
        batch: Batch[RowT],
        result: BatchReply[RowT] | BaseException,
        rest: Batch[RowT] | None,
    ) -> JournalEntry | None:
        """Note in the report what became of a batch, and tell what its journal is to know."""
        batch.is_recorded = True
        if isinstance(result, BatchReply):
            return self.recorder.succeeded(batch, result)
        interrupted = not isinstance(result, Exception)
        if isinstance(result, StoppedError) or (interrupted and not batch.in_flight):
            self.recorder.not_sent(batch.ids)
            return None
        if not isinstance(result, CekuraError):
            what = f"The call ended in {type(result).__name__}"
            return self.recorder.unknown(batch, _unknown(what, batch))
        if result.may_have_run:
            return self.recorder.unknown(batch, result)
        if ends_the_run(result) and not isinstance(result, StillEvaluatingError):
            report = self.recorder.report
            report.stopped_by = report.stopped_by or result
            self.stop()
        return self.recorder.refused(batch, result, () if rest is None else rest.ids)

    def _delay(self, batch: Batch[RowT], result: BatchReply[RowT] | BaseException) -> float | None:
        """Tell for how long a batch waits until it is sent again; None: it is not."""
        if not isinstance(result, StillEvaluatingError) or result.may_have_run:
            return None
        now = self._clock()
        wait = min(_LONGEST_RECHECK, _FIRST_RECHECK * 2.0**batch.delays)
        wait *= 1 + self._jitter() / 10
        started = now if batch.started is None else batch.started
        if self.stopped or now + wait > started + self._limits.deadline:
            return None
        logger.info(
            "%d calls wait %.1f s: one of them is still being evaluated", len(batch.ids), wait
        )
        batch.delays += 1
        batch.in_flight = False
        return wait

    def _rest(
        self, batch: Batch[RowT], result: BatchReply[RowT] | BaseException
    ) -> Batch[RowT] | None:
        """Make a batch of the calls that were refused because of others; None: there are none.

        Once: what is refused again, whoever is named, is refused for good.
        """
        if batch.is_rest or not isinstance(result, CekuraError) or result.may_have_run:
            return None
        at_fault = calls_at_fault(result, batch.ids)
        ids = [call for call in batch.ids if call not in at_fault]
        if not (at_fault and ids):
            return None
        logger.info("the rest of a batch, %d calls, is sent again: %s", len(ids), result)
        return Batch(ids, self._job.operation(ids), is_rest=True)

    def progress(self) -> BatchProgress:
        """Count what became of the calls so far; takes as long for a million as for one."""
        with self._lock:
            report = self.recorder.report
            progress = BatchProgress(
                succeeded=len(report.succeeded),
                refused=len(report.refused),
                unknown=len(report.unknown),
                not_sent=len(report.not_sent),
                total=self._id_source.total,
            )
            # Whatever was taken, and is not over.
            return replace(progress, in_flight=len(self._id_source.seen) - progress.done)

    def unlock(self) -> None:
        """Let go of what an interrupt of this thread has left locked."""
        unlocked(self._lock)
        if self.recorder.journal is not None:
            self.recorder.journal.unlock()

    def unlock_and_close(self) -> None:
        """Let go of what an interrupt of this thread has left locked, or open."""
        self.unlock()
        if self.recorder.journal is not None:
            self.recorder.journal.close()

    def abandon(self, source: object) -> None:
        """Count what is in flight as unknown, and the rest as not sent; wait for nothing.

        Args:
            source: Where ids are pulled from.
        """
        with self._lock:
            self._interrupted = True
            for batch in self._active:
                if batch.is_recorded:
                    # Its journal is being written. The reply is here.
                    if batch.rows is not None:
                        self.recorder.undelivered(batch.rows)
                elif batch.in_flight:
                    error = _unknown("The run was interrupted while this was in flight", batch)
                    self.recorder.count_unknown(batch.ids, error)
                else:
                    self.recorder.not_sent(batch.ids)
            self._active.clear()
        while isinstance(step := self.next_step(), Pull):
            self.pulled.extend(itertools.islice(cast("Iterator[object]", source), step.count))
            self.feed(last=len(self.pulled) < step.count)

    def final_report(self) -> BatchReport:
        """Give up calls that an interrupt has kept between two steps, and keep their replies.

        Returns:
            What became of each call.
        """
        report = self.recorder.report
        with contextlib.suppress(InvalidRequestError):
            self._id_source.take(self.pulled, [])
        lost = self._id_source.seen.difference(
            report.succeeded, report.refused, report.unknown, report.not_sent
        )
        if lost:
            self.recorder.not_sent(sorted(lost))
        while self.recorder.deliveries:
            self.recorder.undelivered(self.recorder.deliveries.popleft().rows)
        return report

    def finish(self) -> BatchReport:
        """Note in the journal how far the run has come, and tell what became of each call."""
        if self._interrupted:
            self.final_report()
        try:
            self.recorder.close(all_known=self._exhausted)
        except Exception as failure:  # noqa: BLE001  (the report goes along with it)
            self.failure = self.failure or failure
        return self.recorder.report


def _unknown(what: str, batch: Batch[RowT]) -> OutcomeUnknownError:
    error = OutcomeUnknownError(
        f"{what}: it may have run, and been charged. Look at the call logs before you send it "
        "again.",
        may_have_run=True,
    )
    error.sent = batch.request()
    return error


def _missing_rows(batch: Batch[RowT], reply: BatchReply[RowT], missing: list[int]) -> CekuraError:
    error = MissingRowsError(
        f"{batch.operation.name} was accepted, but its reply shows nothing of "
        f"{shown_ids(missing)}: that may have run, and been charged. Look at the call logs before "
        "you send it again. The reply is kept in `body`.",
        status_code=HTTPStatus.OK,
        headers={},
        body=reply.body,
        may_have_run=True,
    )
    error.sent = batch.request()
    return error


def _since_first(error: CekuraError, first: CekuraError) -> CekuraError:
    """Take down of a call that was sent before when that was: it may have run ever since."""
    if first.sent is None or was_accepted(first):
        return first
    kept = copy.copy(error)
    kept.__cause__ = error.__cause__
    kept.sent = replace(error.sent or first.sent, at=first.sent.at, at_server=first.sent.at_server)
    return kept
