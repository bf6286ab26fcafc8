"""Runs batches: pulls ids, sends batches several at once, and hands replies over."""

from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
)
from functools import partial
from typing import Generic

from cekura_client._async.performing import AsyncPerform
from cekura_client._concurrency import (
    AsyncStart,
    AsyncWakeup,
    async_call,
    async_conduct,
    async_cut_short,
    async_entered,
    async_iterator_of,
    async_on_disk,
    async_refuse_coroutines,
    async_take,
)
from cekura_client.call_logs.arguments import one_id
from cekura_client.call_logs.batches.jobs import BatchJob, BatchReply, RowT
from cekura_client.call_logs.batches.preparing import (
    BatchObserver,
    BatchOptions,
    check_call_logs,
    check_options,
    prepared_run,
    raise_failure,
)
from cekura_client.call_logs.batches.report import BatchProgress, BatchReport
from cekura_client.call_logs.batches.run import Batch, BatchRun, Pull, Send
from cekura_client.config import Configuration


class AsyncBatches:
    """Runs batches.

    Args:
        perform: Does one call.
        wake: Ends every wait of the client's calls, so that they see whether to go on.
        configuration: The client's.
    """

    def __init__(
        self, perform: AsyncPerform, wake: Callable[[], None], configuration: Configuration
    ) -> None:
        self._perform = perform
        self._wake = wake
        self._configuration = configuration

    def checked(
        self, call_logs: Iterable[int] | AsyncIterable[int], options: BatchOptions
    ) -> Iterable[int] | AsyncIterable[int]:
        """Check arguments before anything is sent, even the request that lists metrics.

        Returns:
            Where to read the ids. A collection is read here, and only here: the second time it may
            be empty, as a bar around a generator is, and another thread may not read it at all.

        Raises:
            InvalidRequestError: One is refused.
        """
        async_refuse_coroutines(
            call_logs=call_logs, on_reply=options.on_reply, on_progress=options.on_progress
        )
        check_call_logs(call_logs)
        check_options(options, self._configuration)
        if isinstance(call_logs, Collection):
            return [one_id("call_logs", call_log) for call_log in call_logs]
        return call_logs

    async def run(
        self,
        job: BatchJob[RowT],
        call_logs: Iterable[int] | AsyncIterable[int],
        options: BatchOptions,
    ) -> BatchReport:
        """Send batch by batch what is `checked`, and tell what became of each call.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            IncompleteBatchesError: The iterable, a callback or the journal failed.
            BatchInterrupt: Ctrl-C, outside an event loop.
        """
        prepared = prepared_run(job, call_logs, options, self._configuration, self._wake)
        begun: BatchRun[RowT] | None = None
        source: Iterator[int] | AsyncIterator[int] = iter(())
        try:
            async with async_entered(prepared) as (run, ids):
                source = async_iterator_of(ids)
                begun = run  # last, so that the source is there too
                flow = _Flow(run, self._perform, options, source)
                interruption = await async_conduct(run, source, flow.loop)
                await async_on_disk(run.finish)
                if run.failure is not None:
                    raise_failure(run, interruption or run.failure)
                return run.recorder.report
        except BaseException as raised:
            if begun is not None:
                async_cut_short(begun, source, raised)
            raise


class _Flow(Generic[RowT]):
    """One run's main loop, and what its workers do."""

    def __init__(
        self,
        run: BatchRun[RowT],
        perform: AsyncPerform,
        options: BatchOptions,
        source: Iterator[int] | AsyncIterator[int],
    ) -> None:
        self._run = run
        self._perform = perform
        self._options = options
        self._source = source
        self._callbacks = True
        self._told: BatchProgress | None = None
        # A worker that is done only rings; what it has to tell is in the run by then.
        self._bell = AsyncWakeup()

    async def loop(self, start: AsyncStart) -> None:
        """Do what the run says is next, until it is over."""
        run = self._run
        await self._tell_progress()
        while True:
            await self._deliver()
            step = run.next_step()
            if isinstance(step, Send):
                start(self._work, step.batch)
            elif isinstance(step, Pull):
                await self._pull(step.count)
            elif step is not None:
                await self._bell.wait(step.seconds)
                await self._tell_progress()
            elif not run.recorder.deliveries:
                await self._tell_progress()
                return

    async def _work(self, batch: Batch[RowT]) -> None:
        run = self._run
        if not run.begin(batch):
            return
        result: BatchReply[RowT] | BaseException
        try:
            result = await self._perform(batch.operation, BatchObserver(run, batch))
        except BaseException as error:  # noqa: BLE001  (noted, whatever it is)
            result = error
        # Cancelled or not: a reply that was paid for is noted.
        await self._note(partial(run.record, batch, result))
        self._bell.wake()
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result

    async def _note(self, note: Callable[[], object]) -> None:
        if self._run.recorder.journal is None:
            note()
        else:
            await async_on_disk(note)

    async def _pull(self, count: int) -> None:
        pulled = self._run.pulled
        last = False
        try:
            await async_take(self._source, count, pulled)
            last = len(pulled) < count
        except Exception as failure:  # noqa: BLE001  (raised once all is noted)
            self._run.stop(failure)
        finally:
            self._run.feed(last=last)

    async def _tell_progress(self) -> None:
        progress = self._run.progress()
        if progress == self._told or not self._callbacks or self._options.on_progress is None:
            return
        self._told = progress
        try:
            await async_call(self._options.on_progress, progress)
        except Exception as failure:  # noqa: BLE001  (raised once all is noted)
            self._callbacks = False
            self._run.stop(failure)

    async def _deliver(self) -> None:
        run = self._run
        while run.recorder.deliveries:
            # In the queue until all is noted: an interrupt may come between any two steps.
            delivery = run.recorder.deliveries[0]
            taken = False
            try:
                if self._callbacks:
                    await async_call(self._options.on_reply, delivery.rows)
                    await self._note(partial(run.recorder.delivered, delivery))
                    taken = True
            except Exception as failure:  # noqa: BLE001  (raised once all is noted)
                self._callbacks = False
                run.stop(failure)
            finally:
                if not taken:
                    run.recorder.undelivered(delivery.rows)
                run.recorder.deliveries.popleft()
