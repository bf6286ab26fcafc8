"""What a command is about to send, in words and as a function that sends it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Protocol

from cekura_client import (
    BatchInterrupt,
    BatchProgress,
    BatchReport,
    CallLog,
    CallLogSummary,
    Cekura,
)
from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.spending import CREDITS_PER_RUN, Estimate

OnReply = Callable[[Sequence[CallLog | CallLogSummary]], None]
OnProgress = Callable[[BatchProgress], None]


class Send(Protocol):
    """Sends everything."""

    def __call__(
        self, cekura: Cekura, *, on_reply: OnReply, on_progress: OnProgress
    ) -> BatchReport:
        """Tell of each reply, and how far it is; return what became of each call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """What every run in batches takes; see `evaluate_metrics_in_batches`."""

    batch_size: int
    max_concurrency: int
    journal: str | None
    repeat_unknown: list[int]
    max_metric_runs: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Something to send.

    Attributes:
        title: What goes on, in a word.
        subject: What is about to run, and on which calls.
        calls: How many calls there are; None where only the API knows.
        count: Counts the calls at the API; None where it cannot.
        metrics: Ids of the metrics; None for all that are assigned.
        metrics_each: How many metrics run on each call; None where that is not known.
        max_metric_runs: How many metric runs are allowed; None for any number.
        send: Sends it.
    """

    title: str
    subject: str
    calls: int | None
    count: Callable[[Cekura], int | None]
    metrics: list[int] | None
    metrics_each: int | None
    max_metric_runs: int | None
    send: Send

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

    def send(cekura: Cekura, *, on_reply: OnReply, on_progress: OnProgress) -> BatchReport:
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
        calls=len(call_logs),
        count=lambda _: len(call_logs),
        metrics=metrics,
        metrics_each=len(metrics),
        max_metric_runs=options.max_metric_runs,
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

    def send(cekura: Cekura, *, on_reply: OnReply, on_progress: OnProgress) -> BatchReport:
        run: Callable[..., BatchReport] = cekura.call_logs.rerun_evaluation_in_batches
        return run(
            call_logs=call_logs,
            on_reply=on_reply,
            on_progress=on_progress,
            **agent,
            **asdict(options),
        )

    def send_all(cekura: Cekura, *, on_reply: OnReply, on_progress: OnProgress) -> BatchReport:
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
        calls=None if call_logs is None else len(call_logs),
        count=count,
        metrics=None,
        metrics_each=metrics_assigned,
        max_metric_runs=options.max_metric_runs,
        send=send_all if call_logs is None else send,
    )


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _plain(amount: Decimal) -> str:
    """Write an amount without the zeros at its end."""
    return f"{amount.normalize():f}"
