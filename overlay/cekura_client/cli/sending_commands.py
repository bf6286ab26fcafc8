"""The commands that cost credits: what each takes, and what it does."""

from cekura_client.cli import options, runs
from cekura_client.cli.call_ids import call_ids_of, parse_option
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.guard import guarded
from cekura_client.cli.sending import carry_out
from cekura_client.cli.settings import Settings
from cekura_client.cli.terminal import Terminal

_HOUR = 3600.0


def evaluate(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    metrics: options.Metrics,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    wait: options.Wait = False,
    timeout: options.Timeout = _HOUR,
    output: options.Output = None,
    raw: options.Raw = False,
    yes: options.Yes = False,
    max_metric_runs: options.MaxMetricRuns = None,
    journal: options.Journal = None,
    repeat_unknown: options.RepeatUnknown = None,
    batch_size: options.BatchSize = 100,
    max_concurrency: options.Concurrency = 4,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
) -> None:
    """Run chosen metrics on chosen calls. Costs credits: calls times metrics."""

    def command(terminal: Terminal) -> ExitCode:
        call_ids = call_ids_of(ids, files)
        run = runs.evaluation(
            call_ids,
            parse_option(metrics, "--metrics"),
            agent_id=agent_id,
            project_id=project_id,
            options=runs.BatchOptions(
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
            max_concurrency=max_concurrency,
            yes=yes,
            journal=journal,
        )
        return carry_out(run, settings, terminal)

    guarded(command, verbose=verbose)


def rerun(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    all_calls: options.AllCalls = False,
    agent_id: options.AgentId = None,
    assistant_id: options.AssistantId = None,
    wait: options.Wait = False,
    timeout: options.Timeout = _HOUR,
    output: options.Output = None,
    raw: options.Raw = False,
    yes: options.Yes = False,
    max_metric_runs: options.MaxMetricRuns = None,
    metrics_assigned: options.MetricsAssigned = None,
    journal: options.Journal = None,
    repeat_unknown: options.RepeatUnknown = None,
    batch_size: options.BatchSize = 100,
    max_concurrency: options.Concurrency = 4,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
) -> None:
    """Run all metrics of an agent again. Costs credits: calls times its metrics."""

    def command(terminal: Terminal) -> ExitCode:
        if all_calls and (ids or files or journal or repeat_unknown):
            raise BadUsageError(
                "--all is one request for every call: it takes no ids and no --journal. "
                "Nothing was sent."
            )
        run = runs.rerun(
            None if all_calls else call_ids_of(ids, files),
            agent_id=agent_id,
            assistant_id=assistant_id,
            metrics_assigned=metrics_assigned,
            options=runs.BatchOptions(
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
            max_concurrency=max_concurrency,
            yes=yes,
            journal=journal,
        )
        return carry_out(run, settings, terminal)

    guarded(command, verbose=verbose)
