"""The command line: its commands, and how it is run."""

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from cekura_client.cli.commands.agents import agents
from cekura_client.cli.commands.api import api
from cekura_client.cli.commands.balance import balance
from cekura_client.cli.commands.calls import calls
from cekura_client.cli.commands.compare import compare
from cekura_client.cli.commands.evaluate import evaluate
from cekura_client.cli.commands.metrics import metrics
from cekura_client.cli.commands.projects import projects
from cekura_client.cli.commands.reconcile import reconcile
from cekura_client.cli.commands.report import report
from cekura_client.cli.commands.rerun import rerun
from cekura_client.cli.commands.retrieve import retrieve
from cekura_client.cli.exit_codes import ExitCode

_EPILOG = (
    "The API key is read from the environment variable CEKURA_API_KEY. "
    "Exit codes: 0 all done; 1 something was refused, not sent, not read, or is still pending; "
    "2 bad usage, nothing was sent; 3 some calls may have run and been charged, and nobody knows; "
    "4 too few results passed, with --fail-under; "
    "5 a verdict went from pass to fail, with --fail-on-regression; "
    "130 interrupted. Of several, the first of 3, 130, 4, 5, 1."
)
app = typer.Typer(
    name="cekura-client",
    help="Re-score production calls of AI voice agents through the Cekura API.",
    epilog=_EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def run() -> NoReturn:
    """Run the command line, and end with its exit code."""
    app(prog_name="cekura-client")
    sys.exit()


def _show_version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"cekura-client {version('cekura-client')}")
        raise typer.Exit


@app.callback()
def _common(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


for _command in (
    *(calls, evaluate, rerun, retrieve, reconcile, compare, report),
    *(metrics, agents, projects, balance, api),
):
    app.command()(_command)


@app.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def sandbox(context: typer.Context) -> None:
    """Serve a stand-in for the API on this machine, until Ctrl-C."""
    try:
        from cekura_client.sandbox import __main__ as command  # noqa: PLC0415  (its own extra)
    except ImportError as error:
        typer.echo(error, err=True)
        raise typer.Exit(ExitCode.BAD_USAGE) from None
    command.heed_ctrl_c()
    raise typer.Exit(command.main(context.args, prog="cekura-client sandbox"))
