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
from cekura_client.cli.endings import guarded
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.finding import ids_given
from cekura_client.cli.input import options
from cekura_client.cli.input.scope import scope_or_default
from cekura_client.cli.input.values import parse_option
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.sending.carrying_out import carry_out
from cekura_client.cli.sending.run import BatchOptions, OnProgress, OnReply, Run, counted
from cekura_client.cli.settings import DEFAULT_MISSING_AFTER, DEFAULT_TIMEOUT, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def evaluate(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    call_ids_from: options.CallIdsFrom = None,
    since: options.FoundSince = None,
    metrics: options.Metrics = None,
    names: options.MetricNames = None,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    wait: options.Wait = False,
    timeout: options.Timeout = DEFAULT_TIMEOUT,
    request_timeout: options.RequestTimeout = None,
    missing_after: options.MissingAfter = DEFAULT_MISSING_AFTER,
    output: options.Output = None,
    raw: options.Raw = False,
    yes: options.Yes = False,
    max_metric_runs: options.MaxMetricRuns = None,
    max_credits: options.MaxCredits = None,
    journal: options.Journal = None,
    repeat_unknown: options.RepeatUnknown = None,
    batch_size: options.BatchSize = 100,
    max_concurrency: options.Concurrency = 4,
    report: options.Report = None,
    with_transcripts: options.WithTranscripts = False,
    fail_on_regression: options.FailOnRegression = False,
    only_failed: options.OnlyFailed = False,
    fail_under: options.FailUnder = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Run chosen metrics on chosen calls. Costs credits: calls times metrics."""

    def command(terminal: Terminal) -> ExitCode:
        agent, project = scope_or_default(agent_id, project_id)
        evaluation = _evaluation(
            [*parse_option(metrics or [], "--metrics"), *(names or [])],
            agent_id=agent,
            project_id=project,
            max_credits=max_credits,
        )
        settings = Settings(
            base_url=base_url,
            output=output,
            raw=raw,
            wait=wait,
            timeout=timeout,
            request_timeout=request_timeout,
            missing_after=missing_after,
            max_concurrency=max_concurrency,
            yes=yes,
            journal=journal,
            report=report,
            with_transcripts=with_transcripts,
            fail_on_regression=fail_on_regression,
            only_failed=only_failed,
            fail_under=fail_under,
        )
        call_ids = ids_given(
            ids,
            files,
            call_ids_from,
            settings,
            agent_id=agent,
            project_id=project,
            since=since,
        )
        in_batches = BatchOptions(
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            journal=journal,
            repeat_unknown=parse_option(repeat_unknown or [], "--repeat-unknown"),
            max_metric_runs=max_metric_runs,
            max_credits=max_credits,
        )
        listed: list[Metric] | None = None
        if evaluation.listing() is not None:
            with settings.client() as cekura:
                listed = _listed(cekura, evaluation)
        return carry_out(_run(call_ids, evaluation, listed, in_batches), settings, terminal)

    guarded(command, verbose=verbose, debug=debug)


def _evaluation(
    metrics: list[int | str],
    *,
    agent_id: int | None,
    project_id: int | None,
    max_credits: float | None,
) -> Evaluation:
    """Check what is to be evaluated, but for its calls."""
    if agent_id is None and project_id is None:
        raise BadUsageError("Name --agent-id, --project-id, or both. Nothing was sent.")
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


def _listed(cekura: Cekura, evaluation: Evaluation) -> list[Metric]:
    agent, project = evaluation.agent_id, evaluation.project_id
    return cekura.metrics.list(agent_id=agent, project_id=project if agent is None else None)


def _run(
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
        list_prices=lambda cekura: Prices.of_chosen(metrics, _listed(cekura, evaluation)),
        options=in_batches,
        job=jobs.evaluation_job(replace(evaluation, metrics=[*metrics])),
        send=send,
    )
