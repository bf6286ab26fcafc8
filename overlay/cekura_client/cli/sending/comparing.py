"""Compares the results that a run comes to with those from before it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cekura_client import (
    BatchReport,
    CallLog,
    CallLogSummary,
    Cekura,
    Comparison,
    MetricRow,
    to_rows,
)
from cekura_client.call_logs.listing.query import BEGINNING, id_chunks
from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.cli.sending.question import balance_of
from cekura_client.cli.sending.run import Run, counted
from cekura_client.cli.session import Session
from cekura_client.cli.settings import Settings
from cekura_client.cli.waiting import Waited
from cekura_client.comparison import Side, compare_sides

if TYPE_CHECKING:
    from decimal import Decimal

    from cekura_client.report.contents import CallFacts


class Comparing:
    """What the calls of a run were like before, and what they came to.

    Attributes:
        comparison: What is different; None as long as that is not known.
        problem: Why the report could not be written; empty where it was.
    """

    def __init__(self, run: Run, settings: Settings) -> None:
        self._run = run
        self._settings = settings
        self._before: list[MetricRow] = []
        self._after: list[MetricRow] = []
        self._facts: dict[int | str, CallFacts] = {}
        self._begun: frozenset[int] = frozenset()
        self._notes: list[str] = []
        self._balance: Decimal | None = None
        self.comparison: Comparison | None = None
        self.problem = ""

    @classmethod
    def prepared(cls, run: Run, settings: Settings) -> "Comparing | None":
        """Make one where it is asked for.

        Raises:
            BadUsageError: It cannot be done; that is told before anything is paid for it.
            InvalidRequestError: The report cannot be written there.
        """
        if not settings.compares:
            return None
        if run.scope is None:
            raise BadUsageError(
                "--report and --fail-on-regression read first what the calls are like, by lists, "
                "which take --agent-id. Nothing was sent."
            )
        if settings.report is not None:
            checked_report(settings.report)
        return cls(run, settings)

    def read_before(self, session: Session, begun: frozenset[int]) -> None:
        """Read the results as they are now, by lists.

        Args:
            session: The command.
            begun: Calls that an earlier process has sent: what they were like is over.
        """
        self._begun = begun
        found = 0
        with session.bar("Reading") as bar:
            for call in self._calls(session.cekura):
                self._before += self._rows(call)
                found += 1
                bar.show_listing(found)
        if begun:
            self._notes.append(
                f"{counted(len(begun), 'call')} of an earlier run with this journal left out: what "
                "they were like before it is not known."
            )
        wanted = 0 if self._run.call_logs is None else len({*self._run.call_logs} - begun)
        if found < wanted:
            self._notes.append(
                f"{counted(wanted - found, 'call')} in no list before the run: their results count "
                "as new."
            )
        if self._settings.report is not None:
            self._balance = balance_of(self._settings)

    def keep(self, call: CallLog) -> None:
        """Keep what is compared, and shown, of a call after its evaluation."""
        if call.id in self._begun:
            return
        self._after += self._rows(call)
        if self._settings.report is not None:
            from cekura_client.report.contents import facts_of  # noqa: PLC0415  (an extra)

            facts = facts_of(call, with_transcripts=self._settings.with_transcripts)
            self._facts[call.id] = facts

    def finish(self, report: BatchReport, waited: Waited) -> None:
        """Compare, and write the report where one is asked for."""
        for calls, what in (
            (report.refused, "refused"),
            (report.not_sent, "not sent"),
            (waited.pending, "still being evaluated when the wait ended"),
            (waited.unreadable, "evaluated, but could not be read"),
        ):
            if calls:
                self._notes.append(f"{counted(len(calls), 'call')} {what}: not compared.")
        evaluated = {row["call_log_id"] for row in self._after}
        before = [row for row in self._before if row["call_log_id"] in evaluated]
        old, new = Side("before", before), Side("after", self._after)
        self.comparison = compare_sides(old, new)
        path = self._settings.report
        if path is None:
            return
        from cekura_client.report import contents, writing  # noqa: PLC0415  (an extra)

        accepted = len({*report.succeeded} - self._begun)
        each = self._run.metrics_each
        account = contents.Account(
            metric_runs=None if each is None else accepted * each,
            credits_before=self._balance,
            credits_after=balance_of(self._settings),
            unknown=[*report.unknown],
        )
        shown = contents.contents_of(
            old,
            new,
            self._facts,
            account,
            self._notes,
            with_transcripts=self._settings.with_transcripts,
        )
        try:
            writing.write_contents(shown, path)
        except OSError as error:
            self.problem = error.strerror or str(error)

    def _calls(self, cekura: Cekura) -> Iterator[CallLogSummary]:
        """List the calls, each portion no further into the past than its calls are."""
        scope: dict[str, Any] = {**(self._run.scope or {}), "since": BEGINNING}
        if self._run.call_logs is None:
            yield from cekura.call_logs.list(**scope)
            return
        wanted = [call for call in dict.fromkeys(self._run.call_logs) if call not in self._begun]
        for portion in id_chunks(wanted):
            missing = {*portion}
            for call in cekura.call_logs.list(**scope, call_ids=portion):
                yield call
                missing.discard(call.id)
                if not missing:
                    break

    def _rows(self, call: CallLog | CallLogSummary) -> list[MetricRow]:
        metrics = self._run.metrics
        return [row for row in to_rows([call]) if metrics is None or row["metric_id"] in metrics]


def checked_report(path: str) -> None:
    """Check that a report can be written there.

    Raises:
        BadUsageError: The extra is not installed.
        InvalidRequestError: The path is none.
    """
    try:
        from cekura_client.report.writing import checked_path  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise BadUsageError(str(error)) from None
    checked_path(path)
