"""What a command is about to send, in words and as a function that sends it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from cekura_client import BatchProgress, BatchReport, CallLog, CallLogSummary, Cekura
from cekura_client.cli.exit_codes import BadUsageError

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Something to send.

    Attributes:
        title: What goes on, in a word.
        announcement: What is about to run: calls, metrics, and that it costs.
        calls: How many calls there are; None where only the API knows.
        metrics: Ids of the metrics; None for all that are assigned.
        send: Sends it.
    """

    title: str
    announcement: str
    calls: int | None
    metrics: list[int] | None
    send: Send


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
        announcement=(
            f"Evaluate {_counted(len(metrics), 'metric')} on {_counted(len(call_logs), 'call')} "
            f"of {of_whom}: {_counted(len(call_logs) * len(metrics), 'metric run')}, "
            "which cost credits."
        ),
        calls=len(call_logs),
        metrics=metrics,
        send=send,
    )


def rerun(
    call_logs: list[int] | None,
    *,
    agent_id: int | None,
    assistant_id: str | None,
    options: BatchOptions,
) -> Run:
    """All metrics of an agent, on chosen calls or, for None, on all it ever had."""
    if (agent_id is None) == (assistant_id is None):
        raise BadUsageError("Name either --agent-id or --assistant-id. Nothing was sent.")
    agent = {"agent_id": agent_id, "assistant_id": assistant_id}
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
        calls = run(call_logs="all", **agent)
        on_reply(calls)
        report = BatchReport(succeeded=[call.id for call in calls if isinstance(call.id, int)])
        on_progress(BatchProgress(succeeded=len(calls), total=len(calls)))
        return report

    if call_logs is None:
        which, runs = "every call it ever had", "a run of each metric on each call"
    else:
        which = _counted(len(call_logs), "call")
        runs = f"{_counted(len(call_logs), 'run')} of each metric"
    return Run(
        title="Re-running",
        announcement=f"Re-run all metrics of {of_whom} on {which}: {runs}, which cost credits.",
        calls=None if call_logs is None else len(call_logs),
        metrics=None,
        send=send_all if call_logs is None else send,
    )


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
