"""The operations on call logs, typed and documented, of `AsyncCekura`."""

import time
from collections.abc import Callable, Iterable
from typing import Literal, overload

from cekura_api.models import CallLog, CallLogSummary

from cekura_client import operations
from cekura_client.async_accounted_call_logs import AsyncAccountedCallLogs
from cekura_client.async_batched_call_logs import AsyncBatchedCallLogs
from cekura_client.batches.tasks import BatchTasks, PerformAsync
from cekura_client.listing.listers import AsyncLister
from cekura_client.server_clock import ServerClock
from cekura_client.spending import checked_metrics_assigned, spend_limit
from cekura_client.waits.evaluation_wait import EvaluationWait, WaitProgress
from cekura_client.waits.marks import EvaluationMark
from cekura_client.waits.tasks import WaitTasks


class AsyncCallLogs(AsyncBatchedCallLogs, AsyncAccountedCallLogs):
    """The operations on call logs. Reached as `cekura.call_logs` of an `AsyncCekura`.

    Arguments, results, errors and costs are those of `CallLogs`.
    """

    def __init__(
        self,
        perform: PerformAsync,
        batches: BatchTasks,
        waits: WaitTasks,
        lister: AsyncLister,
        *,
        base_url: str,
        server_clock: ServerClock,
    ) -> None:
        AsyncBatchedCallLogs.__init__(self, batches)
        AsyncAccountedCallLogs.__init__(self, lister, perform, base_url, server_clock)
        self._waits = waits

    @overload
    async def evaluate_metrics(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int],
        max_metric_runs: int | None = None,
    ) -> list[CallLogSummary]: ...

    @overload
    async def evaluate_metrics(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        call_logs: Iterable[int],
        metrics: Iterable[int],
        max_metric_runs: int | None = None,
    ) -> list[CallLogSummary]: ...

    async def evaluate_metrics(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int],
        max_metric_runs: int | None = None,
    ) -> list[CallLogSummary]:
        """Run chosen metrics on chosen call logs, in the background; see `CallLogs`.

        Costs credits for each metric run: call logs times metrics. By a known issue of the API it
        may run, and charge for, every metric assigned to the agent, whichever ids are passed.
        """
        return await self._perform(
            operations.evaluate_metrics(
                agent_id=agent_id,
                project_id=project_id,
                call_logs=call_logs,
                metrics=metrics,
                max_metric_runs=max_metric_runs,
            )
        )

    @overload
    async def rerun_evaluation(
        self,
        *,
        agent_id: int,
        assistant_id: None = None,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> list[CallLog]: ...

    @overload
    async def rerun_evaluation(
        self,
        *,
        agent_id: None = None,
        assistant_id: int | str,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> list[CallLog]: ...

    async def rerun_evaluation(
        self,
        *,
        agent_id: int | None = None,
        assistant_id: int | str | None = None,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> list[CallLog]:
        """Run all assigned metrics again on chosen call logs, in the background; see `CallLogs`.

        Costs credits for each metric run: call logs times all metrics assigned to the agent.
        """
        if call_logs == "all" and max_metric_runs is not None:
            limit = spend_limit(checked_metrics_assigned(metrics_assigned), max_metric_runs)
            limit.check(await self._counted(call_logs, agent_id))
        return await self._perform(
            operations.rerun_evaluation(
                agent_id=agent_id,
                assistant_id=assistant_id,
                call_logs=call_logs,
                max_metric_runs=max_metric_runs,
                metrics_assigned=metrics_assigned,
            )
        )

    async def retrieve(self, call_log_id: int) -> CallLog:
        """Read one call log, with the results of its metrics; see `CallLogs`. Costs nothing."""
        return await self._perform(operations.retrieve(call_log_id))

    async def wait_until_evaluated(
        self,
        calls: Iterable[CallLog | CallLogSummary | EvaluationMark],
        metrics: Iterable[int] | None = None,
        *,
        timeout: float = 600.0,  # noqa: ASYNC109  (what is evaluated by then is not lost with it)
        max_concurrency: int = 4,
        on_evaluated: Callable[[CallLog], object] | None = None,
        on_progress: Callable[[WaitProgress], object] | None = None,
    ) -> list[CallLog]:
        """Wait until call logs are evaluated, and return them with their results; see `CallLogs`.

        Costs nothing. What the two functions return is awaited where it can be: they may be
        coroutine functions here. Meanwhile no look begins.
        """
        wait = EvaluationWait(
            calls,
            metrics,
            timeout=timeout,
            max_concurrency=max_concurrency,
            on_evaluated=on_evaluated,
            on_progress=on_progress,
            now=time.monotonic(),
            awaits=True,
        )
        return await self._waits.run(wait)
