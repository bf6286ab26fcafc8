"""A run's account: what became of each call, in memory and in the journal.

What is noted in memory takes no time; `write` puts it on disk, which does.
"""

import copy
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Generic

from cekura_client.call_logs.batches.jobs import Reply, RowT
from cekura_client.call_logs.batches.journal import CallState, Journal
from cekura_client.call_logs.batches.report import BatchReport
from cekura_client.call_logs.batches.steps import Batch, Delivery
from cekura_client.errors import CekuraError, MissingRowsError, shown_ids, was_accepted


@dataclass(frozen=True, slots=True)
class Note:
    """What a journal is told of a batch; see `Journal.note`."""

    fates: Mapping[CallState, Sequence[int]]
    error: CekuraError | None = None
    reply: bytes | None = None


class RunRecorder(Generic[RowT]):
    """Notes fates. Where the journal cannot be written, the report is right all the same.

    Args:
        journal: Where fates are kept beside the report, if anywhere.
        keeps_replies: Whether replies are wanted.
        doubted: By id, why calls are unknown that are sent again all the same.

    Attributes:
        report: What became of each call.
        deliveries: Replies that `on_reply` is to take.
    """

    def __init__(
        self,
        journal: Journal | None,
        *,
        keeps_replies: bool,
        doubted: Mapping[int, CekuraError],
    ) -> None:
        self.journal = journal
        self.report = BatchReport() if journal is None else journal.report
        self.deliveries: deque[Delivery[RowT]] = deque()
        self._keeps_replies = keeps_replies
        self._doubted = doubted

    def write(self, batch: Batch[RowT], note: Note) -> None:
        """Tell the journal, if there is one."""
        if self.journal is not None:
            batch.number = self.journal.note(
                note.fates, batch=batch.number, error=note.error, reply=note.reply
            )

    def sending(self, batch: Batch[RowT]) -> None:
        """Note on disk that a batch is about to be sent."""
        if self.journal is not None:
            batch.number = self.journal.note(
                {CallState.SENDING: batch.ids}, batch=batch.number, sent=batch.sent_at
            )

    def held(self, batch: Batch[RowT]) -> None:
        """Note on disk that a batch did not run, and is to be sent (again)."""
        self.write(batch, Note({CallState.HELD: batch.ids}))

    def succeeded(self, batch: Batch[RowT], reply: Reply[RowT]) -> Note:
        """Note that a batch was accepted; its reply is to be kept for `on_reply`.

        What was asked for and is not in the reply is unknown; what was not asked for is left out.
        """
        asked = set(batch.ids)
        rows = [row for row in reply.rows if row.id in asked]
        shown = {row.id for row in rows}
        accepted = [call for call in batch.ids if call in shown]
        missing = [call for call in batch.ids if call not in shown]
        self.report.succeeded.extend(accepted)
        error = _missing_rows(batch, reply, missing) if missing else None
        if error is not None:
            self.count_unknown(missing, error)
        kept = None
        if self._keeps_replies and rows:
            batch.rows, kept = rows, reply.body
        return Note({CallState.SUCCEEDED: accepted, CallState.UNKNOWN: missing}, error, kept)

    def refused(self, batch: Batch[RowT], error: CekuraError) -> Note:
        """Note that a batch was refused for good."""
        self.report.refused.update(dict.fromkeys(self._never_sent(batch.ids), error))
        return Note({CallState.REFUSED: batch.ids}, error)

    def unknown(self, batch: Batch[RowT], error: CekuraError) -> Note:
        """Note that a batch may have run."""
        self.count_unknown(batch.ids, error)
        return Note({CallState.UNKNOWN: batch.ids}, error)

    def count_unknown(self, ids: list[int], error: CekuraError) -> None:
        """Count calls as unknown, in the report alone."""
        for call in ids:
            doubt = self._doubted.get(call)
            self.report.unknown[call] = error if doubt is None else _since_first(error, doubt)

    def not_sent(self, ids: list[int]) -> None:
        """Note that calls are given up before they were sent; the journal is told by `close`."""
        self.report.not_sent.extend(self._never_sent(ids))

    def _never_sent(self, ids: list[int]) -> list[int]:
        """Leave out those that an earlier sending may have run; they are as unknown as before."""
        for call in ids:
            if call in self._doubted:
                self.report.unknown[call] = self._doubted[call]
        return [call for call in ids if call not in self._doubted]

    def delivered(self, delivery: Delivery[RowT]) -> None:
        """Note on disk that `on_reply` has taken a reply."""
        if self.journal is not None and delivery.batch is not None:
            self.journal.delivered(delivery.batch)

    def undelivered(self, rows: Sequence[RowT]) -> None:
        """Keep a reply that `on_reply` did not take; the journal keeps it, too."""
        self.report.undelivered.append(rows)

    def close(self, *, all_known: bool) -> None:
        """Note on disk what was given up, and how far the run has come.

        Args:
            all_known: Whether every id of the run has been read.
        """
        if self.journal is not None:
            report = self.report
            over = not (report.refused or report.not_sent)
            self.journal.end(report.not_sent, all_known=all_known, finished=over)


def _missing_rows(batch: Batch[RowT], reply: Reply[RowT], missing: list[int]) -> CekuraError:
    error = MissingRowsError(
        f"{batch.operation.name} was accepted, but its reply shows nothing of "
        f"{shown_ids(missing)}: that may have run, and been charged. Look at the call logs before "
        "you send it again. The reply is kept in `body`.",
        status_code=HTTPStatus.OK,
        headers={},
        body=reply.body,
        may_have_run=True,
    )
    error.sent = batch.request()
    return error


def _since_first(error: CekuraError, first: CekuraError) -> CekuraError:
    """Take down of a call that was sent before when that was: it may have run ever since."""
    if first.sent is None or was_accepted(first):
        return first
    kept = copy.copy(error)
    kept.__cause__ = error.__cause__
    kept.sent = replace(error.sent or first.sent, at=first.sent.at, at_server=first.sent.at_server)
    return kept
