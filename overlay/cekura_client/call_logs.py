"""The operations on call logs, typed and documented, of `Cekura`."""

import time
from collections.abc import Callable, Iterable
from typing import Literal, overload

from cekura_api.models import CallLog, CallLogSummary

from cekura_client import operations
from cekura_client.accounted_call_logs import AccountedCallLogs
from cekura_client.batched_call_logs import BatchedCallLogs
from cekura_client.batches.threads import BatchThreads, Perform
from cekura_client.listing.listers import Lister
from cekura_client.server_clock import ServerClock
from cekura_client.spending import checked_metrics_assigned, spend_limit
from cekura_client.waits.evaluation_wait import EvaluationWait, WaitProgress
from cekura_client.waits.marks import EvaluationMark
from cekura_client.waits.threads import WaitThreads


class CallLogs(BatchedCallLogs, AccountedCallLogs):
    """The operations on call logs. Reached as `cekura.call_logs`."""

    def __init__(
        self,
        perform: Perform,
        batches: BatchThreads,
        waits: WaitThreads,
        lister: Lister,
        *,
        base_url: str,
        server_clock: ServerClock,
    ) -> None:
        BatchedCallLogs.__init__(self, batches)
        AccountedCallLogs.__init__(self, lister, perform, base_url, server_clock)
        self._waits = waits

    @overload
    def evaluate_metrics(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int],
        max_metric_runs: int | None = None,
    ) -> list[CallLogSummary]: ...

    @overload
    def evaluate_metrics(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        call_logs: Iterable[int],
        metrics: Iterable[int],
        max_metric_runs: int | None = None,
    ) -> list[CallLogSummary]: ...

    def evaluate_metrics(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        call_logs: Iterable[int],
        metrics: Iterable[int],
        max_metric_runs: int | None = None,
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
            metrics: Ids of the metrics, at least one; they must belong to the agent or project.
            max_metric_runs: Refuse to send more metric runs (call logs times metrics) than this;
                None: no limit.

        Returns:
            The call logs in the state of the moment, before their results; read them with
            `retrieve` once evaluation is over.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            SpendLimitError: It would be more than `max_metric_runs`; nothing was sent.
            BadRequestError: The API refuses: an id is unknown, a call log is still being
                evaluated, or the credits are short. Nothing was charged.
            AuthenticationError: The key is wrong. Nothing was charged.
            RateLimitError: The wait asked for is longer than the policy allows. Nothing was
                charged.
            APIConnectionError: The server was not reached. Nothing was charged.
            OutcomeUnknownError: No reply came; it may have run, and been charged.
            ServerError: The server failed; it may have run, and been charged.
            InvalidResponseError: It ran, and its reply, kept in the error, is not the contract's.

        Example:
            >>> calls = cekura.call_logs.evaluate_metrics(
            ...     agent_id=224, call_logs=[123, 456], metrics=[789, 790]
            ... )
            >>> [(call.id, call.status) for call in calls]
            [(123, 'evaluating'), (456, 'evaluating')]
        """
        return self._perform(
            operations.evaluate_metrics(
                agent_id=agent_id,
                project_id=project_id,
                call_logs=call_logs,
                metrics=metrics,
                max_metric_runs=max_metric_runs,
            )
        )

    @overload
    def rerun_evaluation(
        self,
        *,
        agent_id: int,
        assistant_id: None = None,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> list[CallLog]: ...

    @overload
    def rerun_evaluation(
        self,
        *,
        agent_id: None = None,
        assistant_id: int | str,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
    ) -> list[CallLog]: ...

    def rerun_evaluation(
        self,
        *,
        agent_id: int | None = None,
        assistant_id: int | str | None = None,
        call_logs: Iterable[int] | Literal["all"],
        max_metric_runs: int | None = None,
        metrics_assigned: int | None = None,
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
            metrics_assigned: How many metrics are assigned to the agent, for `max_metric_runs`;
                None: it limits the call logs alone.

        Returns:
            The call logs in the state of the moment, before their results; read them with
            `retrieve` once evaluation is over.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            SpendLimitError: It would be more than `max_metric_runs`; nothing was sent.
            BadRequestError: The API refuses: an id is unknown, a call log is still being
                evaluated, or the credits are short. Nothing was charged.
            AuthenticationError: The key is wrong. Nothing was charged.
            RateLimitError: The wait asked for is longer than the policy allows. Nothing was
                charged.
            APIConnectionError: The server was not reached. Nothing was charged.
            OutcomeUnknownError: No reply came; it may have run, and been charged.
            ServerError: The server failed; it may have run, and been charged.
            InvalidResponseError: It ran, and its reply, kept in the error, is not the contract's.

        Example:
            >>> calls = cekura.call_logs.rerun_evaluation(agent_id=2142, call_logs="all")
            >>> {call.status for call in calls}
            {'evaluating'}
        """
        if call_logs == "all" and max_metric_runs is not None:
            limit = spend_limit(checked_metrics_assigned(metrics_assigned), max_metric_runs)
            limit.check(self._counted(call_logs, agent_id))
        return self._perform(
            operations.rerun_evaluation(
                agent_id=agent_id,
                assistant_id=assistant_id,
                call_logs=call_logs,
                max_metric_runs=max_metric_runs,
                metrics_assigned=metrics_assigned,
            )
        )

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
            InvalidRequestError: The id is refused; nothing was sent.
            NotFoundError: There is no such call log, or the key may not see it.
            AuthenticationError: The key is wrong.
            RateLimitError: The wait asked for is longer than the policy allows.
            APIConnectionError: The server was not reached.
            OutcomeUnknownError: No reply came, at any attempt.
            ServerError: The server failed, at every attempt.
            InvalidResponseError: The reply, kept in the error, is not the contract's.

        Example:
            >>> cekura.call_logs.retrieve(501).duration
            '00:22'
        """
        return self._perform(operations.retrieve(call_log_id))

    def wait_until_evaluated(
        self,
        calls: Iterable[CallLog | CallLogSummary | EvaluationMark],
        metrics: Iterable[int] | None = None,
        *,
        timeout: float = 600.0,
        max_concurrency: int = 4,
        on_evaluated: Callable[[CallLog], object] | None = None,
        on_progress: Callable[[WaitProgress], object] | None = None,
    ) -> list[CallLog]:
        """Wait until call logs are evaluated, and return them with their results.

        Costs nothing. Each call is looked at first after half a second, then after twice as long
        each time, 30 seconds at most. Calls of one agent are looked at together, 200 with one
        list, and once that no longer shows a call pending, it is read with `retrieve`, which alone
        decides. Both published pages say to "retrieve each call log individually to see updated
        metric results"; neither says how to tell that they are there. A call counts as evaluated
        when all of this is true:

        - its `status` is neither `evaluating` nor `pending`;
        - it has results of all `metrics`, or with `metrics=None` any result;
        - they are newer than the reply given: its `updated_at` has moved on, or the reply's
          status was `evaluating` or `pending`, or its `success` was null and no longer is, or
          the reply had no result of any of `metrics`. An `updated_at` before the reply's is of
          a copy that lags behind, and never counts.

        So a call waits in vain, and is `pending` in the end, when a metric never gives a result,
        or when a reply already looked evaluated and nothing but old results' values changes. And
        it counts too early when a reply did not say `evaluating` and something else, such as a
        review, moves `updated_at` first. Give the replies themselves, not calls retrieved later.

        A look that fails in passing is repeated; a 429 stops all looks for as long as it asks. A
        call that `retrieve` refuses, a 404 say, is left out, and raised at the end.

        Limits: a list takes three calls or more whose replies name the agent, and whose
        `timestamp` is within the same 32 days (without one, the API lists the last 30 days).
        From then on one by one are looked at: calls that a list does not show, or shows neither
        evaluating nor with any result; and the calls of a list that is refused (400, 403, 404),
        is not the contract's, or gets no reply or a 5xx twice in a row. A list that lags behind
        `retrieve` delays a call, and never makes it count too early.

        Args:
            calls: What `evaluate_metrics` or `rerun_evaluation` returned, or an `EvaluationMark`
                of each. Only marks are kept. A call named twice is waited for once, since the
                state given last.
            metrics: Ids of the metrics that were asked for. Name them where you can: without
                them, a call with the first of several results counts as evaluated.
            timeout: Seconds above 0, 30 days at most, that it may take, waits for the rate limit
                included.
            max_concurrency: How many looks may be under way at once; a list is one.
            on_evaluated: A function that takes each call as soon as it is evaluated, in
                any order. Then no call is kept and the list returned is empty: for calls that do
                not fit into memory.
            on_progress: A function that is told at the start, and whenever a call is done with.
                Both are called in the thread, or task, that waits.

        Returns:
            The evaluated calls, each once, in the order given.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            WaitTimeoutError: The time was over first; `done` and `pending` tell what was seen.
            WaitError: Some calls cannot be read (`failed`), or the key may not read (401, 403),
                or the client was closed; `__cause__` tells.

        Example:
            >>> calls = cekura.call_logs.evaluate_metrics(
            ...     agent_id=224, call_logs=[501], metrics=[789]
            ... )
            >>> for call in cekura.call_logs.wait_until_evaluated(calls, [789], timeout=60):
            ...     print(call.id, call.status, len(call.evaluation.metrics))
            501 success 1
        """
        wait = EvaluationWait(
            calls,
            metrics,
            timeout=timeout,
            max_concurrency=max_concurrency,
            on_evaluated=on_evaluated,
            on_progress=on_progress,
            now=time.monotonic(),
        )
        return self._waits.run(wait)
