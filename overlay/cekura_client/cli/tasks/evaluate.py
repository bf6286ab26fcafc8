"""`evaluate`: runs chosen metrics on chosen calls. Costs credits."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from cekura_client import (
    BatchReport,
    Cekura,
    Metric,
)
from cekura_client.call_logs.batches import jobs
from cekura_client.call_logs.operations import Evaluation
from cekura_client.call_logs.spending import Prices
from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.cli.sending.run import BatchOptions, OnProgress, OnReply, Run, counted

if TYPE_CHECKING:
    from collections.abc import Callable


def evaluation_of(
    metrics: list[int | str],
    *,
    agent_id: int | None,
    project_id: int | None,
    max_credits: float | None,
) -> Evaluation:
    """Check what is to be evaluated, but for its calls."""
    if agent_id is None and project_id is None:
        raise BadUsageError(
            "Name --agent-id, --project-id, or both, or set CEKURA_AGENT_ID. Nothing was sent."
        )
    if not metrics:
        raise BadUsageError(
            "Name at least one metric with --metrics or --metric. Nothing was sent."
        )
    if any(isinstance(one, str) and not one.strip() for one in metrics):
        raise BadUsageError("--metric takes a name. Nothing was sent.")
    return Evaluation.checked(
        agent_id=agent_id,
        project_id=project_id,
        call_logs=[jobs.ANY_ID],
        metrics=metrics,
        max_credits=max_credits,
    )


def listed_metrics(cekura: Cekura, evaluation: Evaluation) -> list[Metric]:
    """List the metrics that may be meant."""
    agent, project = evaluation.agent_id, evaluation.project_id
    return cekura.metrics.list(agent_id=agent, project_id=project if agent is None else None)


def run_of(
    call_logs: list[int],
    evaluation: Evaluation,
    listed: list[Metric] | None,
    in_batches: BatchOptions,
) -> Run:
    """Chosen metrics on chosen calls."""
    metrics = evaluation.metric_ids(listed or ())
    agent_id, project_id = evaluation.agent_id, evaluation.project_id
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
            f"Evaluate {counted(len(metrics), 'metric')} on {counted(len(call_logs), 'call')} "
            f"of {of_whom}"
        ),
        call_logs=call_logs,
        count=lambda _: len(call_logs),
        scope=scope,
        metrics=metrics,
        metrics_each=len(metrics),
        prices=None if listed is None else Prices.of_chosen(metrics, listed),
        list_prices=lambda cekura: Prices.of_chosen(metrics, listed_metrics(cekura, evaluation)),
        options=in_batches,
        job=jobs.evaluation_job(replace(evaluation, metrics=[*metrics])),
        send=send,
        metric_names={metric.id: metric.name for metric in listed or () if metric.name is not None},
    )
