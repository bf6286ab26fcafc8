"""What became of each call of a run in batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cekura_client.errors import CekuraError, InvalidRequestError, InvalidResponseError
from cekura_client.models import CallLog, CallLogSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """How far a run in batches is, in calls.

    Attributes:
        succeeded: Accepted by the API.
        refused: Refused for good; they never ran.
        unknown: They may have run, and been charged.
        not_sent: Given up before they were sent.
        in_flight: On their way, or waiting for the rate limit or for an evaluation to end.
        total: How many there are in all; None where the calls come from an iterator.

    Example:
        >>> BatchProgress(succeeded=200, refused=0, unknown=100, not_sent=0, in_flight=0).done
        300
    """

    succeeded: int = 0
    refused: int = 0
    unknown: int = 0
    not_sent: int = 0
    in_flight: int = 0
    total: int | None = None

    @property
    def done(self) -> int:
        """How many calls are over, whatever became of them."""
        return self.succeeded + self.refused + self.unknown + self.not_sent


@dataclass(slots=True, kw_only=True)
class BatchReport:
    """What became of each call of a run in batches; every call is in one of the four.

    Attributes:
        succeeded: Ids of the calls that the API accepted, in the order of its replies: their
            evaluation runs, and is charged.
        refused: By id, why the API refused a call for good. These never ran.
        unknown: By id, why it is not known what became of a call. These may have run and been
            charged: look at the call logs before you send them again.
        not_sent: Ids of the calls that were given up before they were sent.
        stopped_by: The refusal that ended the run early: a key that may not do this, or no
            credits left. None where the run came to its end.
        undelivered: Replies that `on_reply` did not take, because it raised.
        unreadable: Replies that the journal keeps and this version cannot read, after an upgrade,
            say. Each was paid for: its bytes are in the error's `body`, and stay in the journal.

    Example:
        >>> report = cekura.call_logs.evaluate_metrics_in_batches(
        ...     agent_id=224, call_logs=[123, 456, 999999], metrics=[789], batch_size=2
        ... )
        >>> report.succeeded, list(report.refused), report.complete
        ([123, 456], [999999], False)
    """

    succeeded: list[int] = field(default_factory=list[int])
    refused: dict[int, CekuraError] = field(default_factory=dict[int, CekuraError])
    unknown: dict[int, CekuraError] = field(default_factory=dict[int, CekuraError])
    not_sent: list[int] = field(default_factory=list[int])
    stopped_by: CekuraError | None = None
    undelivered: list[Sequence[CallLog | CallLogSummary]] = field(
        default_factory=list[Sequence[CallLog | CallLogSummary]]
    )
    unreadable: list[InvalidResponseError] = field(default_factory=list[InvalidResponseError])

    @property
    def complete(self) -> bool:
        """Whether every call was accepted, and every reply taken."""
        unfinished = self.refused or self.unknown or self.not_sent
        return not (unfinished or self.undelivered or self.unreadable)

    def raise_if_incomplete(self) -> None:
        """Raise unless every call was accepted.

        Raises:
            IncompleteBatchesError: It carries this report; its `__cause__` is the refusal that
                ended the run early, else the first one.

        Example:
            >>> BatchReport(succeeded=[123]).raise_if_incomplete()
        """
        if not self.complete:
            raise IncompleteBatchesError(self) from _refusal(self)

    def __str__(self) -> str:
        """Say how many calls came to what."""
        return (
            f"{len(self.succeeded)} succeeded, {len(self.refused)} refused, "
            f"{len(self.unknown)} unknown, {len(self.not_sent)} not sent"
        )

    def _repr_html_(self) -> str:
        """Show how many calls came to what as a table, for notebooks."""
        counts = {
            "succeeded": len(self.succeeded),
            "refused": len(self.refused),
            "unknown: may have run and been charged": len(self.unknown),
            "not sent": len(self.not_sent),
        }
        rows = "".join(
            f"<tr><th>{what}</th><td>{calls}</td></tr>" for what, calls in counts.items()
        )
        return f"<table>{rows}</table>"


def _refusal(report: BatchReport) -> CekuraError | None:
    """Pick the refusal that ended the run early, else the first one."""
    return report.stopped_by or next(iter(report.refused.values()), None)


class IncompleteBatchesError(CekuraError):
    """Not every call of a run in batches was accepted.

    Raised by `BatchReport.raise_if_incomplete`, and by a run that an error ended which did not
    come from the API: of the iterable, of a callback, of the journal. That one is its
    `__cause__`; else it is the first refusal, which the message tells, too. `may_have_run` is True
    where the outcome of some calls is unknown.

    Attributes:
        report: What became of each call.

    Example:
        >>> try:
        ...     BatchReport(not_sent=[123]).raise_if_incomplete()
        ... except IncompleteBatchesError as error:
        ...     print(error.report.not_sent)
        [123]
    """

    report: BatchReport

    def __init__(self, report: BatchReport, why: str = "") -> None:
        calls = f"The run in batches is incomplete: {report}."
        refusal = _refusal(report)
        which = "First refusal" if report.stopped_by is None else "Stopped by"
        refused = "" if refusal is None else f" {which}: {refusal}"
        advice = ""
        if report.unknown:
            advice = (
                " What is unknown may have run, and been charged: look at the call logs before "
                "you send it again."
            )
        super().__init__(f"{why}{calls}{refused}{advice}", may_have_run=bool(report.unknown))
        self.report = report


class BatchInterrupt(KeyboardInterrupt):
    """Ctrl-C ended a run in batches.

    Attributes:
        report: What became of each call.

    Example:
        >>> BatchInterrupt(BatchReport(succeeded=[123])).report.succeeded
        [123]
    """

    report: BatchReport

    def __init__(self, report: BatchReport) -> None:
        super().__init__(f"Interrupted: {report}")
        self.report = report

    def __reduce__(self) -> tuple[type["BatchInterrupt"], tuple[BatchReport]]:
        """Pickle with the report."""
        return type(self), (self.report,)


class JournalFinishedError(InvalidRequestError):
    """The run that a journal belongs to is finished; nothing was sent.

    Attributes:
        report: What became of each of its calls.

    Example:
        >>> JournalFinishedError("nightly.db", BatchReport(succeeded=[123])).report.succeeded
        [123]
    """

    report: BatchReport

    def __init__(self, journal: str, report: BatchReport) -> None:
        super().__init__(
            f"The run in the journal {journal} is finished: {report}. A new run needs a "
            "new journal; to send unknown calls of this one again, name them in repeat_unknown."
        )
        self.report = report
