"""Runs batches in threads, for `Cekura`. Callbacks and the iterable stay in the caller's thread."""

import inspect
import queue
import threading
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from itertools import islice
from typing import Generic, Protocol, TypeVar, cast

from cekura_client.batches.orders import Order, Reply, RowT
from cekura_client.batches.preparing import BatchOptions, BatchWatch, prepared_run, raise_failure
from cekura_client.batches.report import BatchInterrupt, BatchProgress, BatchReport
from cekura_client.batches.run import BatchRun
from cekura_client.batches.steps import Batch, Pull, Send
from cekura_client.batches.watch import Watch
from cekura_client.configuration import Configuration
from cekura_client.errors import InvalidRequestError
from cekura_client.operation import Operation

_ResultT = TypeVar("_ResultT")


class Perform(Protocol):
    """Does one call, and tells a watch of its attempts."""

    def __call__(self, operation: Operation[_ResultT], watch: Watch | None = None) -> _ResultT:
        """Do it."""
        ...


class BatchThreads:
    """Runs batches in threads.

    Args:
        perform: Does one call.
        wake: Ends every wait of the client's calls, so that they look whether to go on.
        configuration: The client's.
    """

    def __init__(
        self, perform: Perform, wake: Callable[[], None], configuration: Configuration
    ) -> None:
        self._perform = perform
        self._wake = wake
        self._configuration = configuration

    def run(
        self, order: Order[RowT], call_logs: Iterable[int], options: BatchOptions
    ) -> BatchReport:
        """Send batch by batch, and tell what became of each call.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            IncompleteBatchesError: The iterable, a callback or the journal failed.
            BatchInterrupt: Ctrl-C.
        """
        _check_no_loop_is_needed(call_logs, options)
        begun: BatchRun[RowT] | None = None
        source: Iterator[int] = iter(())
        try:
            with prepared_run(order, call_logs, options, self._configuration, self._wake) as (
                run,
                ids,
            ):
                source = iter(cast("Iterable[int]", ids))
                begun = run  # last, so that the source is there too
                return _Conductor(run, self._perform, options, source).conduct()
        except BaseException as raised:
            if begun is None:
                raise
            begun.let_go()
            if isinstance(raised, BatchInterrupt) or not isinstance(raised, KeyboardInterrupt):
                raise
            # Before the first batch was sent, or once all was over: nothing is in flight.
            begun.stop(raised)
            begun.abandon(source)
            raise BatchInterrupt(begun.account()) from raised


def _interrupt_behind(raised: BaseException) -> BaseException:
    """Find the Ctrl-C that made a lock of the standard library fail, where one did."""
    # What the caller's own code raises has been taken care of before.
    before = raised.__context__
    return before if isinstance(before, KeyboardInterrupt) else raised


def _check_no_loop_is_needed(call_logs: object, options: BatchOptions) -> None:
    if isinstance(call_logs, AsyncIterable) and not isinstance(call_logs, Iterable):
        raise InvalidRequestError(
            f"call_logs is {call_logs!r}, which only AsyncCekura can read. Nothing was sent."
        )
    for name in ("on_reply", "on_progress"):
        if inspect.iscoroutinefunction(getattr(options, name)):
            raise InvalidRequestError(
                f"{name} is a coroutine function, which only AsyncCekura can call. Nothing was "
                "sent."
            )


class _Conductor(Generic[RowT]):
    """One run's main loop."""

    def __init__(
        self,
        run: BatchRun[RowT],
        perform: Perform,
        options: BatchOptions,
        source: Iterator[int],
    ) -> None:
        self._run = run
        self._perform = perform
        self._options = options
        self._source = source
        self._callbacks = True
        self._told: BatchProgress | None = None
        # A worker that is done only rings; what it has to tell is in the run by then.
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def conduct(self) -> BatchReport:
        run = self._run
        interrupt: BaseException | None = None
        try:
            self._loop()
        except BaseException as raised:  # noqa: BLE001  (raised again once all is noted)
            interrupt = _interrupt_behind(raised)
            run.unlock()
            run.stop(interrupt)
            try:
                # What is in flight may be paid for: its reply is waited for.
                run.give_up_unbegun()
                self._loop()
            except BaseException:  # noqa: BLE001  (a second Ctrl-C waits for nothing)
                run.unlock()
                run.abandon(self._source)
        report = run.finish()
        if run.failure is not None:
            raise_failure(run, interrupt or run.failure)
        return report

    def _loop(self) -> None:
        run = self._run
        self._tell_progress()
        while True:
            self._deliver()
            step = run.next()
            if isinstance(step, Send):
                # A daemon: after a second Ctrl-C the process does not wait for it.
                threading.Thread(target=self._work, args=(step.batch,), daemon=True).start()
            elif isinstance(step, Pull):
                self._pull(step.count)
            elif step is not None:
                self._wait(step.seconds)
                self._tell_progress()
            elif not run.ledger.deliveries:
                self._tell_progress()
                return

    def _work(self, batch: Batch[RowT]) -> None:
        run = self._run
        if not run.begin(batch):
            return
        result: Reply[RowT] | BaseException
        try:
            result = self._perform(batch.operation, BatchWatch(run, batch))
        except BaseException as error:  # noqa: BLE001  (noted, whatever it is)
            result = error
        run.record(batch, result)
        self._bell.put(None)

    def _wait(self, seconds: float | None) -> None:
        try:
            self._bell.get(timeout=seconds)
        except queue.Empty:
            return

    def _pull(self, count: int) -> None:
        pulled = self._run.pulled
        last = False
        try:
            pulled.extend(islice(self._source, count))
            last = len(pulled) < count
        except Exception as failure:  # noqa: BLE001  (raised once all is noted)
            self._run.stop(failure)
        finally:
            self._run.feed(last=last)

    def _tell_progress(self) -> None:
        progress = self._run.progress()
        if progress == self._told or not self._callbacks or self._options.on_progress is None:
            return
        self._told = progress
        try:
            self._options.on_progress(progress)
        except Exception as failure:  # noqa: BLE001  (raised once all is noted)
            self._callbacks = False
            self._run.stop(failure)

    def _deliver(self) -> None:
        run = self._run
        while run.ledger.deliveries:
            # In the queue until all is noted: an interrupt may come between any two steps.
            delivery = run.ledger.deliveries[0]
            taken = False
            try:
                if self._callbacks:
                    self._options.on_reply(delivery.rows)
                    run.ledger.delivered(delivery)
                    taken = True
            except Exception as failure:  # noqa: BLE001  (raised once all is noted)
                self._callbacks = False
                run.stop(failure)
            finally:
                if not taken:
                    run.ledger.undelivered(delivery.rows)
                run.ledger.deliveries.popleft()
