"""`agents`: lists agents."""

from typing import Annotated

import typer

from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options

Search = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Only those with this in their name.", show_default=False),
]


def agents(
    *,
    project_id: options.ProjectId = None,
    search: Search = None,
    output: options.ListOutput = None,
    raw: options.Raw = False,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """List the agents of a project, or all. Costs nothing."""
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.input.scope import project_or_default
    from cekura_client.cli.listing import write_list
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.agents import FIELDS, HEADINGS

    def command(terminal: Terminal) -> ExitCode:
        project = project_or_default(project_id)
        return write_list(
            "agents",
            lambda cekura: cekura.agents.list(project_id=project, search=search),
            columns=HEADINGS,
            fields=FIELDS,
            settings=Settings(
                base_url=base_url, output=output, raw=raw, request_timeout=request_timeout
            ),
            terminal=terminal,
        )

    guarded(command, verbose=verbose, debug=debug)
