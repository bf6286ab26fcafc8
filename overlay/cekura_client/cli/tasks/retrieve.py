"""`retrieve`: reads call logs, several at once, and writes them in the order asked for."""

from collections.abc import Sequence
from functools import partial

from cekura_client import RetrieveManyError
from cekura_client.cli.endings import told_of_interrupts
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.output.records import RESULT_FIELDS, error_records, failures, result_records
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.tables import TableWriter
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.session import Session
from cekura_client.cli.settings import Settings
from cekura_client.cli.summary import tell_reading
from cekura_client.cli.waiting import Waited, wait_for_results


def read_calls(
    call_ids: Sequence[int], settings: Settings, terminal: Terminal, *, whole: bool
) -> ExitCode:
    """Read call logs, and write their results, or with `whole` everything."""
    with settings.client() as cekura:
        fields = None if whole else RESULT_FIELDS
        table = partial(TableWriter, explanations=True)
        output = Output(terminal, settings, fields, table=table)
        session = Session(cekura, settings, terminal, output)
        if settings.wait:
            done = wait_for_results(session, call_ids, None)
        else:
            done = _read_each(session, call_ids, whole=whole)
        output.end()
        return tell_reading(terminal, done, output.problem, settings.fail_under)


def _read_each(session: Session, call_ids: Sequence[int], *, whole: bool) -> Waited:
    done = Waited()
    only_failed = session.settings.only_failed
    output = session.output
    bar = session.bar("Reading")
    try:
        with bar, told_of_interrupts(session.cekura.close):
            for call in session.cekura.call_logs.retrieve_many(
                call_ids, max_concurrency=session.settings.max_concurrency
            ):
                results = [*result_records(call, "read")]
                done.count(results)
                shown = failures(results) if only_failed else results
                output.write([call.to_dict()] if whole else shown)
                if output.reader_left:
                    break
                bar.show_reading(done.evaluated, len(call_ids))
    except RetrieveManyError as error:
        done.unreadable = error.failed
        output.write(error_records("unreadable", error.failed))
    except KeyboardInterrupt:
        done.interrupted = True
    return done
