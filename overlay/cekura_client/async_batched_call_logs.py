"""The operations on long lists of call logs, typed and documented, of `AsyncCekura`."""

import os
from collections.abc import AsyncIterable, Callable, Iterable
from typing import overload

from cekura_api.models import CallLog, CallLogSummary

from cekura_client.batches import orders
from cekura_client.batches.preparing import BatchOptions
from cekura_client.batches.report import BatchProgress, BatchReport
from cekura_client.batches.tasks import BatchTasks


class AsyncBatchedCallLogs:
    """The operations on long lists of call logs; a part of `AsyncCallLogs`."""

    def __init__(self, batches: BatchTasks) -> None:
        self._batches = batches

    @overload
    async def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        call_logs: Iterable[int] | AsyncIterable[int],
        metrics: Iterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLogSummary]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
    ) -> BatchReport: ...

    @overload
    async def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        call_logs: Iterable[int] | AsyncIterable[int],
        metrics: Iterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLogSummary]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
    ) -> BatchReport: ...

    async def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        call_logs: Iterable[int] | AsyncIterable[int],
        metrics: Iterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLogSummary]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
    ) -> BatchReport:
        """Run chosen metrics on many calls, batch by batch, in the background; see `CallLogs`.

        Costs credits for each metric run: call logs times metrics. The ids may come from an
        asynchronous iterable; the callbacks may be coroutine functions. Cancelling it waits for
        nothing: what was in flight is unknown, and is so in the journal.
        """
        order = orders.evaluate_metrics(agent_id=agent_id, project_id=project_id, metrics=metrics)
        options = BatchOptions(
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            on_reply=on_reply,
            on_progress=on_progress,
            journal=journal,
            repeat_unknown=repeat_unknown,
            max_metric_runs=max_metric_runs,
        )
        return await self._batches.run(order, call_logs, options)

    @overload
    async def rerun_evaluation_in_batches(
        self,
        *,
        agent_id: int,
        assistant_id: None = None,
        call_logs: Iterable[int] | AsyncIterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLog]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> BatchReport: ...

    @overload
    async def rerun_evaluation_in_batches(
        self,
        *,
        agent_id: None = None,
        assistant_id: int | str,
        call_logs: Iterable[int] | AsyncIterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLog]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> BatchReport: ...

    async def rerun_evaluation_in_batches(
        self,
        *,
        agent_id: int | None = None,
        assistant_id: int | str | None = None,
        call_logs: Iterable[int] | AsyncIterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLog]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> BatchReport:
        """Run all assigned metrics again on many calls, batch by batch; see `CallLogs`.

        Costs credits for each metric run: call logs times all metrics assigned to the agent. The
        ids may come from an asynchronous iterable; the callbacks may be coroutine functions.
        Cancelling it waits for nothing: what was in flight is unknown, and is so in the journal.
        """
        order = orders.rerun_evaluation(
            agent_id=agent_id, assistant_id=assistant_id, metrics_assigned=metrics_assigned
        )
        options = BatchOptions(
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            on_reply=on_reply,
            on_progress=on_progress,
            journal=journal,
            repeat_unknown=repeat_unknown,
            max_metric_runs=max_metric_runs,
        )
        return await self._batches.run(order, call_logs, options)
