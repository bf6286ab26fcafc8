"""`evaluate`: runs chosen metrics on chosen calls. Costs credits."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from cekura_client import (
    BatchReport,
    Cekura,
)
from cekura_client.call_logs.batches import jobs
from cekura_client.call_logs.operations import Evaluation
from cekura_client.cli.endings import guarded
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.finding import ids_given
from cekura_client.cli.input import options
from cekura_client.cli.input.values import parse_option
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.sending.carrying_out import carry_out
from cekura_client.cli.sending.run import BatchOptions, OnProgress, OnReply, Run, counted
from cekura_client.cli.settings import DEFAULT_TIMEOUT, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def evaluate(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    call_ids_from: options.CallIdsFrom = None,
    since: options.FoundSince = None,
    metrics: options.Metrics,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    wait: options.Wait = False,
    timeout: options.Timeout = DEFAULT_TIMEOUT,
    request_timeout: options.RequestTimeout = None,
    output: options.Output = None,
    raw: options.Raw = False,
    yes: options.Yes = False,
    max_metric_runs: options.MaxMetricRuns = None,
    journal: options.Journal = None,
    repeat_unknown: options.RepeatUnknown = None,
    batch_size: options.BatchSize = 100,
    max_concurrency: options.Concurrency = 4,
    report: options.Report = None,
    with_transcripts: options.WithTranscripts = False,
    fail_on_regression: options.FailOnRegression = False,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Run chosen metrics on chosen calls. Costs credits: calls times metrics."""

    def command(terminal: Terminal) -> ExitCode:
        call_ids = ids_given(
            ids,
            files,
            call_ids_from,
            base_url=base_url,
            agent_id=agent_id,
            project_id=project_id,
            since=since,
        )
        run = _run(
            call_ids,
            parse_option(metrics, "--metrics"),
            agent_id=agent_id,
            project_id=project_id,
            in_batches=BatchOptions(
                batch_size=batch_size,
                max_concurrency=max_concurrency,
                journal=journal,
                repeat_unknown=parse_option(repeat_unknown or [], "--repeat-unknown"),
                max_metric_runs=max_metric_runs,
            ),
        )
        settings = Settings(
            base_url=base_url,
            output=output,
            raw=raw,
            wait=wait,
            timeout=timeout,
            request_timeout=request_timeout,
            max_concurrency=max_concurrency,
            yes=yes,
            journal=journal,
            report=report,
            with_transcripts=with_transcripts,
            fail_on_regression=fail_on_regression,
        )
        return carry_out(run, settings, terminal)

    guarded(command, verbose=verbose, debug=debug)


def _run(
    call_logs: list[int],
    metrics: list[int],
    *,
    agent_id: int | None,
    project_id: int | None,
    in_batches: BatchOptions,
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

    evaluation = Evaluation.checked(**scope, call_logs=[jobs.ANY_ID], metrics=metrics)
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
        options=in_batches,
        job=jobs.evaluation_job(evaluation),
        send=send,
    )
