"""`reconcile`: sorts the unknown calls of a journal, and tells by which sign each was sorted."""

from functools import partial

from cekura_client import Reconciliation
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.output.records import reason_records
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.tables import Heading, RowTableWriter, text_of
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings

_FIELDS = ("call_log_id", "outcome", "reason")
_HEADINGS = (
    Heading("call", text_of("call_log_id"), is_number=True),
    Heading("outcome", text_of("outcome")),
    Heading("sign", text_of("reason")),
)


def reconcile_journal(
    journal: str,
    settings: Settings,
    terminal: Terminal,
    *,
    agent_id: int | None,
    project_id: int | None,
    grace: float,
) -> ExitCode:
    """Reconcile a journal in place; only reads from the API."""
    with settings.client() as cekura:
        reconciliation = cekura.call_logs.reconcile(
            journal=journal, agent_id=agent_id, project_id=project_id, grace=grace
        )
    table = partial(RowTableWriter, headings=_HEADINGS)
    output = Output(terminal, settings, _FIELDS, table=table)
    output.write(reason_records("ran", reconciliation.ran))
    output.write(reason_records("did_not_run", reconciliation.did_not_run))
    output.write(reason_records("undetermined", reconciliation.undetermined))
    output.end()
    if output.problem:
        terminal.say(f"The results could not be written: {output.problem.strerror}.")
    _tell(reconciliation, terminal)
    if reconciliation.undetermined:
        return ExitCode.UNKNOWN
    return ExitCode.INCOMPLETE if output.problem else ExitCode.DONE


def _tell(reconciliation: Reconciliation, terminal: Terminal) -> None:
    if not (reconciliation.ran or reconciliation.did_not_run or reconciliation.undetermined):
        terminal.say("The journal holds no unknown calls: nothing to reconcile.")
        return
    if reconciliation.did_not_run:
        terminal.say(
            "What did not run is sent when the same command is given again with this journal."
        )
    if reconciliation.undetermined:
        terminal.say(
            "What is undetermined stays unknown in the journal: reconcile again later, or look at "
            "the calls, and name those that did not run in --repeat-unknown."
        )
    terminal.say(f"{reconciliation}.")
