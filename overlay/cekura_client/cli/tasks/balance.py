"""`balance`: shows the credits that are left."""

from functools import partial

from cekura_client import BillingInfo, PermissionDeniedError
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.output.records import Record
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.tables import Heading, RowTableWriter, text_of
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings

_AMOUNTS = ("credits_remaining", "credits_used", "initial_balance")
_FIELDS = (*_AMOUNTS, "balance_expiry", "organization")
_HEADINGS = (
    Heading("credits left", text_of("credits_remaining"), is_number=True),
    Heading("used", text_of("credits_used"), is_number=True),
    Heading("at the start", text_of("initial_balance"), is_number=True),
    Heading("expires", text_of("balance_expiry")),
    Heading("organization", text_of("organization")),
)


def show_balance(settings: Settings, terminal: Terminal) -> ExitCode:
    """Read the balance, and write it."""
    with settings.client() as cekura:
        try:
            info = cekura.billing.info()
        except PermissionDeniedError as error:
            terminal.say(
                "Error: This key may not read the balance; an organization's key may, a project's "
                f"may not: the server answered 403 ({error.detail or 'without a reason'}).",
                "bold",
            )
            return ExitCode.INCOMPLETE
    table = partial(RowTableWriter, headings=_HEADINGS)
    output = Output(terminal, settings, _FIELDS, table=table)
    output.write([_record(info)])
    output.end()
    if output.problem:
        terminal.say(f"The balance could not be written: {output.problem.strerror}.")
        return ExitCode.INCOMPLETE
    return ExitCode.DONE


def _record(info: BillingInfo) -> Record:
    # As text, as the API has them: many programs read a number in JSON as a binary fraction.
    amounts = {name: getattr(info, name) for name in _AMOUNTS}
    expiry = info.balance_expiry
    return {
        **{name: None if amount is None else f"{amount:f}" for name, amount in amounts.items()},
        "balance_expiry": expiry.isoformat().replace("+00:00", "Z") if expiry else None,
        "organization": info.organization,
    }
