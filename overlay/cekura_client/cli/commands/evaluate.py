"""`evaluate`: runs chosen metrics on chosen calls. Costs credits."""

from typing import TYPE_CHECKING

from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options

if TYPE_CHECKING:
    from cekura_client import Metric


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
    timeout: options.Timeout = options.DEFAULT_TIMEOUT,
    request_timeout: options.RequestTimeout = None,
    missing_after: options.MissingAfter = options.DEFAULT_MISSING_AFTER,
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
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.finding import ids_given
    from cekura_client.cli.input.scope import scope_or_default
    from cekura_client.cli.input.values import parse_metrics, parse_option
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.sending.carrying_out import carry_out
    from cekura_client.cli.sending.run import BatchOptions
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.evaluate import evaluation_of, listed_metrics, run_of

    def command(terminal: Terminal) -> ExitCode:
        agent, project = scope_or_default(agent_id, project_id)
        evaluation = evaluation_of(
            [*parse_metrics(metrics or []), *(names or [])],
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
                listed = listed_metrics(cekura, evaluation)
        return carry_out(run_of(call_ids, evaluation, listed, in_batches), settings, terminal)

    guarded(command, verbose=verbose, debug=debug)
