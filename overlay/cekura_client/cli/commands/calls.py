"""`calls`: lists call logs as they come; a long list takes no more memory than a short one."""

from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options


def calls(
    *,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    assistant_id: options.AssistantId = None,
    since: options.Since = None,
    until: options.Until = None,
    failed: options.Failed = False,
    unreviewed: options.Unreviewed = False,
    condition: options.Condition = None,
    limit: options.Limit = None,
    output: options.ListOutput = None,
    raw: options.Raw = False,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Find calls of an agent or a project, the newest 33 days first. Costs nothing."""
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.input.scope import scope_or_default
    from cekura_client.cli.input.values import parse_moment
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.calls import Wanted, list_calls

    def command(terminal: Terminal) -> ExitCode:
        agent, project = scope_or_default(agent_id, project_id)
        if assistant_id is not None and project is not None:
            agent = agent_id  # not one of the environment, which may be another than this
        wanted = Wanted(
            agent_id=agent,
            project_id=project,
            assistant_id=assistant_id,
            since=parse_moment(since, "--since"),
            until=parse_moment(until, "--until"),
            failed=failed,
            unreviewed=unreviewed,
            condition=condition,
            limit=limit,
        )
        return list_calls(
            wanted,
            Settings(base_url=base_url, output=output, raw=raw, request_timeout=request_timeout),
            terminal,
        )

    guarded(command, verbose=verbose, debug=debug)
