"""The commands: what each takes, and what it does."""

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from cekura_client.cli import options, runs
from cekura_client.cli.call_ids import parse_option, read_call_ids
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.guard import guarded
from cekura_client.cli.reading import read
from cekura_client.cli.sending import carry_out
from cekura_client.cli.settings import Settings
from cekura_client.cli.terminal import Terminal
from cekura_client.cli.writers import Format

_HOUR = 3600.0
_EPILOG = (
    "The API key is read from the environment variable CEKURA_API_KEY. "
    "Exit codes: 0 all done; 1 something was refused, not sent, not read, or is still pending; "
    "2 bad usage, nothing was sent; 3 some calls may have run and been charged, and nobody knows; "
    "130 interrupted."
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


@app.command()
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
    yes: options.Yes = False,
    journal: options.Journal = None,
    repeat_unknown: options.RepeatUnknown = None,
    batch_size: options.BatchSize = 100,
    max_concurrency: options.Concurrency = 4,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
) -> None:
    """Run chosen metrics on chosen calls. Costs credits: calls times metrics."""

    def command(terminal: Terminal) -> ExitCode:
        call_ids = _call_ids(ids, files)
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
            ),
        )
        settings = Settings(
            base_url=base_url,
            output=output,
            wait=wait,
            timeout=timeout,
            max_concurrency=max_concurrency,
            yes=yes,
            journal=journal,
        )
        return carry_out(run, settings, terminal)

    guarded(command, verbose=verbose)


@app.command()
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
    yes: options.Yes = False,
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
            None if all_calls else _call_ids(ids, files),
            agent_id=agent_id,
            assistant_id=assistant_id,
            options=runs.BatchOptions(
                batch_size=batch_size,
                max_concurrency=max_concurrency,
                journal=journal,
                repeat_unknown=parse_option(repeat_unknown or [], "--repeat-unknown"),
            ),
        )
        settings = Settings(
            base_url=base_url,
            output=output,
            wait=wait,
            timeout=timeout,
            max_concurrency=max_concurrency,
            yes=yes,
            journal=journal,
        )
        return carry_out(run, settings, terminal)

    guarded(command, verbose=verbose)


@app.command()
def retrieve(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    wait: options.Wait = False,
    timeout: options.Timeout = _HOUR,
    output: options.Output = None,
    whole: options.Whole = False,
    max_concurrency: options.Concurrency = 4,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
) -> None:
    """Read calls, with the results of their metrics. Costs nothing."""

    def command(terminal: Terminal) -> ExitCode:
        if whole and (wait or output in {Format.TABLE, Format.CSV}):
            raise BadUsageError("--whole writes json or jsonl, and goes without --wait.")
        settings = Settings(
            base_url=base_url,
            output=Format.JSON if whole and output is None else output,
            wait=wait,
            timeout=timeout,
            max_concurrency=max_concurrency,
        )
        return read(_call_ids(ids, files), settings, terminal, whole=whole)

    guarded(command, verbose=verbose)


@app.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def sandbox(context: typer.Context) -> None:
    """Serve a stand-in for the API on this machine, until Ctrl-C; --help tells its options."""
    try:
        from cekura_client.sandbox import __main__ as command  # noqa: PLC0415  (its own extra)
    except ImportError as error:
        typer.echo(error, err=True)
        raise typer.Exit(ExitCode.BAD_USAGE) from None
    command.heed_ctrl_c()
    raise typer.Exit(command.main(context.args, prog="cekura-client sandbox"))


def _call_ids(ids: list[str] | None, files: list[str] | None) -> list[int]:
    if not ids and not files:
        raise BadUsageError(
            "Name ids of call logs, --from a file, or - for standard input. Nothing was sent."
        )
    return read_call_ids(ids or [], files or [], sys.stdin.buffer)
