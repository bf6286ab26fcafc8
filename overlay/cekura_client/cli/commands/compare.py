"""`compare`: tells what is different between two files of results. Costs nothing."""

from typing import Annotated

import typer

from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options

_FILE = "A file of results: jsonl, json or csv, as other commands write it."
Before = Annotated[str, typer.Argument(metavar="BEFORE", help=_FILE, show_default=False)]
After = Annotated[str, typer.Argument(metavar="AFTER", help=_FILE, show_default=False)]


def compare(
    *,
    before: Before,
    after: After,
    fail_on_regression: options.FailOnRegression = False,
    output: options.Output = None,
    raw: options.Raw = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Tell what is different between two files of results. Costs nothing, and sends nothing.

    A table has each metric and each verdict that turned; other formats have each change.
    """
    from cekura_client import compare as compare_results
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.compare import write_comparison

    def command(terminal: Terminal) -> ExitCode:
        comparison = compare_results(before, after)
        problem = write_comparison(comparison, Settings(output=output, raw=raw), terminal)
        for notice in comparison.notices:
            terminal.say(notice, "bold")
        if comparison.unknown:
            terminal.say(
                f"Unknown, may have run and been charged, by {after}: "
                f"{' '.join(map(str, comparison.unknown))}."
            )
        terminal.say(f"{comparison}.")
        if problem:
            terminal.say(f"The changes could not be written: {problem.strerror}.")
        if fail_on_regression and comparison.unknown:
            return ExitCode.UNKNOWN
        if fail_on_regression and comparison.regressions:
            return ExitCode.REGRESSED
        return ExitCode.INCOMPLETE if problem else ExitCode.DONE

    guarded(command, verbose=verbose, debug=debug)
