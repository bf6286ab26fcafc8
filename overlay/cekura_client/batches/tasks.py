"""Runs batches in tasks, for `AsyncCekura`; the same as `threads`, in an event loop."""

import inspect
import logging
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
)
from functools import partial
from itertools import islice
from typing import Generic, Protocol, TypeVar, cast

import anyio
from anyio.abc import TaskGroup

from cekura_client.batches.orders import Order, Reply, RowT
from cekura_client.batches.preparing import (
    BatchOptions,
    BatchWatch,
    PreparedRun,
    check_call_logs,
    prepared_run,
    raise_failure,
)
from cekura_client.batches.report import BatchProgress, BatchReport
from cekura_client.batches.run import BatchRun
from cekura_client.batches.steps import Batch, Pull, Send, StoppedError
from cekura_client.batches.watch import Watch
from cekura_client.configuration import Configuration
from cekura_client.off_the_loop import entered_in_thread, in_thread
from cekura_client.operation import Operation

_ResultT = TypeVar("_ResultT")

logger = logging.getLogger("cekura_client")


class PerformAsync(Protocol):
    """Does one call, and tells a watch of its attempts."""

    async def __call__(
        self, operation: Operation[_ResultT], watch: Watch | None = None
    ) -> _ResultT:
        """Do it."""
        ...


class BatchTasks:
    """Runs batches in tasks; its arguments are those of `BatchThreads`."""

    def __init__(
        self, perform: PerformAsync, wake: Callable[[], None], configuration: Configuration
    ) -> None:
        self._perform = perform
        self._wake = wake
        self._configuration = configuration

    async def run(
        self,
        order: Order[RowT],
        call_logs: Iterable[int] | AsyncIterable[int],
        options: BatchOptions,
    ) -> BatchReport:
        """Send batch by batch, and tell what became of each call.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            IncompleteBatchesError: The iterable, a callback or the journal failed.
        """
        if options.journal is None:
            with self._prepared(order, call_logs, options) as (run, ids):
                return await self._conduct(run, ids, options)
        check_call_logs(call_logs)
        if isinstance(call_logs, Collection):  # which may not like to be read in another thread
            call_logs = [*call_logs]
        begun: BatchRun[RowT] | None = None
        try:
            async with entered_in_thread(self._prepared(order, call_logs, options)) as (run, ids):
                begun = run
                return await self._conduct(run, ids, options)
        except BaseException as interruption:
            if begun is not None and not isinstance(interruption, Exception):
                _mark(interruption, begun.ledger.report)
            raise

    def _prepared(
        self, order: Order[RowT], call_logs: object, options: BatchOptions
    ) -> PreparedRun[RowT]:
        return prepared_run(order, call_logs, options, self._configuration, self._wake)

    async def _conduct(
        self,
        run: BatchRun[RowT],
        ids: Iterable[int] | AsyncIterable[int],
        options: BatchOptions,
    ) -> BatchReport:
        source = aiter(ids) if isinstance(ids, AsyncIterable) else iter(ids)
        return await _Conductor(run, self._perform, options, source).conduct()


class _Conductor(Generic[RowT]):
    """One run's main loop."""

    def __init__(
        self,
        run: BatchRun[RowT],
        perform: PerformAsync,
        options: BatchOptions,
        source: Iterator[int] | AsyncIterator[int],
    ) -> None:
        self._run = run
        self._perform = perform
        self._options = options
        self._source = source
        self._callbacks = True
        self._told: BatchProgress | None = None
        self._bell = anyio.Event()

    async def conduct(self) -> BatchReport:
        run = self._run
        try:
            async with anyio.create_task_group() as workers:
                await self._loop(workers)
        except BaseException as raised:
            interruption = _own_layer_off(raised)
            run.stop(interruption)
            run.abandon(self._source)
            await self._on_disk(run.finish)
            _mark(interruption, run.ledger.report)
            if interruption is raised:
                raise
            raise interruption from interruption.__cause__
        await self._on_disk(run.finish)
        if run.failure is not None:
            raise_failure(run, run.failure)
        return run.ledger.report

    async def _loop(self, workers: TaskGroup) -> None:
        run = self._run
        await self._tell_progress()
        while True:
            await self._deliver()
            step = run.next()
            if isinstance(step, Send):
                workers.start_soon(self._work, step.batch)
            elif isinstance(step, Pull):
                await self._pull(step.count)
            elif step is not None:
                await self._wait(step.seconds)
                await self._tell_progress()
            elif not run.ledger.deliveries:
                await self._tell_progress()
                return

    async def _work(self, batch: Batch[RowT]) -> None:
        run = self._run
        if not run.begin(batch):
            return
        result: Reply[RowT] | BaseException
        try:
            result = await self._perform(batch.operation, BatchWatch(run, batch))
        except Exception as error:  # noqa: BLE001  (noted, whatever it is)
            result = error
        except BaseException as interruption:
            await self._record(batch, interruption if batch.in_flight else StoppedError())
            raise
        await self._record(batch, result)
        self._bell.set()

    async def _record(self, batch: Batch[RowT], result: Reply[RowT] | BaseException) -> None:
        # Cancelled or not: a reply that was paid for is noted.
        await self._on_disk(partial(self._run.record, batch, result))

    async def _on_disk(self, note: Callable[[], object]) -> None:
        if self._run.ledger.journal is None:
            note()
        else:
            await in_thread(note)

    async def _wait(self, seconds: float | None) -> None:
        with anyio.move_on_after(seconds):
            await self._bell.wait()
        self._bell = anyio.Event()

    async def _pull(self, count: int) -> None:
        pulled = self._run.pulled
        last = False
        try:
            await self._take(count, pulled)
            last = len(pulled) < count
        except Exception as failure:  # noqa: BLE001  (raised once all is noted)
            self._run.stop(failure)
        finally:
            self._run.feed(last=last)

    async def _take(self, count: int, pulled: list[object]) -> None:
        if not isinstance(self._source, AsyncIterator):
            pulled.extend(islice(self._source, count))
            return
        async for call in self._source:
            pulled.append(call)
            if len(pulled) == count:
                return

    async def _tell_progress(self) -> None:
        progress = self._run.progress()
        if progress == self._told or not self._callbacks or self._options.on_progress is None:
            return
        self._told = progress
        try:
            await _called(self._options.on_progress, progress)
        except Exception as failure:  # noqa: BLE001  (raised once all is noted)
            self._callbacks = False
            self._run.stop(failure)

    async def _deliver(self) -> None:
        run = self._run
        while run.ledger.deliveries:
            # In the queue until all is noted: an interrupt may come between any two steps.
            delivery = run.ledger.deliveries[0]
            taken = False
            try:
                if self._callbacks:
                    await _called(self._options.on_reply, delivery.rows)
                    await self._on_disk(partial(run.ledger.delivered, delivery))
                    taken = True
            except Exception as failure:  # noqa: BLE001  (raised once all is noted)
                self._callbacks = False
                run.stop(failure)
            finally:
                if not taken:
                    run.ledger.undelivered(delivery.rows)
                run.ledger.deliveries.popleft()


def _mark(interruption: BaseException, report: BatchReport) -> None:
    """Have what cuts a run short carry its report, and say so, once."""
    if "report" not in vars(interruption):
        vars(interruption)["report"] = report
        interruption.add_note(f"The run in batches was cut short: {report}. See `report`.")
        logger.warning("a run in batches was cut short: %s", report)


def _own_layer_off(raised: BaseException) -> BaseException:
    """Take out of the task group's exception what the caller's own code raised, such as an exit."""
    group: object = raised
    if isinstance(group, BaseExceptionGroup):
        inside = cast("BaseExceptionGroup[BaseException]", group).exceptions
        if len(inside) == 1:
            return inside[0]
    return raised


async def _called(callback: Callable[..., object], argument: object) -> None:
    """Call a function of the caller's, which may be a coroutine function."""
    result = callback(argument)
    if inspect.isawaitable(result):
        await result
