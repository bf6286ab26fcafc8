"""The operations on call logs, typed and documented, of `AsyncCekura`."""

from collections.abc import Iterable
from typing import Literal, overload

from cekura_api.models import CallLog, CallLogSummary

from cekura_client import operations
from cekura_client.async_batched_call_logs import AsyncBatchedCallLogs
from cekura_client.batches.tasks import BatchTasks, PerformAsync


class AsyncCallLogs(AsyncBatchedCallLogs):
    """The operations on call logs. Reached as `cekura.call_logs` of an `AsyncCekura`.

    Arguments, results, errors and costs are those of `CallLogs`.
    """

    def __init__(self, perform: PerformAsync, batches: BatchTasks) -> None:
        super().__init__(batches)
        self._perform = perform

    @overload
    async def evaluate_metrics(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int],
    ) -> list[CallLogSummary]: ...

    @overload
    async def evaluate_metrics(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        call_logs: Iterable[int],
        metrics: Iterable[int],
    ) -> list[CallLogSummary]: ...

    async def evaluate_metrics(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int],
    ) -> list[CallLogSummary]:
        """Run chosen metrics on chosen call logs, in the background; see `CallLogs`.

        Costs credits for each metric run: call logs times metrics. By a known issue of the API it
        may run, and charge for, every metric assigned to the agent, whichever ids are passed.
        """
        return await self._perform(
            operations.evaluate_metrics(
                agent_id=agent_id, project_id=project_id, call_logs=call_logs, metrics=metrics
            )
        )

    @overload
    async def rerun_evaluation(
        self,
        *,
        agent_id: int,
        assistant_id: None = None,
        call_logs: Iterable[int] | Literal["all"],
    ) -> list[CallLog]: ...

    @overload
    async def rerun_evaluation(
        self,
        *,
        agent_id: None = None,
        assistant_id: int | str,
        call_logs: Iterable[int] | Literal["all"],
    ) -> list[CallLog]: ...

    async def rerun_evaluation(
        self,
        *,
        agent_id: int | None = None,
        assistant_id: int | str | None = None,
        call_logs: Iterable[int] | Literal["all"],
    ) -> list[CallLog]:
        """Run all assigned metrics again on chosen call logs, in the background; see `CallLogs`.

        Costs credits for each metric run: call logs times all metrics assigned to the agent.
        """
        return await self._perform(
            operations.rerun_evaluation(
                agent_id=agent_id, assistant_id=assistant_id, call_logs=call_logs
            )
        )

    async def retrieve(self, call_log_id: int) -> CallLog:
        """Read one call log, with the results of its metrics; see `CallLogs`. Costs nothing."""
        return await self._perform(operations.retrieve(call_log_id))
