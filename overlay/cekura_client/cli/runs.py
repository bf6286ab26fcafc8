"""What a command is about to send, in words and as a function that sends it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from cekura_client import (
    BatchInterrupt,
    BatchProgress,
    BatchReport,
    CallLog,
    CallLogSummary,
    Cekura,
)
from cekura_client.batches import orders
from cekura_client.batches.orders import Order
from cekura_client.batches.remaining import Remaining, remaining
from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.spending import CREDITS_PER_RUN, Estimate, spend_limit

OnReply = Callable[[Sequence[CallLog | CallLogSummary]], None]
OnProgress = Callable[[BatchProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """What every run in batches takes; see `evaluate_metrics_in_batches`."""

    batch_size: int
    max_concurrency: int
    journal: str | None
    repeat_unknown: list[int]
    max_metric_runs: int | None


class Send(Protocol):
    """Sends everything."""

    def __call__(
        self, cekura: Cekura, options: BatchOptions, *, on_reply: OnReply, on_progress: OnProgress
    ) -> BatchReport:
        """Tell of each reply, and how far it is; return what became of each call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Something to send.

    Attributes:
        title: What goes on, in a word.
        subject: What is about to run, and on which calls.
        call_logs: Ids of the calls; None for every call that an agent ever had.
        count: Counts the calls at the API; None where it cannot.
        metrics: Ids of the metrics; None for all that are assigned.
        metrics_each: How many metrics run on each call; None where that is not known.
        options: How it is sent in batches.
        order: What a journal knows it by.
        send: Sends it.
    """

    title: str
    subject: str
    call_logs: list[int] | None
    count: Callable[[Cekura], int | None]
    metrics: list[int] | None
    metrics_each: int | None
    options: BatchOptions
    order: Order[Any]
    send: Send

    @property
    def calls(self) -> int | None:
        """How many calls there are; None where only the API knows."""
        return None if self.call_logs is None else len(self.call_logs)

    def remaining(self, base_url: str) -> Remaining | None:
        """Tell what is left of it where it has a journal already.

        Raises:
            InvalidRequestError: The journal is of another run, or cannot be gone on with.
        """
        if self.options.journal is None or self.call_logs is None:
            return None
        parameters = self.order.journal_parameters(base_url)
        return remaining(
            self.options.journal, parameters, self.call_logs, self.options.repeat_unknown
        )

    def allowing_what_is_over(self, left: Remaining | None) -> BatchOptions:
        """Leave out of the limit, which is on what is sent now, what an earlier process has sent.

        Of a call that is sent again both sendings count: each may be charged.
        """
        limit = self.options.max_metric_runs
        if left is None or limit is None:
            return self.options
        over = (left.accepted + left.unknown) * (self.metrics_each or 1)
        return replace(self.options, max_metric_runs=limit + over)

    def check_limit(self, calls: int) -> None:
        """Refuse so many calls where they are more than the limit allows.

        Raises:
            SpendLimitError: They are.
        """
        spend_limit(self.metrics_each, self.options.max_metric_runs).check(calls)

    def announcement_of_rest(self, left: Remaining) -> str:
        """Say what an earlier process has done, and what the rest costs."""
        over = f"{left.accepted:,} accepted already"
        if left.unknown:
            over = f"{over}, {left.unknown:,} unknown"
        if not left.to_send:
            return f"{self.subject}: {over}; nothing to send"
        estimate = Estimate.of(left.to_send, self.metrics_each or 1, CREDITS_PER_RUN)
        cost = f"about {_plain(estimate.credits)} credits"
        runs = _counted(estimate.metric_runs, "run")
        if self.metrics_each is None:
            runs, cost = f"{runs} of each metric", f"{cost} for each"
        return (
            f"{self.subject}: {over}; {left.to_send:,} to send: {runs}, {cost} at "
            f"{CREDITS_PER_RUN:f} each"
        )

    def announcement(self, calls: int | None) -> str:
        """Say what is about to run and what it costs, for so many calls, where that is known."""
        price = f"{CREDITS_PER_RUN:f}"
        if calls is None:
            return f"{self.subject}: each metric on each call, about {price} credits a run"
        subject = self.subject
        if self.calls is None:
            subject = f"{subject}, {_counted(calls, 'call')}"
        estimate = Estimate.of(calls, self.metrics_each or 1, CREDITS_PER_RUN)
        cost = f"about {_plain(estimate.credits)} credits"
        if self.metrics_each is None:
            runs = _counted(calls, "run")
            return f"{subject}: {runs} of each metric, {cost} for each at {price} a run"
        runs = _counted(estimate.metric_runs, "metric run")
        return f"{subject}: {runs}, {cost} at {price} each"


def evaluation(
    call_logs: list[int],
    metrics: list[int],
    *,
    agent_id: int | None,
    project_id: int | None,
    options: BatchOptions,
) -> Run:
    """Chosen metrics on chosen calls."""
    if agent_id is None and project_id is None:
        raise BadUsageError("Name --agent-id, --project-id, or both. Nothing was sent.")
    if not metrics:
        raise BadUsageError("Name at least one metric with --metrics. Nothing was sent.")
    scope = {"agent_id": agent_id, "project_id": project_id}

    def send(
        cekura: Cekura, options: BatchOptions, *, on_reply: OnReply, on_progress: OnProgress
    ) -> BatchReport:
        run: Callable[..., BatchReport] = cekura.call_logs.evaluate_metrics_in_batches
        return run(
            call_logs=call_logs,
            metrics=metrics,
            on_reply=on_reply,
            on_progress=on_progress,
            **scope,
            **asdict(options),
        )

    of_whom = f"agent {agent_id}" if agent_id is not None else f"project {project_id}"
    return Run(
        title="Evaluating",
        subject=(
            f"Evaluate {_counted(len(metrics), 'metric')} on {_counted(len(call_logs), 'call')} "
            f"of {of_whom}"
        ),
        call_logs=call_logs,
        count=lambda _: len(call_logs),
        metrics=metrics,
        metrics_each=len(metrics),
        options=options,
        order=orders.evaluate_metrics(agent_id=agent_id, project_id=project_id, metrics=metrics),
        send=send,
    )


def rerun(
    call_logs: list[int] | None,
    *,
    agent_id: int | None,
    assistant_id: str | None,
    metrics_assigned: int | None,
    options: BatchOptions,
) -> Run:
    """All metrics of an agent, on chosen calls or, for None, on all it ever had."""
    if (agent_id is None) == (assistant_id is None):
        raise BadUsageError("Name either --agent-id or --assistant-id. Nothing was sent.")
    agent = {
        "agent_id": agent_id,
        "assistant_id": assistant_id,
        "metrics_assigned": metrics_assigned,
    }
    of_whom = f"agent {agent_id}" if agent_id is not None else f"assistant {assistant_id}"

    def send(
        cekura: Cekura, options: BatchOptions, *, on_reply: OnReply, on_progress: OnProgress
    ) -> BatchReport:
        run: Callable[..., BatchReport] = cekura.call_logs.rerun_evaluation_in_batches
        return run(
            call_logs=call_logs,
            on_reply=on_reply,
            on_progress=on_progress,
            **agent,
            **asdict(options),
        )

    def send_all(
        cekura: Cekura, options: BatchOptions, *, on_reply: OnReply, on_progress: OnProgress
    ) -> BatchReport:
        run: Callable[..., list[CallLog]] = cekura.call_logs.rerun_evaluation
        calls = run(call_logs="all", max_metric_runs=options.max_metric_runs, **agent)
        report = BatchReport()
        try:
            report.succeeded += [call.id for call in calls if isinstance(call.id, int)]
            on_reply(calls)
            on_progress(BatchProgress(succeeded=len(calls), total=len(calls)))
        except KeyboardInterrupt as interrupt:
            raise BatchInterrupt(report) from interrupt
        return report

    def count(cekura: Cekura) -> int | None:
        if agent_id is None:  # a list takes no assistant alone
            return None
        return cekura.call_logs.estimate(call_logs="all", metrics=1, agent_id=agent_id).calls

    on_which = "every call it ever had" if call_logs is None else _counted(len(call_logs), "call")
    return Run(
        title="Re-running",
        subject=f"Re-run all metrics of {of_whom} on {on_which}",
        call_logs=call_logs,
        count=count,
        metrics=None,
        metrics_each=metrics_assigned,
        options=options,
        order=orders.rerun_evaluation(**agent),
        send=send_all if call_logs is None else send,
    )


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _plain(amount: Decimal) -> str:
    """Write an amount without the zeros at its end."""
    return f"{amount.normalize():,f}"
