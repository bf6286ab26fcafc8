# Made from _async/call_logs.py by `make generate`. Do not edit.
"""The operations on call logs: what people call, and its documentation."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, overload

from cekura_api.models import CallLog, CallLogSummary, Metric

from cekura_client._concurrency import refuse_coroutines
from cekura_client._sync.batches import Batches
from cekura_client._sync.lists import Lister
from cekura_client._sync.performing import Perform
from cekura_client._sync.reconciling import Reconciling
from cekura_client._sync.retrieving import Retrieving
from cekura_client._sync.waits import Waits
from cekura_client.call_logs import operations, writing
from cekura_client.call_logs.batches import jobs
from cekura_client.call_logs.batches.preparing import BatchOptions
from cekura_client.call_logs.batches.report import BatchProgress, BatchReport
from cekura_client.call_logs.listing.filters import Filter
from cekura_client.call_logs.listing.query import ListQuery
from cekura_client.call_logs.operations import Estimation, Evaluation, Rerun
from cekura_client.call_logs.reconciling.signs import Reconciliation
from cekura_client.call_logs.reconciling.unknowns import checked_grace, find_unknowns
from cekura_client.call_logs.spending import (
    CREDITS_PER_RUN,
    Estimate,
    counted,
)
from cekura_client.call_logs.waiting.baselines import EvaluationBaseline
from cekura_client.call_logs.waiting.busy import BusyWait
from cekura_client.call_logs.waiting.evaluation_wait import EvaluationWait, WaitProgress
from cekura_client.call_logs.writing import Observation, ReviewStatus
from cekura_client.errors import CekuraError, InvalidRequestError


class CallLogs:
    """The operations on call logs. Reached as `cekura.call_logs`.

    Functions that an `Cekura` is given may be coroutine functions, and ids may come from an
    asynchronous iterable.

    Raises:
        InvalidRequestError: An argument is refused; nothing was sent.
        AuthenticationError: The key is wrong. Nothing was charged.
        PermissionDeniedError: The key may not do this. Nothing was charged.
        RateLimitError: The wait asked for is longer than the policy allows. Nothing was charged.
        APIConnectionError: The server was not reached. Nothing was charged.
        OutcomeUnknownError: No reply came. What costs credits may have run, and been charged.
        ServerError: The server failed. What costs credits may have run, and been charged.
        InvalidResponseError: The reply, kept in the error, does not fit the contract. What costs
            credits ran, and is charged.

    Each operation that sends something can raise these. What else it raises, or means by one of
    them, stands with it.
    """

    def __init__(
        self,
        perform: Perform,
        *,
        batches: Batches,
        waits: Waits,
        lister: Lister,
        reconciling: Reconciling,
        retrieving: Retrieving,
    ) -> None:
        self._perform = perform
        self._batches = batches
        self._waits = waits
        self._lister = lister
        self._reconciling = reconciling
        self._retrieving = retrieving

    @overload
    def evaluate_metrics(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int | str],
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
        wait_if_busy: float | None = None,
    ) -> list[CallLogSummary]: ...

    @overload
    def evaluate_metrics(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        call_logs: Iterable[int],
        metrics: Iterable[int | str],
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
        wait_if_busy: float | None = None,
    ) -> list[CallLogSummary]: ...

    def evaluate_metrics(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int | str],
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
        wait_if_busy: float | None = None,
    ) -> list[CallLogSummary]:
        """Run chosen metrics on chosen call logs, in the background.

        Costs credits for each metric run: call logs times metrics. By a known issue of the API it
        may run, and charge for, every metric assigned to the agent, whichever ids are passed.
        The request is never sent again unless it certainly did not run.

        Published as "Evaluate Metrics":
        https://docs.cekura.ai/api-reference/observability/evaluate-metrics.md

        Args:
            agent_id: The agent whose call logs and metrics are meant. Give this, or
                `project_id`, or both.
            project_id: The project whose call logs and metrics are meant.
            call_logs: Ids of the call logs, at least one; an id named twice is sent once.
            metrics: Ids or names of the metrics, at least one; they must belong to the agent, or
                else to the project. A text is a name, exactly as the API has it; its id is looked
                up first, by one list, at no cost.
            max_metric_runs: Refuse to send more metric runs (call logs times metrics) than this;
                None: no limit.
            max_credits: Refuse to send what may cost more credits than this, in the worst case of
                `Estimate`, or what the API tells no price of; None: no limit. Prices are read
                first, by one list, at no cost. One by the minute may be told or not.
            wait_if_busy: Seconds, 0 to 30 days from the first refusal on, for which the request is
                sent again as long as it is refused because a call is still being evaluated: after
                2 seconds, then after twice as long each time, 10 at most. None: it is not.

        Returns:
            The call logs in the state of the moment, before their results; read them with
            `retrieve` once evaluation is over.

        Raises:
            SpendLimitError: It would be more than `max_metric_runs` or `max_credits`; nothing was
                sent.
            StillEvaluatingError: A call log is still being evaluated; its `call_log_ids` tells
                which, where the API does. Nothing was charged.
            BadRequestError: The API refuses: an id is unknown, or the credits are short. Nothing
                was charged.

        Example:
            >>> calls = cekura.call_logs.evaluate_metrics(
            ...     agent_id=224, call_logs=[123, 456], metrics=[789, 790]
            ... )
            >>> [(call.id, call.status) for call in calls]
            [(123, 'evaluating'), (456, 'evaluating')]
        """
        busy = BusyWait(wait_if_busy)
        evaluation = Evaluation.checked(
            agent_id=agent_id,
            project_id=project_id,
            call_logs=call_logs,
            metrics=metrics,
            max_metric_runs=max_metric_runs,
            max_credits=max_credits,
        )
        operation = evaluation.operation(self._listed(evaluation))
        return self._waits.perform_when_free(operation, busy)

    @overload
    def rerun_evaluation(
        self,
        *,
        agent_id: int,
        assistant_id: None = None,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
        metrics_assigned: int | None = None,
        wait_if_busy: float | None = None,
    ) -> list[CallLog]: ...

    @overload
    def rerun_evaluation(
        self,
        *,
        agent_id: None = None,
        assistant_id: int | str,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
        metrics_assigned: int | None = None,
        wait_if_busy: float | None = None,
    ) -> list[CallLog]: ...

    def rerun_evaluation(
        self,
        *,
        agent_id: int | None = None,
        assistant_id: int | str | None = None,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
        metrics_assigned: int | None = None,
        wait_if_busy: float | None = None,
    ) -> list[CallLog]:
        """Run all assigned metrics again on chosen call logs, in the background.

        Costs credits for each metric run: call logs times all metrics assigned to the agent.
        `"all"` runs on every call log that the agent has ever had. On a call log that nobody has
        reviewed, `success` is reset to null first; a reviewed one keeps its outcome. The request
        is never sent again unless it certainly did not run.

        Published as "Reevaluate Calls":
        https://docs.cekura.ai/api-reference/observability/reevaluate-calls.md

        Args:
            agent_id: The agent, by its Cekura id. Give this or `assistant_id`, not both.
            assistant_id: The agent, by its external id: a text or a whole number.
            call_logs: Ids of the call logs, at least one; or `"all"` of the agent's.
            max_metric_runs: Refuse to send more metric runs (call logs times `metrics_assigned`)
                than this; None: no limit. With `"all"` the agent's call logs are counted first, by
                listing them; more may arrive until it is sent.
            max_credits: Refuse to send what costs more credits than this, by the prices of all
                metrics assigned to the agent, or what the API tells no price of; None: no limit.
                Prices are read first, by one list, at no cost. One by the minute may be told or
                not. With `"all"` the call logs are counted as above.
            metrics_assigned: How many metrics are assigned to the agent, for `max_metric_runs`;
                None: it limits the call logs alone.
            wait_if_busy: Seconds, 0 to 30 days from the first refusal on, for which the request is
                sent again as long as it is refused because a call is still being evaluated: after
                2 seconds, then after twice as long each time, 10 at most. None: it is not.

        Returns:
            The call logs in the state of the moment, before their results; read them with
            `retrieve` once evaluation is over.

        Raises:
            SpendLimitError: It would be more than `max_metric_runs` or `max_credits`; nothing was
                sent.
            StillEvaluatingError: A call log is still being evaluated; its `call_log_ids` tells
                which, where the API does. Nothing was charged.
            BadRequestError: The API refuses: an id is unknown, or the credits are short. Nothing
                was charged.

        Example:
            >>> calls = cekura.call_logs.rerun_evaluation(agent_id=2142, call_logs="all")
            >>> {call.status for call in calls}
            {'evaluating'}
        """
        busy = BusyWait(wait_if_busy)
        rerun = Rerun.checked(
            agent_id=agent_id,
            assistant_id=assistant_id,
            call_logs=call_logs,
            max_metric_runs=max_metric_runs,
            metrics_assigned=metrics_assigned,
            max_credits=max_credits,
        )
        counting = ListQuery.of_all(agent_id) if rerun.counts_first else None
        listed = self._listed(rerun)
        if counting is not None:
            rerun.limit(listed).check(self._lister.count(counting))
        return self._waits.perform_when_free(rerun.operation(listed), busy)

    @overload
    def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int | str],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLogSummary]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
    ) -> BatchReport: ...

    @overload
    def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        call_logs: Iterable[int],
        metrics: Iterable[int | str],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLogSummary]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
    ) -> BatchReport: ...

    def evaluate_metrics_in_batches(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int | str],
        batch_size: int = 100,
        max_concurrency: int = 4,
        on_reply: Callable[[list[CallLogSummary]], object] | None = None,
        on_progress: Callable[[BatchProgress], object] | None = None,
        journal: str | os.PathLike[str] | None = None,
        repeat_unknown: Iterable[int] = (),
        max_metric_runs: int | None = None,
        max_credits: Decimal | float | None = None,
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
            metrics: Ids or names of the metrics, at least one; they must belong to the agent, or
                else to the project. A text is a name, exactly as the API has it; its id is looked
                up first, by one list, at no cost.
            batch_size: How many calls one request names, 1 or more.
            max_concurrency: How many requests are in flight at once, 1 or more. The rate limit is
                waited out by all of them together.
            on_reply: Called with each reply as it comes: the calls in the state of the moment. The
                report keeps ids alone. A call that its batch's reply does not show is unknown
                (`MissingRowsError`). What it raises ends the run.
            on_progress: Called with a `BatchProgress` at the start and after each batch.
            journal: A file, made where there is none, that knows each call's state: before it is
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
            max_credits: Refuse what may cost more credits than this, counted in the same way; see
                `evaluate_metrics`.

        Returns:
            What became of each call: see `BatchReport`. A refused batch does not stop the others,
            unless every other would be refused as well: 401, 402, 403, and a 400 that speaks of
            credits or of a balance. A batch refused because a call in it is still being evaluated
            is sent again later, up to `RetryPolicy.deadline`.
            Where a 400 names calls of the batch that are at fault (`field_errors["call_logs"]`),
            these are refused, and the rest, which certainly did not run, is sent again, once.

        Raises:
            InvalidRequestError: An argument is refused, or the journal: another run's, in use,
                or no journal. Nothing was sent.
            SpendLimitError: It would be more than `max_metric_runs` or `max_credits`; nothing was
                sent.
            JournalFinishedError: The journal's run is finished. Nothing was sent.
            IncompleteBatchesError: The iterable, a callback or the journal raised; the report is
                in it. What was in flight was waited for.
            BatchInterrupt: Ctrl-C, which waits for what is in flight; a second one does not. In an
                event loop a cancellation takes its place, and waits for nothing: what was in
                flight is unknown, and is so in the journal.

        Example:
            >>> report = cekura.call_logs.evaluate_metrics_in_batches(
            ...     agent_id=224, call_logs=range(123, 130), metrics=[789], batch_size=1
            ... )
            >>> print(report)
            1 succeeded, 6 refused, 0 unknown, 0 not sent
        """
        evaluation = Evaluation.checked(
            agent_id=agent_id,
            project_id=project_id,
            call_logs=[jobs.ANY_ID],
            metrics=metrics,
            max_metric_runs=max_metric_runs,
            max_credits=max_credits,
        )
        options = BatchOptions(
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            on_reply=on_reply,
            on_progress=on_progress,
            journal=journal,
            repeat_unknown=repeat_unknown,
        )
        checked = self._batches.checked(call_logs, options)
        job = jobs.evaluation_job(evaluation, self._listed(evaluation))
        return self._batches.run(job, checked, options)

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
        max_credits: Decimal | float | None = None,
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
        max_credits: Decimal | float | None = None,
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
        max_credits: Decimal | float | None = None,
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
            on_progress: Called with a `BatchProgress` at the start and after each batch.
            journal: A file, made where there is none, that knows each call's state: before it is
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
            max_credits: Refuse what costs more credits than this, counted in the same way; see
                `rerun_evaluation`.
            metrics_assigned: How many metrics are assigned to the agent, for `max_metric_runs`;
                None: it limits the call logs alone.

        Returns:
            What became of each call: see `BatchReport`. A refused batch does not stop the others,
            unless every other would be refused as well: 401, 402, 403, and a 400 that speaks of
            credits or of a balance. A batch refused because a call in it is still being evaluated
            is sent again later, up to `RetryPolicy.deadline`.
            Where a 400 names calls of the batch that are at fault (`field_errors["call_logs"]`),
            these are refused, and the rest, which certainly did not run, is sent again, once.

        Raises:
            InvalidRequestError: An argument is refused, or the journal: another run's, in use,
                or no journal. Nothing was sent.
            SpendLimitError: It would be more than `max_metric_runs` or `max_credits`; nothing was
                sent.
            JournalFinishedError: The journal's run is finished. Nothing was sent.
            IncompleteBatchesError: The iterable, a callback or the journal raised; the report is
                in it. What was in flight was waited for.
            BatchInterrupt: Ctrl-C, which waits for what is in flight; a second one does not. In an
                event loop a cancellation takes its place, and waits for nothing: what was in
                flight is unknown, and is so in the journal.

        Example:
            >>> report = cekura.call_logs.rerun_evaluation_in_batches(
            ...     agent_id=2142, call_logs=[101, 102, 103], batch_size=2
            ... )
            >>> report.raise_if_incomplete()
            >>> sorted(report.succeeded)
            [101, 102, 103]
        """
        rerun = Rerun.checked(
            agent_id=agent_id,
            assistant_id=assistant_id,
            call_logs=[jobs.ANY_ID],
            max_metric_runs=max_metric_runs,
            metrics_assigned=metrics_assigned,
            max_credits=max_credits,
        )
        options = BatchOptions(
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            on_reply=on_reply,
            on_progress=on_progress,
            journal=journal,
            repeat_unknown=repeat_unknown,
        )
        checked = self._batches.checked(call_logs, options)
        job = jobs.rerun_job(rerun, self._listed(rerun))
        return self._batches.run(job, checked, options)

    def retrieve(self, call_log_id: int) -> CallLog:
        """Read one call log, with the results of its metrics.

        Costs nothing, so it is tried again after any failure that may pass.

        Neither published page defines it; both say to "retrieve each call log individually to
        see updated metric results".

        Args:
            call_log_id: The id of the call log.

        Returns:
            The call log; `metric_results` reads its results.

        Raises:
            NotFoundError: There is no such call log, or the key may not see it.

        Example:
            >>> call = cekura.call_logs.retrieve(501)
            >>> call.duration
            '00:22'
        """
        return self._perform(operations.retrieve(call_log_id))

    def retrieve_many(self, ids: Iterable[int], *, max_concurrency: int = 4) -> Iterator[CallLog]:
        """Read many call logs, several at once, in the order asked for.

        Costs nothing, so each request is tried again after any failure that may pass. So many are
        read as may be at once, and handed over; then the next. No more are held, and nothing is
        under way when you stop in between.

        Neither published page defines it; it sends what `retrieve` does.

        Args:
            ids: Ids of the call logs: any iterable, read as it is needed. An id named twice is
                read twice.
            max_concurrency: How many requests are in flight at once, from 1 to 1000. The rate limit
                is waited out by all of them together.

        Returns:
            An iterator over the call logs. What cannot be read is left out, and told at the end.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent. Raised by the call
                itself; for an id that is none in an iterator when its turn comes.
            RetrieveManyError: Some cannot be read, a 404 say: `failed` has them by id. Raised after
                the last that can be read, by the iterator.
            CekuraError: What would keep all others from being read ends it at once: an
                `AuthenticationError`, `PermissionDeniedError` or `APIConnectionError`, or the
                client is closed.

        Example:
            >>> calls = cekura.call_logs.retrieve_many([456, 123])
            >>> [call.duration for call in calls]
            ['00:22', '00:30']
        """
        return self._retrieving.many(ids, max_concurrency)

    @overload
    def find(
        self,
        call_ids: Iterable[str],
        *,
        agent_id: int,
        project_id: int | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> dict[str, CallLogSummary]: ...

    @overload
    def find(
        self,
        call_ids: Iterable[str],
        *,
        agent_id: None = None,
        project_id: int,
        since: date | None = None,
        until: date | None = None,
    ) -> dict[str, CallLogSummary]: ...

    def find(
        self,
        call_ids: Iterable[str],
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> dict[str, CallLogSummary]:
        """Find calls by the platform's own ids, the `call_id` of a call, not its `id`.

        Costs nothing, so each request is tried again after any failure that may pass. A request
        asks for 200 ids, or for as many as an address of 6,000 bytes has room for. A range longer
        than 33 days is searched in windows, the newest first; what was found is not looked for in
        the older ones.

        Neither published page defines it; the vendor publishes it elsewhere, as "List call logs".

        Args:
            call_ids: The ids, at least one text: any iterable, which is read whole first.
            agent_id: The agent that had the calls. Give this, or `project_id`, or both.
            project_id: The project of the agents; an organization's key may have to name it.
            since: The start of the range that is searched: a datetime with a time zone, or a date,
                which means the midnight, in UTC, that it begins with. By default 30 days before
                `until`, so name it for older calls.
            until: The end of the range, in the same way: a date's own day is not in it. By
                default now.

        Returns:
            The calls by `call_id`, as a list shows them, in the order asked for. What is not found
            in the range is not in it. Of several calls with one `call_id` it is the one with the
            latest `timestamp`, and among equals with the highest `id`.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            PermissionDeniedError: The key may not list these.

        Example:
            >>> platforms_id = (cekura.call_logs.retrieve(123)).call_id
            >>> found = cekura.call_logs.find(
            ...     [platforms_id, "call_of_another"], agent_id=224, since=date(2026, 1, 1)
            ... )
            >>> [call.id for call in found.values()], "call_of_another" in found
            ([123], False)
        """
        query = ListQuery.checked(
            agent_id=agent_id,
            project_id=project_id,
            since=since,
            until=until,
            now=datetime.now(UTC),
        )
        return self._lister.find(call_ids, query)

    @overload
    def observe(
        self,
        *,
        agent_id: int,
        assistant_id: None = None,
        call_id: str,
        transcript: Sequence[Any] | Mapping[str, Any],
        transcript_type: str = "cekura",
        metrics: Iterable[int | str] | None = None,
        timestamp: datetime | None = None,
        call_ended_reason: str | None = None,
        customer_number: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        dynamic_variables: Mapping[str, Any] | None = None,
        feedback: str | None = None,
    ) -> CallLogSummary: ...

    @overload
    def observe(
        self,
        *,
        agent_id: None = None,
        assistant_id: int | str,
        call_id: str,
        transcript: Sequence[Any] | Mapping[str, Any],
        transcript_type: str = "cekura",
        metrics: Iterable[int | str] | None = None,
        timestamp: datetime | None = None,
        call_ended_reason: str | None = None,
        customer_number: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        dynamic_variables: Mapping[str, Any] | None = None,
        feedback: str | None = None,
    ) -> CallLogSummary: ...

    def observe(
        self,
        *,
        agent_id: int | None = None,
        assistant_id: int | str | None = None,
        call_id: str,
        transcript: Sequence[Any] | Mapping[str, Any],
        transcript_type: str = "cekura",
        metrics: Iterable[int | str] | None = None,
        timestamp: datetime | None = None,
        call_ended_reason: str | None = None,
        customer_number: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        dynamic_variables: Mapping[str, Any] | None = None,
        feedback: str | None = None,
    ) -> CallLogSummary:
        """Send a call that was had elsewhere: it is stored, and evaluated in the background.

        Costs credits for each call that is stored; how many is not published. The request is never
        sent again unless it certainly did not run. Where its outcome is unknown, look with `find`
        whether there is a call with its `call_id` before you send it again. A recording, which
        costs more, can be sent with `request` alone.

        Neither published page defines it; the vendor publishes it elsewhere, as "Ingest a
        production call".

        Args:
            agent_id: The agent that had the call, by its Cekura id. Give this or `assistant_id`,
                not both.
            assistant_id: The agent, by its external id: a text or a whole number.
            call_id: The call's id at the platform that had it, 100 characters at most.
            transcript: What was said. By default a list of turns, each a dict with the `role`
                `"Testing Agent"` (who called) or `"Main Agent"`, `content`, `start_time` and
                `end_time` in seconds; else what the platform made of it, as it is.
            transcript_type: Of which form `transcript` is: `"cekura"`, the API's own, or a
                platform's, such as `"vapi"`, `"retell"` or `"elevenlabs"`.
            metrics: Ids or names of the metrics to run, at least one, as `evaluate_metrics` takes
                them; None leaves that to the API.
            timestamp: When the call began: a datetime with a time zone.
            call_ended_reason: Why it ended.
            customer_number: The customer's phone number, or another identifier.
            metadata: What you note about the call, as JSON knows it.
            dynamic_variables: What the agent was told at the start of the call.
            feedback: What a person said about the call.

        Returns:
            The call log in the state of the moment, before its results: wait for them with
            `wait_until_evaluated`.

        Raises:
            BadRequestError: The API refuses: the agent is unknown, the transcript is of another
                form, your organization lets no `call_id` come twice, or the credits are short.
                Nothing was charged.

        Example:
            >>> call = cekura.call_logs.observe(
            ...     agent_id=224,
            ...     call_id="call-2026-11-28-17",
            ...     transcript=[
            ...         {"role": "Main Agent", "content": "Hello?", "start_time": 0, "end_time": 1},
            ...         {"role": "Testing Agent", "content": "Hi.", "start_time": 1, "end_time": 2},
            ...     ],
            ... )
            >>> call.call_id, call.status
            ('call-2026-11-28-17', 'evaluating')
        """
        observation = Observation.checked(
            agent_id=agent_id,
            assistant_id=assistant_id,
            call_id=call_id,
            transcript=transcript,
            transcript_type=transcript_type,
            metrics=metrics,
            timestamp=timestamp,
            call_ended_reason=call_ended_reason,
            customer_number=customer_number,
            metadata=metadata,
            dynamic_variables=dynamic_variables,
            feedback=feedback,
        )
        return self._perform(observation.operation(self._listed(observation)))

    def vote(
        self,
        call_log_id: int,
        *,
        metric_id: int,
        thumbs_up: bool | None,
        expected_value: object = None,
        feedback: str | None = None,
    ) -> None:
        """Say whether the result of a metric on a call is right; the call counts as reviewed then.

        Costs nothing. It is sent again after a refusal that may pass, such as a 429, and not after
        a failure that leaves open whether it was noted.

        Neither published page defines it; the vendor publishes it elsewhere, as "Submit a metric
        vote for a call log".

        Args:
            call_log_id: The call log's `id`, not its `call_id`.
            metric_id: The metric whose result is meant.
            thumbs_up: Whether the result is right; None where that is not said.
            expected_value: What the result should have been, as JSON knows it: `True`, `4.5` or
                `"resolved"`, as the metric has it. None where that is not said.
            feedback: What you say about it; None sends none, and an empty text is sent as it is.

        Returns:
            None: the vote is noted.

        Raises:
            BadRequestError: The API refuses: the metric is unknown, or has no result on this call.
            NotFoundError: There is no such call log, or the key may not see it.
            OutcomeUnknownError: No reply came; the vote may be noted.

        Example:
            >>> cekura.call_logs.vote(
            ...     123, metric_id=789, thumbs_up=False, expected_value=True, feedback="It did."
            ... )
            >>> (cekura.call_logs.retrieve(123)).is_reviewed
            True
        """
        self._perform(
            writing.vote(
                call_log_id,
                metric_id=metric_id,
                thumbs_up=thumbs_up,
                expected_value=expected_value,
                feedback=feedback,
            )
        )

    def update(
        self,
        call_log_id: int,
        *,
        status: ReviewStatus | None = None,
        feedback: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        dynamic_variables: Mapping[str, Any] | None = None,
        call_id: str | None = None,
        transcript: Sequence[Any] | Mapping[str, Any] | None = None,
        transcript_type: str | None = None,
        timestamp: datetime | None = None,
        duration: float | None = None,
        call_ended_reason: str | None = None,
        customer_number: str | None = None,
        reevaluate_metrics: bool = False,
    ) -> CallLog:
        """Change what is known of a call: a review, its metadata, or what was sent of it.

        Costs nothing; with `reevaluate_metrics`, credits for each metric that runs on the call, and
        then the request is never sent again unless it certainly did not run. Without, it is sent
        again after a refusal that may pass, such as a 429, and not after a failure that leaves open
        whether it was carried out.

        A call that is being evaluated is left untouched, and that is no error: the reply shows the
        call as it is, with the status `evaluating`. What is None stays as it is; an empty text is
        sent as it is. Of `metadata` and `dynamic_variables` the keys that you give are set, to null
        where their value is None, and all others stay: none can be removed.

        Neither published page defines it; the vendor publishes it elsewhere, as "Update call log
        source data".

        Args:
            call_log_id: The call log's `id`, not its `call_id`.
            status: What a reviewer decided: `"success"`, `"failure"`, `"reviewed_success"` or
                `"reviewed_failure"`.
            feedback: What a person says about the call.
            metadata: What you note about the call, as JSON knows it: at least one key.
            dynamic_variables: What the agent was told at the start of the call: at least one key.
            call_id: The call's id at the platform that had it, 100 characters at most.
            transcript: What was said, in the form of `observe`; it takes the place of the old one.
            transcript_type: Of which form `transcript` is; with None the API finds out.
            timestamp: When the call began: a datetime with a time zone.
            duration: How long the call was, in minutes, as the API counts them here: 0 or more.
            call_ended_reason: Why it ended, 100 characters at most.
            customer_number: The customer's phone number, or another identifier, 100 characters at
                most.
            reevaluate_metrics: Whether to run the metrics on the call afterwards, for credits.

        Returns:
            The call as it is now; with `reevaluate_metrics` before its results.

        Raises:
            InvalidRequestError: An argument is refused, or there is nothing to change. Nothing was
                sent.
            BadRequestError: The API refuses a field, or the credits are short.
            NotFoundError: There is no such call log, or the key may not see it.
            OutcomeUnknownError: No reply came; it may have been carried out, and charged where
                `reevaluate_metrics` was given. `reconcile([call_log_id], since=error.sent.at)`
                tells.

        Example:
            >>> call = cekura.call_logs.update(
            ...     123, status="reviewed_failure", metadata={"ticket": "T-17"}
            ... )
            >>> call.status, call.metadata["ticket"]
            ('reviewed_failure', 'T-17')
        """
        return self._perform(
            writing.update(
                call_log_id,
                status=status,
                feedback=feedback,
                metadata=metadata,
                dynamic_variables=dynamic_variables,
                call_id=call_id,
                transcript=transcript,
                transcript_type=transcript_type,
                timestamp=timestamp,
                duration=duration,
                call_ended_reason=call_ended_reason,
                customer_number=customer_number,
                reevaluate_metrics=reevaluate_metrics,
            )
        )

    @overload
    def count(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
    ) -> int: ...

    @overload
    def count(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
    ) -> int: ...

    def count(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
    ) -> int:
        """Count call logs, without reading them: one request for each 33 days.

        Costs nothing, so each request is tried again after any failure that may pass.

        Neither published page defines it; the vendor publishes it elsewhere, as "List call logs".

        Args:
            agent_id: The agent that had the calls. Give this, or `project_id`, or both.
            project_id: The project of the agents; an organization's key may have to name it.
            assistant_id: The agent's id at the platform it runs on.
            since: The start of the range: a datetime with a time zone, or a date, which means
                the midnight, in UTC, that it begins with. By default 30 days before `until`.
            until: The end of the range, in the same way: a date's own day is not in it. By
                default now. Whether a call at the very moment of an end belongs to the range is
                for the API to say.
            call_ids: Ids of call logs, at least one: only these, 200 to a request.
                They are searched for in the range, so give `since` for calls older than 30 days.
            filters: A `Filter`, or a plain dict in the API's words.

        Returns:
            How many call logs `list` would find now. In a range longer than 33 days a call at
            the very moment where two windows meet may be missed or counted twice, if the API does
            not count both ends of a range as a part of it.

        Raises:
            BadRequestError: The API refuses a filter.
            PermissionDeniedError: The key may not list these.

        Example:
            >>> unreviewed = Filter.eq("is_reviewed", False)
            >>> cekura.call_logs.count(agent_id=224, filters=unreviewed)
            2
        """
        return self._lister.count(
            ListQuery.checked(
                agent_id=agent_id,
                project_id=project_id,
                assistant_id=assistant_id,
                since=since,
                until=until,
                call_ids=call_ids,
                filters=filters,
                page_size=1,
                now=datetime.now(UTC),
            )
        )

    @overload
    def wait_until_evaluated(
        self,
        calls: Iterable[CallLog | CallLogSummary | EvaluationBaseline | int],
        metrics: Iterable[int | str] | None = None,
        *,
        timeout: float = 600.0,  # noqa: ASYNC109  (what is evaluated by then is not lost with it)
        missing_after: float | None = 30.0,
        whole: Literal[True] = True,
        agent_id: int | None = None,
        project_id: int | None = None,
        since: date | None = None,
        max_concurrency: int = 4,
        on_evaluated: Callable[[CallLog], object] | None = None,
        on_progress: Callable[[WaitProgress], object] | None = None,
    ) -> list[CallLog]: ...

    @overload
    def wait_until_evaluated(
        self,
        calls: Iterable[CallLog | CallLogSummary | EvaluationBaseline | int],
        metrics: Iterable[int | str] | None = None,
        *,
        timeout: float = 600.0,  # noqa: ASYNC109  (what is evaluated by then is not lost with it)
        missing_after: float | None = 30.0,
        whole: Literal[False],
        agent_id: int | None = None,
        project_id: int | None = None,
        since: date | None = None,
        max_concurrency: int = 4,
        on_evaluated: Callable[[CallLogSummary], object] | None = None,
        on_progress: Callable[[WaitProgress], object] | None = None,
    ) -> list[CallLogSummary]: ...

    def wait_until_evaluated(
        self,
        calls: Iterable[CallLog | CallLogSummary | EvaluationBaseline | int],
        metrics: Iterable[int | str] | None = None,
        *,
        timeout: float = 600.0,  # noqa: ASYNC109  (what is evaluated by then is not lost with it)
        missing_after: float | None = 30.0,
        whole: bool = True,
        agent_id: int | None = None,
        project_id: int | None = None,
        since: date | None = None,
        max_concurrency: int = 4,
        on_evaluated: Callable[[CallLog], object]
        | Callable[[CallLogSummary], object]
        | None = None,
        on_progress: Callable[[WaitProgress], object] | None = None,
    ) -> list[CallLog] | list[CallLogSummary]:
        """Wait until call logs are evaluated, and return them with their results.

        Costs nothing. Each call is polled first after half a second, then after twice as long each
        time, 30 seconds at most. Calls of one agent are polled together, 200 with one list; a call
        that the list no longer shows pending is read with `retrieve`, which alone decides. With
        `whole=False` the lists decide, and no call is retrieved.

        Both published pages say to "retrieve each call log individually to see updated metric
        results"; neither says how to tell that they are there. A call counts as evaluated when all
        of this is true:

        - its `status` is neither `evaluating` nor `pending`;
        - it has results of all `metrics`, or with `metrics=None` any result;
        - they are newer than the reply given: its `updated_at` has moved on, or the reply's
          status was `evaluating` or `pending`, or its `success` was null and no longer is, or
          the reply had no result of any of `metrics`. An `updated_at` before the reply's is of
          a copy that lags behind, and never counts. Of a plain id nothing is known, and any
          evaluation that is over counts.

        Some metrics never give a result. So a call counts, too, when all of this but its results
        has been true for `missing_after` seconds; `missing_metrics` then tells which are missing,
        and why some have no score.

        So a call waits in vain, and is `pending` in the end, when a reply already looked evaluated
        and nothing but old results' values changes. And it counts too early when a reply did not
        say `evaluating` and something else, such as a review, moves `updated_at` first. Give the
        replies themselves, not calls retrieved later; give plain ids where you have no replies.

        A poll that fails in passing is repeated; a 429 stops all polls for as long as it asks. A
        call that `retrieve` refuses, with a 404 say, is left out, and raised at the end.

        Limits: a list takes three calls or more whose replies name the agent, and whose
        `timestamp` is within the same 32 days (without one, the API lists the last 30 days).
        Polled one by one from then on are calls that a list does not show, or shows neither
        evaluating nor with any result; and the calls of a list that is refused (400, 403, 404),
        does not fit the contract, or gets no reply or a 5xx twice in a row. A list that lags
        behind `retrieve` delays a call, and never makes it count too early. With `whole=False`
        the calls of a list that is refused, and a call that three lists in a row do not show, are
        left out, and raised at the end.

        Args:
            calls: What `evaluate_metrics` or `rerun_evaluation` returned, or an
                `EvaluationBaseline` of each, or plain ids. Only baselines are kept. A call named
                twice is waited for once, since the state given last.
            metrics: Ids or names of the metrics that were asked for. Give them where you can:
                without them, a call with the first of several results counts as evaluated. The ids
                of names are looked up first, by one list of the metrics of `agent_id`, else of
                `project_id`, else of the agent of all calls, else of all that the key may see.
            timeout: Seconds above 0, 30 days at most, that it may take, waits for the rate limit
                included.
            missing_after: Seconds, 0 to 30 days, for which results are waited for once a call is no
                longer being evaluated, from the first reading that shows it so. Then it is done
                without them. None: until `timeout`.
            whole: Whether to return whole call logs, each of which takes a request. False returns
                the rows of lists, 200 of a request, which may have no explanations.
            agent_id: The agent of the calls that do not say so themselves, such as plain ids, so
                that lists show them. `whole=False` needs it for those, or `project_id`.
            project_id: Their project.
            since: When the earliest of those may have occurred, a date or a datetime with a time
                zone; by default the API lists the last 30 days.
            max_concurrency: How many polls may be under way at once; a list is one.
            on_evaluated: A function that takes each call as soon as it is evaluated, in
                any order. Then no call is kept and the list returned is empty: for calls that do
                not fit into memory.
            on_progress: A function that is told at the start, and whenever a call is done with.
                Both are called in the thread, or task, that waits.

        Returns:
            The evaluated calls, each once, in the order given; with `whole=False` their summaries.

        Where the rows of `evaluate_metrics` are given, and calls have results of other metrics than
        `metrics`, one warning in the log (`cekura_client`) tells at the end which: they may have
        run, and been charged, without having been asked for.

        Raises:
            InvalidRequestError: An argument is refused; or a name is no metric's, or several's.
            WaitTimeoutError: The time was over first; `done` and `pending` tell what was seen,
                `last` and `missing` what the others were like.
            WaitError: Some calls cannot be read (`failed`), or the key may not read (401, 403),
                or the client was closed; `__cause__` tells.

        Example:
            >>> calls = cekura.call_logs.evaluate_metrics(
            ...     agent_id=224, call_logs=[501], metrics=[789]
            ... )
            >>> calls = cekura.call_logs.wait_until_evaluated(calls, [789], timeout=60)
            >>> [(call.id, call.status, len(call.evaluation.metrics)) for call in calls]
            [(501, 'success', 1)]
            >>> from datetime import UTC, datetime, timedelta
            >>> quarter = datetime.now(UTC) - timedelta(days=92)
            >>> rows = cekura.call_logs.wait_until_evaluated(
            ...     [501, 503], [789], whole=False, agent_id=224, since=quarter
            ... )
            >>> [row.id for row in rows]
            [501, 503]
        """
        refuse_coroutines(on_evaluated=on_evaluated, on_progress=on_progress)
        wait = EvaluationWait(
            calls,
            metrics,
            timeout=timeout,
            missing_after=missing_after,
            whole=whole,
            agent_id=agent_id,
            project_id=project_id,
            since=since,
            max_concurrency=max_concurrency,
            on_evaluated=on_evaluated,
            on_progress=on_progress,
            now=time.monotonic(),
        )
        return self._waits.run(wait)

    def estimate(
        self,
        *,
        call_logs: Iterable[int] | Literal["all"],
        metrics: Iterable[int | str] | Literal["all"] | int,
        agent_id: int | None = None,
        project_id: int | None = None,
        credits_per_run: Decimal | float = CREDITS_PER_RUN,
    ) -> Estimate:
        """Tell how many metric runs an operation comes to, and what they cost; runs none.

        Costs nothing. Where metrics have names, or `agent_id` or `project_id` is given, their
        prices are read by one list. Where `call_logs` is `"all"`, the agent's call logs are
        counted, by listing them since 2024 in windows of 33 days. Else nothing is sent.

        The published pages name no price; each metric that the API lists has one.

        Args:
            call_logs: Ids of the call logs; or `"all"` of the agent's.
            metrics: Ids or names of the metrics, as `evaluate_metrics` takes them; or `"all"` that
                are assigned to the agent, as a re-run takes them; or how many there are.
            agent_id: The agent whose metrics and call logs are meant.
            project_id: The project whose metrics are meant, where no agent is named.
            credits_per_run: What one metric run costs, in credits, where no metrics are listed.

        Returns:
            Calls, metric runs and credits. What is not known is in `unpriced`, but for metrics
            whose price is by the minute: whether the list tells that is not known either.

        Raises:
            CekuraError: The call logs cannot be counted, or the metrics not listed; see `count`
                and `metrics.list`.

        Example:
            >>> estimate = cekura.call_logs.estimate(
            ...     call_logs=[123, 456], agent_id=224, metrics=["Customer Satisfaction", 791]
            ... )
            >>> estimate.metric_runs, str(estimate.credits), str(estimate.worst_case_credits)
            (4, '0.8', '1.6')
        """
        estimation = Estimation.checked(
            metrics=metrics,
            agent_id=agent_id,
            project_id=project_id,
            credits_per_run=credits_per_run,
        )
        counting = ListQuery.of_all(agent_id) if call_logs == "all" else None
        calls = counted("call_logs", call_logs) if counting is None else 0
        listed = self._listed(estimation)
        if counting is not None:
            calls = self._lister.count(counting)
        return estimation.estimate(calls, listed)

    def reconcile(
        self,
        unknown: CekuraError | Mapping[int, CekuraError] | Iterable[int] | None = None,
        *,
        journal: str | os.PathLike[str] | None = None,
        since: datetime | None = None,
        agent_id: int | None = None,
        project_id: int | None = None,
        grace: float = 60.0,
    ) -> Reconciliation:
        """Find out what became of calls whose request may have run; only reads, never sends again.

        Costs nothing. Reads the calls as they are now, by lists of 200 where it is known whose they
        are; those that no list shows to have run, and all where it is not known, by `retrieve`, one
        by one. It sorts them:

        - ran: the call is being evaluated, or was updated after the request was sent; or the
          server has accepted the request (`InvalidResponseError`), whatever the call shows;
        - did not run: `retrieve` shows the call at rest (`success`, `failure`,
          `reviewed_success`, `reviewed_failure`, `reviewed`, `completed` or `failed`), last
          updated more than ten minutes before the request was sent, which was at least `grace`
          seconds before the call was read;
        - undetermined: everything else, such as a status that is none of these, or a moment without
          a time zone.

        Moments are compared by the server's clock, which its replies tell (`Date`): one that came
        before the request failed is kept with it (`sent.at_server`, and in a journal). Where none
        is, and for plain ids, this machine's clock has to do, corrected by what the server tells
        now: then it has to be more than a day instead of ten minutes.

        Whatever else updates a call after the sending, such as a review, makes it count as run: the
        error is on the side of not paying twice. Neither published page tells how to reconcile a
        lost reply; the signs are those that the call logs show.

        Args:
            unknown: The `OutcomeUnknownError` (or another error whose `sent` is set), the
                `unknown` of a report, or plain ids.
            journal: In place of `unknown`: a journal of a run in batches, which nobody else has
                open. Its unknown calls are reconciled in it: what did not run is sent when the run
                goes on, what ran counts as succeeded.
            since: When plain ids were sent: a datetime with a time zone.
            agent_id: The agent that had the calls, where the request did not name it.
            project_id: The project of that agent, in the same way.
            grace: How many seconds, 0 to a day, a lost request may take to show.

        Returns:
            By id, the sign by which each call was sorted.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.

        Example:
            >>> from datetime import UTC, datetime
            >>> now = datetime.now(UTC)
            >>> print(cekura.call_logs.reconcile([999999], since=now, agent_id=224))
            0 ran, 0 did not run, 1 undetermined
        """
        if (unknown is None) == (journal is None):
            raise InvalidRequestError(
                "reconcile takes what is unknown, or a journal that holds it: one of the two."
            )
        span = checked_grace(grace)
        if journal is not None:
            return self._reconciling.reconcile_journal(
                journal, span, agent_id=agent_id, project_id=project_id
            )
        unknowns = find_unknowns(unknown, since=since, agent_id=agent_id, project_id=project_id)
        return self._reconciling.reconcile(unknowns, span)

    def _listed(self, asked: Evaluation | Rerun | Estimation | Observation) -> Sequence[Metric]:
        """List the metrics where that tells ids of names, or prices for a limit; else none."""
        listing = asked.listing()
        if listing is None:
            return ()
        return self._perform(listing)

    # The last one: in the class body after it, `list` is no longer the type.

    @overload
    def list(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
        page_size: int = 200,
    ) -> Iterator[CallLogSummary]: ...

    @overload
    def list(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
        page_size: int = 200,
    ) -> Iterator[CallLogSummary]: ...

    def list(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
        page_size: int = 200,
    ) -> Iterator[CallLogSummary]:
        """List call logs, whatever their number: each page is read when its turn comes.

        Costs nothing, so each request is tried again after any failure that may pass.

        The API takes 33 days at most in one request; a longer range is read in windows of 33 days,
        the newest first, and within a window in the API's own order. No call comes twice, and none
        is missed where windows meet. Calls that arrive meanwhile may come or not. Calls that leave
        the list meanwhile move others to pages already read, which are then read again; where too
        many leave at once, that is an error. So do not evaluate calls while you list those of an
        outcome that changes with it: make a list of the ids first.

        Neither published page defines it; the vendor publishes it elsewhere, as "List call logs".

        Args:
            agent_id: The agent that had the calls. Give this, or `project_id`, or both.
            project_id: The project of the agents; an organization's key may have to name it.
            assistant_id: The agent's id at the platform it runs on.
            since: The start of the range: a datetime with a time zone, or a date, which means
                the midnight, in UTC, that it begins with. By default 30 days before `until`.
            until: The end of the range, in the same way: a date's own day is not in it. By
                default now. Whether a call at the very moment of an end belongs to the range is
                for the API to say.
            call_ids: Ids of call logs, at least one: only these, 200 to a request.
                They are searched for in the range, so give `since` for calls older than 30 days.
            filters: A `Filter`, or a plain dict in the API's words.
            page_size: How many call logs one request brings, from 1 to 200.

        Returns:
            An iterator over the call logs, which keeps no more than a page. The results are in it
            as far as a list shows them: `metric_results` reads them, without explanations. When a
            request fails, `next` raises; call it again to go on from there.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent. Raised by the call
                itself, all others while it is iterated.
            BadRequestError: The API refuses a filter.
            PermissionDeniedError: The key may not list these.
            InvalidResponseError: A page, kept in the error, is not the contract's; or its `next`
                leads to another server or to a page that was read; or it is empty, or the last,
                before as many call logs as `count` says have come.

        Example:
            >>> from datetime import UTC, datetime, timedelta
            >>> quarter = datetime.now(UTC) - timedelta(days=92)
            >>> calls = cekura.call_logs.list(
            ...     agent_id=224, since=quarter, filters=Filter.eq("success", False)
            ... )
            >>> [call.id for call in calls]
            [503, 123]
        """
        return self._lister.rows(
            ListQuery.checked(
                agent_id=agent_id,
                project_id=project_id,
                assistant_id=assistant_id,
                since=since,
                until=until,
                call_ids=call_ids,
                filters=filters,
                page_size=page_size,
                now=datetime.now(UTC),
            )
        )
