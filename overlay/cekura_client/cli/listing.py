"""Lists what a command names: metrics, agents, projects."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from cekura_client import Cekura
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.tables import Heading, RowTableWriter
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings
from cekura_client.models import Agent, Metric, Project


def write_list(
    what: str,
    rows: Callable[[Cekura], Iterable[Metric | Agent | Project]],
    *,
    columns: Sequence[Heading],
    fields: Sequence[str],
    settings: Settings,
    terminal: Terminal,
) -> ExitCode:
    """Read rows, and write these fields of them.

    Args:
        what: What they are called.
        rows: Reads them.
        columns: What a table shows.
        fields: What records hold, the id first.
        settings: How to go about it.
        terminal: Where to say what is wrong.
    """
    with settings.client() as cekura:
        output = Output(terminal, settings, fields, table=partial(RowTableWriter, headings=columns))
        found = 0
        for row in rows(cekura):
            told = row.to_dict()
            output.write([{name: told[name] for name in fields}])
            if output.problem or output.reader_left:
                break
            found += 1
        output.end()
    if output.problem:
        terminal.say(f"The {what} could not be written: {output.problem.strerror}.")
        return ExitCode.INCOMPLETE
    if not found and not output.reader_left:
        terminal.say(f"No {what} found.")
    return ExitCode.DONE
