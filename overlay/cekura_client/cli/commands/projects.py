"""`projects`: lists projects."""

from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options


def projects(
    *,
    output: options.ListOutput = None,
    raw: options.Raw = False,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """List the projects that the key may see. Costs nothing."""
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.listing import write_list
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.projects import FIELDS, HEADINGS

    def command(terminal: Terminal) -> ExitCode:
        return write_list(
            "projects",
            lambda cekura: cekura.projects.list(),
            columns=HEADINGS,
            fields=FIELDS,
            settings=Settings(
                base_url=base_url, output=output, raw=raw, request_timeout=request_timeout
            ),
            terminal=terminal,
        )

    guarded(command, verbose=verbose, debug=debug)
