"""What a journal tells of a run's calls, as a report."""

from datetime import datetime

from cekura_client.batches.fates import Fate
from cekura_client.batches.journal import Journal
from cekura_client.batches.report import BatchReport, JournalFinishedError
from cekura_client.errors import CekuraError, OutcomeUnknownError, SentRequest


def report_of(journal: Journal) -> BatchReport:
    """Tell what became of the calls so far; those to be sent (again) are in no list."""
    report = BatchReport()
    for ids in journal.calls(Fate.SUCCEEDED).values():
        report.succeeded.extend(ids)
    for batch, ids in journal.calls(Fate.REFUSED).items():
        report.refused.update(dict.fromkeys(ids, journal.error(batch) or CekuraError("Refused.")))
    for batch, ids in journal.calls(Fate.UNKNOWN).items():
        error = journal.error(batch) or OutcomeUnknownError(
            "The process ended while this was in flight: it may have run, and been charged. Look "
            "at the call logs before you send it again.",
            may_have_run=True,
        )
        error.sent = _request(journal, batch, ids)
        report.unknown.update(dict.fromkeys(ids, error))
    return report


def _request(journal: Journal, batch: int, ids: list[int]) -> SentRequest:
    parameters = journal.parameters
    operation = parameters.pop("operation")
    del parameters["base_url"]
    return SentRequest(operation, {"call_logs": ids} | parameters, journal.sent_at(batch))


def unknown_of(journal: Journal) -> dict[int, datetime]:
    """Tell when each unknown call was sent."""
    return {
        call: journal.sent_at(batch)
        for batch, ids in journal.calls(Fate.UNKNOWN).items()
        for call in ids
    }


def raise_if_finished(journal: Journal, *, wants_replies: bool) -> None:
    """Raise where nothing is left to do.

    Args:
        journal: The run's.
        wants_replies: Whether a reply that was not taken yet is something to do.

    Raises:
        JournalFinishedError: It carries the report.
    """
    if journal.finished and not (wants_replies and journal.undelivered()):
        raise JournalFinishedError(journal.path, report_of(journal))
