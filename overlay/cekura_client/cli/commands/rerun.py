"""`rerun`: runs all metrics of an agent again, on chosen calls or on every one. Costs credits."""

from typing import TYPE_CHECKING

from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.input import options

if TYPE_CHECKING:
    from cekura_client.call_logs.spending import Prices


def rerun(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    call_ids_from: options.CallIdsFrom = None,
    since: options.FoundSince = None,
    all_calls: options.AllCalls = False,
    agent_id: options.AgentId = None,
    assistant_id: options.AssistantId = None,
    wait: options.Wait = False,
    timeout: options.Timeout = options.DEFAULT_TIMEOUT,
    request_timeout: options.RequestTimeout = None,
    missing_after: options.MissingAfter = options.DEFAULT_MISSING_AFTER,
    wait_if_busy: options.WaitIfBusy = None,
    output: options.Output = None,
    raw: options.Raw = False,
    yes: options.Yes = False,
    max_metric_runs: options.MaxMetricRuns = None,
    max_credits: options.MaxCredits = None,
    metrics_assigned: options.MetricsAssigned = None,
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
    """Run all metrics of an agent again. Costs credits: calls times its metrics."""
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.finding import ids_given
    from cekura_client.cli.input.scope import agent_or_default
    from cekura_client.cli.input.values import parse_option
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.sending.carrying_out import carry_out
    from cekura_client.cli.sending.run import BatchOptions
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.rerun import prices_of, run_of

    def command(terminal: Terminal) -> ExitCode:
        if all_calls and (ids or files or call_ids_from or since or journal or repeat_unknown):
            raise BadUsageError(
                "--all is one request for every call: it takes no ids and no --journal. "
                "Nothing was sent."
            )
        if wait_if_busy is not None and not all_calls:
            raise BadUsageError(
                "--wait-if-busy goes with --all; batches are sent again by themselves. "
                "Nothing was sent."
            )
        agent = agent_or_default(agent_id, assistant_id)
        if (agent is None) == (assistant_id is None):
            raise BadUsageError("Name either --agent-id or --assistant-id. Nothing was sent.")
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
        call_ids = None
        if not all_calls:
            call_ids = ids_given(ids, files, call_ids_from, settings, agent_id=agent, since=since)
        prices: Prices | None = None
        if max_credits is not None:
            with settings.client() as cekura:
                prices = prices_of(agent, cekura)
        run = run_of(
            call_ids,
            agent_id=agent,
            assistant_id=assistant_id,
            metrics_assigned=metrics_assigned,
            wait_if_busy=wait_if_busy,
            prices=prices,
            in_batches=BatchOptions(
                batch_size=batch_size,
                max_concurrency=max_concurrency,
                journal=journal,
                repeat_unknown=parse_option(repeat_unknown or [], "--repeat-unknown"),
                max_metric_runs=max_metric_runs,
                max_credits=max_credits,
            ),
        )
        return carry_out(run, settings, terminal)

    guarded(command, verbose=verbose, debug=debug)
