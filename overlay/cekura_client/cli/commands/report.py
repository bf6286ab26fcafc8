"""`report`: writes a page of one file of results, or of what is different from another one."""

from typing import Annotated

import typer

from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options

After = Annotated[
    str,
    typer.Option(
        metavar="FILE",
        help="A file of results: jsonl, json or csv, as other commands write it. Whole calls "
        "(retrieve --whole) have recordings and transcripts.",
        show_default=False,
    ),
]
Before = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="The same, of the earlier time, to compare with.", show_default=False
    ),
]
Page = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write it: a page (.html), or Markdown (.md).",
        show_default=False,
    ),
]


def report(
    *,
    after: After,
    output: Page,
    before: Before = None,
    with_transcripts: options.WithTranscripts = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Write what is in a file of results as a page. Costs nothing, and sends nothing."""
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.sending.comparing import checked_report

    def command(terminal: Terminal) -> ExitCode:
        checked_report(output)
        from cekura_client.report import write_report

        try:
            write_report(after, output, before=before, with_transcripts=with_transcripts)
        except OSError as error:
            terminal.say(f"The report could not be written: {error.strerror}.")
            return ExitCode.INCOMPLETE
        terminal.say(f"{output} is written.")
        return ExitCode.DONE

    guarded(command, verbose=verbose, debug=debug)
