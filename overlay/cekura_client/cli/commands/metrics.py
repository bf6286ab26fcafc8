"""`metrics`: lists metrics, with their prices."""

from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.input import options


def metrics(
    *,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    output: options.ListOutput = None,
    raw: options.Raw = False,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """List metrics, with their prices. Those of an agent or a project, or all; costs nothing."""
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.input.scope import one_scope_or_default
    from cekura_client.cli.listing import write_list
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.metrics import FIELDS, HEADINGS

    def command(terminal: Terminal) -> ExitCode:
        if agent_id is not None and project_id is not None:
            raise BadUsageError("Name --agent-id or --project-id, not both. Nothing was sent.")
        agent, project = one_scope_or_default(agent_id, project_id)
        return write_list(
            "metrics",
            lambda cekura: cekura.metrics.list(agent_id=agent, project_id=project),
            columns=HEADINGS,
            fields=FIELDS,
            settings=Settings(
                base_url=base_url, output=output, raw=raw, request_timeout=request_timeout
            ),
            terminal=terminal,
        )

    guarded(command, verbose=verbose, debug=debug)
