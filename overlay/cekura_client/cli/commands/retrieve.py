"""`retrieve`: reads call logs, several at once, and writes them in the order asked for."""

from collections.abc import Sequence
from functools import partial

from cekura_client import RetrieveManyError
from cekura_client.cli.endings import guarded, told_of_interrupts
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.finding import ids_given
from cekura_client.cli.input import options
from cekura_client.cli.input.scope import scope_or_default
from cekura_client.cli.output.formats import Format
from cekura_client.cli.output.records import RESULT_FIELDS, error_records, failures, result_records
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.tables import TableWriter
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.session import Session
from cekura_client.cli.settings import DEFAULT_MISSING_AFTER, DEFAULT_TIMEOUT, Settings
from cekura_client.cli.summary import tell_reading
from cekura_client.cli.waiting import Waited, wait_for_results


def retrieve(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    call_ids_from: options.CallIdsFrom = None,
    since: options.FoundSince = None,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    wait: options.Wait = False,
    timeout: options.Timeout = DEFAULT_TIMEOUT,
    missing_after: options.MissingAfter = DEFAULT_MISSING_AFTER,
    output: options.Output = None,
    raw: options.Raw = False,
    whole: options.Whole = False,
    only_failed: options.OnlyFailed = False,
    fail_under: options.FailUnder = None,
    max_concurrency: options.Concurrency = 4,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Read calls, with the results of their metrics. Costs nothing."""

    def command(terminal: Terminal) -> ExitCode:
        if whole and (wait or only_failed or output in {Format.TABLE, Format.CSV}):
            raise BadUsageError(
                "--whole writes json or jsonl, and goes without --wait and --only-failed."
            )
        settings = Settings(
            base_url=base_url,
            output=Format.JSON if whole and output is None else output,
            raw=raw,
            wait=wait,
            timeout=timeout,
            request_timeout=request_timeout,
            missing_after=missing_after,
            max_concurrency=max_concurrency,
            only_failed=only_failed,
            fail_under=fail_under,
        )
        agent, project = scope_or_default(agent_id, project_id) if call_ids_from else (None, None)
        call_ids = ids_given(
            ids,
            files,
            call_ids_from,
            settings,
            agent_id=agent,
            project_id=project,
            since=since,
        )
        return _read(call_ids, settings, terminal, whole=whole)

    guarded(command, verbose=verbose, debug=debug)


def _read(
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
