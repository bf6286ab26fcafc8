"""`retrieve`: reads call logs, several at once, and writes them in the order asked for."""

from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.input import options


def retrieve(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    call_ids_from: options.CallIdsFrom = None,
    since: options.FoundSince = None,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    wait: options.Wait = False,
    timeout: options.Timeout = options.DEFAULT_TIMEOUT,
    missing_after: options.MissingAfter = options.DEFAULT_MISSING_AFTER,
    output: options.Output = None,
    raw: options.Raw = False,
    whole: options.Whole = False,
    only_failed: options.OnlyFailed = False,
    fail_under: options.FailUnder = None,
    max_concurrency: options.Concurrency = 4,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Read calls, with the results of their metrics. Costs nothing."""
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.finding import ids_given
    from cekura_client.cli.input.formats import Format
    from cekura_client.cli.input.scope import scope_or_default
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.retrieve import read_calls

    def command(terminal: Terminal) -> ExitCode:
        if whole and (wait or only_failed or output in {Format.TABLE, Format.CSV}):
            raise BadUsageError(
                "--whole writes json or jsonl, and goes without --wait and --only-failed."
            )
        settings = Settings(
            base_url=base_url,
            output=Format.JSON if whole and output is None else output,
            raw=raw,
            wait=wait,
            timeout=timeout,
            request_timeout=request_timeout,
            missing_after=missing_after,
            max_concurrency=max_concurrency,
            only_failed=only_failed,
            fail_under=fail_under,
        )
        agent, project = scope_or_default(agent_id, project_id) if call_ids_from else (None, None)
        call_ids = ids_given(
            ids,
            files,
            call_ids_from,
            settings,
            agent_id=agent,
            project_id=project,
            since=since,
        )
        return read_calls(call_ids, settings, terminal, whole=whole)

    guarded(command, verbose=verbose, debug=debug)
