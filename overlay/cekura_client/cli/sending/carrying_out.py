"""Carries out a run: asks, sends, waits for results where asked to, and tells what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cekura_client import (
    BatchInterrupt,
    BatchReport,
    CallLog,
    CallLogSummary,
    EvaluationBaseline,
    IncompleteBatchesError,
    JournalFinishedError,
)
from cekura_client.cli.endings import told_of_interrupts
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.output.records import (
    ACCEPTED_FIELDS,
    RESULT_FIELDS,
    Record,
    accepted_record,
    error_records,
    outcome_records,
)
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.output.words import told
from cekura_client.cli.sending.comparing import Comparing
from cekura_client.cli.sending.question import may_go_on
from cekura_client.cli.sending.run import BatchOptions, Run
from cekura_client.cli.session import Session
from cekura_client.cli.settings import Settings
from cekura_client.cli.summary import RunSummary, tell, why_not_sent
from cekura_client.cli.waiting import Waited, wait_for_results


def carry_out(run: Run, settings: Settings, terminal: Terminal) -> ExitCode:
    """Send a run, and wait for its results where asked to."""
    if not settings.wait and (settings.only_failed or settings.fail_under is not None):
        raise BadUsageError(
            "--only-failed and --fail-under tell of results, so they take --wait. Nothing was sent."
        )
    fields = RESULT_FIELDS if settings.wait else ACCEPTED_FIELDS
    if run.calls == 0:
        Output(terminal, settings, fields).end()
        terminal.say("No ids of call logs: nothing to do.")
        return ExitCode.DONE
    with settings.client() as cekura:
        comparing = Comparing.prepared(run, settings)
        left = run.remaining(settings.checked_base_url)
        if not may_go_on(run, left, settings, terminal):
            terminal.say("Nothing was sent.")
            return ExitCode.INCOMPLETE
        output = Output(terminal, settings, fields)
        session = Session(cekura, settings, terminal, output)
        if comparing is not None:
            comparing.read_before(session, frozenset() if left is None else left.begun)
        replies = _Replies(output, keeps_marks=settings.wait)
        sent = _send(run, run.allowing_what_is_over(left), session, replies)
        output.write(_records_without_a_reply(sent, replies, settings))
        waited = None
        if settings.wait and not sent.interrupted and sent.report.succeeded:
            marks = [replies.mark(call_id) for call_id in sent.report.succeeded]
            keep = None if comparing is None else comparing.keep
            waited = wait_for_results(session, marks, run.metrics, keep, run.metric_names)
        output.end()
        if comparing is not None and not sent.interrupted:
            comparing.finish(sent.report, waited or Waited())
        return tell(
            terminal,
            RunSummary(
                report=sent.report,
                waited=waited,
                interrupted=sent.interrupted,
                notes=sent.notes,
                output_problem=output.problem,
                journal=settings.journal,
                comparison=comparing.comparison if comparing else None,
                fails_on_regression=settings.fail_on_regression,
                fail_under=settings.fail_under,
                report_problem=comparing.problem if comparing else "",
            ),
        )


class _Replies:
    """Takes each reply: writes it, or keeps the little that tells later of its results."""

    def __init__(self, output: Output, *, keeps_marks: bool) -> None:
        self._output = output
        self._keeps_marks = keeps_marks
        self._marks: dict[int, EvaluationBaseline] = {}
        self.written: set[int] = set()

    def take(self, calls: Sequence[CallLog | CallLogSummary]) -> None:
        for call in calls:
            if self._keeps_marks:
                self._marks[call.id] = EvaluationBaseline.of(call)
            else:
                self._output.write([accepted_record(call)])
                self.written.add(call.id)

    def mark(self, call_id: int) -> EvaluationBaseline:
        """The mark of a call; one whose reply an earlier process has taken was evaluating."""
        return self._marks.get(call_id) or EvaluationBaseline(id=call_id, status="evaluating")


@dataclass(frozen=True, slots=True)
class _Sent:
    report: BatchReport
    interrupted: bool = False
    notes: tuple[str, ...] = ()


def _send(run: Run, options: BatchOptions, session: Session, replies: _Replies) -> _Sent:
    bar = session.bar(run.title)
    try:
        with bar, told_of_interrupts(bar.stop_soon):
            report = run.send(
                session.cekura, options, on_reply=replies.take, on_progress=bar.show_batches
            )
    except BatchInterrupt as interrupt:
        return _Sent(interrupt.report, interrupted=True)
    except JournalFinishedError as finished:
        note = "The run in the journal is finished already; nothing was sent."
        return _Sent(finished.report, notes=(note,))
    except IncompleteBatchesError as error:
        return _Sent(error.report, notes=(told(error),))
    return _Sent(report)


def _records_without_a_reply(
    sent: _Sent, replies: _Replies, settings: Settings
) -> Iterator[Record]:
    report = sent.report
    if not settings.wait or sent.interrupted:
        unwritten = [call_id for call_id in report.succeeded if call_id not in replies.written]
        yield from outcome_records("accepted", unwritten, None)
    yield from error_records("refused", report.refused)
    yield from error_records("unknown", report.unknown)
    yield from outcome_records(
        "not_sent", report.not_sent, why_not_sent(report, interrupted=sent.interrupted)
    )
