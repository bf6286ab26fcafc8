"""Settles the unknown calls of a journal, and tells by which sign each was sorted."""

from functools import partial

from cekura_client import Cekura, Settlement
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.output import Output
from cekura_client.cli.records import reason_records
from cekura_client.cli.row_tables import Heading, RowTableWriter, text_of
from cekura_client.cli.settings import Settings
from cekura_client.cli.terminal import Terminal

_FIELDS = ("call_log_id", "outcome", "reason")
_HEADINGS = (
    Heading("call", text_of("call_log_id"), is_number=True),
    Heading("outcome", text_of("outcome")),
    Heading("sign", text_of("reason")),
)


def settle_journal(
    journal: str,
    settings: Settings,
    terminal: Terminal,
    *,
    agent_id: int | None,
    project_id: int | None,
    grace: float,
) -> ExitCode:
    """Settle a journal in place; only reads from the API."""
    with Cekura(base_url=settings.base_url) as cekura:
        settlement = cekura.call_logs.settle(
            journal=journal, agent_id=agent_id, project_id=project_id, grace=grace
        )
    table = partial(RowTableWriter, headings=_HEADINGS)
    output = Output(terminal, settings, _FIELDS, table=table)
    output.write(reason_records("ran", settlement.ran))
    output.write(reason_records("did_not_run", settlement.did_not_run))
    output.write(reason_records("cannot_tell", settlement.cannot_tell))
    output.end()
    if output.problem:
        terminal.say(f"The results could not be written: {output.problem.strerror}.")
    _tell(settlement, terminal)
    if settlement.cannot_tell:
        return ExitCode.UNKNOWN
    return ExitCode.INCOMPLETE if output.problem else ExitCode.DONE


def _tell(settlement: Settlement, terminal: Terminal) -> None:
    if not (settlement.ran or settlement.did_not_run or settlement.cannot_tell):
        terminal.say("The journal holds no unknown calls: nothing to settle.")
        return
    if settlement.did_not_run:
        terminal.say(
            "What did not run is sent when the same command is given again with this journal."
        )
    if settlement.cannot_tell:
        terminal.say(
            "What cannot be told stays unknown in the journal: settle again later, or look at the "
            "calls, and name those that did not run in --repeat-unknown."
        )
    terminal.say(f"{settlement}.")
