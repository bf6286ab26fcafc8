"""The operations on long lists of call logs, typed and documented, of `Cekura`."""

import os
from collections.abc import Callable, Iterable
from typing import overload

from cekura_api.models import CallLog, CallLogSummary

from cekura_client.batches import orders
from cekura_client.batches.preparing import BatchOptions
from cekura_client.batches.report import BatchProgress, BatchReport
from cekura_client.batches.threads import BatchThreads


class BatchedCallLogs:
    """The operations on long lists of call logs; a part of `CallLogs`."""

    def __init__(self, batches: BatchThreads) -> None:
        self._batches = batches

    @overload
    def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        call_logs: Iterable[int],
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
    def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        call_logs: Iterable[int],
        metrics: Iterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLogSummary]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
    ) -> BatchReport: ...

    def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLogSummary]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
    ) -> BatchReport:
        """Run chosen metrics on many calls, batch by batch, in the background.

        Costs credits for each metric run: call logs times metrics; see `evaluate_metrics`. No
        batch is sent again unless it certainly did not run.

        Published as "Evaluate Metrics":
        https://docs.cekura.ai/api-reference/observability/evaluate-metrics.md

        Args:
            agent_id: The agent whose call logs and metrics are meant. Give this, or
                `project_id`, or both.
            project_id: The project whose call logs and metrics are meant.
            call_logs: Ids of the call logs: any iterable, read as it is needed. An id named twice
                is sent once.
            metrics: Ids of the metrics, at least one; they must belong to the agent or project.
            batch_size: How many calls one request names, 1 or more.
            max_concurrency: How many requests are in flight at once, 1 or more. The rate limit is
                waited out by all of them together.
            on_reply: Called with each reply as it comes: the calls in the state of the moment. The
                report keeps ids alone. A call that its batch's reply does not show is unknown
                (`MissingRowsError`). What it raises ends the run.
            on_progress: Called with a `BatchProgress` at the begin and after each batch.
            journal: A file, made where there is none, that knows each call's fate: before it is
                sent, and after its reply. Give it again to go on after a crash, Ctrl-C or a
                refusal: only what certainly did not run is sent. It belongs to this run, with
                these parameters, and to one process at a time. It holds replies until `on_reply`
                has taken them.
            repeat_unknown: Ids that the journal holds as unknown, and that may be sent again, and
                charged again, all the same. The log warns of those whose request the server has
                accepted: they are charged twice for certain.
            max_metric_runs: Refuse more metric runs (call logs times metrics) than this, those of
                earlier processes in the journal included, and each repeat; None: no limit. Calls in
                a list are counted before anything is sent, those of an iterator as they come.

        Returns:
            What became of each call: see `BatchReport`. A refused batch does not stop the others,
            unless every other would be refused as well: 401, 402, 403, and a 400 that speaks of
            credits or of a balance. A batch refused because a call in it is still being evaluated
            is sent again later, up to `RetryPolicy.deadline`.

        Raises:
            InvalidRequestError: An argument is refused, or the journal: another run's, in use,
                or no journal. Nothing was sent.
            SpendLimitError: It would be more than `max_metric_runs`; nothing was sent.
            JournalFinishedError: The journal's run is finished. Nothing was sent.
            IncompleteBatchesError: The iterable, a callback or the journal raised; the report is
                in it. What was in flight was waited for.
            BatchInterrupt: Ctrl-C, which waits for what is in flight; a second one does not.

        Example:
            >>> report = cekura.call_logs.evaluate_metrics_in_batches(
            ...     agent_id=224, call_logs=range(123, 130), metrics=[789], batch_size=1
            ... )
            >>> print(report)
            1 succeeded, 6 refused, 0 unknown, 0 not sent
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
        return self._batches.run(order, call_logs, options)

    @overload
    def rerun_evaluation_in_batches(
        self,
        *,
        agent_id: int,
        assistant_id: None = None,
        call_logs: Iterable[int],
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
    def rerun_evaluation_in_batches(
        self,
        *,
        agent_id: None = None,
        assistant_id: int | str,
        call_logs: Iterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLog]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> BatchReport: ...

    def rerun_evaluation_in_batches(
        self,
        *,
        agent_id: int | None = None,
        assistant_id: int | str | None = None,
        call_logs: Iterable[int],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLog]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> BatchReport:
        """Run all assigned metrics again on many calls, batch by batch, in the background.

        Costs credits for each metric run: call logs times all metrics assigned to the agent; see
        `rerun_evaluation`. No batch is sent again unless it certainly did not run.

        Published as "Reevaluate Calls":
        https://docs.cekura.ai/api-reference/observability/reevaluate-calls.md

        Args:
            agent_id: The agent, by its Cekura id. Give this or `assistant_id`, not both.
            assistant_id: The agent, by its external id: a text or a whole number.
            call_logs: Ids of the call logs: any iterable, read as it is needed. An id named twice
                is sent once. For `"all"` of the agent's there is `rerun_evaluation`.
            batch_size: How many calls one request names, 1 or more.
            max_concurrency: How many requests are in flight at once, 1 or more. The rate limit is
                waited out by all of them together.
            on_reply: Called with each reply as it comes: the calls in the state of the moment. The
                report keeps ids alone. A call that its batch's reply does not show is unknown
                (`MissingRowsError`). What it raises ends the run.
            on_progress: Called with a `BatchProgress` at the begin and after each batch.
            journal: A file, made where there is none, that knows each call's fate: before it is
                sent, and after its reply. Give it again to go on after a crash, Ctrl-C or a
                refusal: only what certainly did not run is sent. It belongs to this run, with
                these parameters, and to one process at a time. It holds replies until `on_reply`
                has taken them.
            repeat_unknown: Ids that the journal holds as unknown, and that may be sent again, and
                charged again, all the same. The log warns of those whose request the server has
                accepted: they are charged twice for certain.
            max_metric_runs: Refuse more metric runs (call logs times `metrics_assigned`) than
                this, those of earlier processes in the journal included, and each repeat; None: no
                limit. Calls in a list are counted before anything is sent, those of an iterator as
                they come.
            metrics_assigned: How many metrics are assigned to the agent, for `max_metric_runs`;
                None: it limits the call logs alone.

        Returns:
            What became of each call: see `BatchReport`. A refused batch does not stop the others,
            unless every other would be refused as well: 401, 402, 403, and a 400 that speaks of
            credits or of a balance. A batch refused because a call in it is still being evaluated
            is sent again later, up to `RetryPolicy.deadline`.

        Raises:
            InvalidRequestError: An argument is refused, or the journal: another run's, in use,
                or no journal. Nothing was sent.
            SpendLimitError: It would be more than `max_metric_runs`; nothing was sent.
            JournalFinishedError: The journal's run is finished. Nothing was sent.
            IncompleteBatchesError: The iterable, a callback or the journal raised; the report is
                in it. What was in flight was waited for.
            BatchInterrupt: Ctrl-C, which waits for what is in flight; a second one does not.

        Example:
            >>> report = cekura.call_logs.rerun_evaluation_in_batches(
            ...     agent_id=2142, call_logs=[101, 102, 103], batch_size=2
            ... )
            >>> report.raise_if_incomplete()
            >>> sorted(report.succeeded)
            [101, 102, 103]
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
        return self._batches.run(order, call_logs, options)
