"""`projects`: lists projects."""

from cekura_client.cli.endings import guarded
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options
from cekura_client.cli.listing import write_list
from cekura_client.cli.output.tables import Heading, text_of
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings

_FIELDS = ("id", "name", "sample_rate")
_HEADINGS = (
    Heading("project", text_of("id"), is_number=True),
    Heading("name", text_of("name")),
)


def projects(
    *,
    output: options.ListOutput = None,
    raw: options.Raw = False,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """List the projects that the key may see. Costs nothing."""

    def command(terminal: Terminal) -> ExitCode:
        return write_list(
            "projects",
            lambda cekura: cekura.projects.list(),
            columns=_HEADINGS,
            fields=_FIELDS,
            settings=Settings(base_url=base_url, output=output, raw=raw),
            terminal=terminal,
        )

    guarded(command, verbose=verbose, debug=debug)
