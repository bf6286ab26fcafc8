"""A run's account: what became of each call, in memory and in the journal.

What is noted in memory takes no time; `write` puts it on disk, which does.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from cekura_client.batches.journal import Fate, Journal
from cekura_client.batches.orders import Reply, RowT
from cekura_client.batches.report import BatchReport
from cekura_client.batches.steps import Batch, Delivery
from cekura_client.errors import CekuraError


@dataclass(frozen=True, slots=True)
class Note:
    """What a journal is told of a batch; see `Journal.note`."""

    fates: Mapping[Fate, Sequence[int]]
    error: CekuraError | None = None
    reply: bytes | None = None


class Ledger(Generic[RowT]):
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
                {Fate.SENDING: batch.ids}, batch=batch.number, sent_at=batch.sent_at
            )

    def held(self, batch: Batch[RowT]) -> None:
        """Note on disk that a batch did not run, and is to be sent (again)."""
        self.write(batch, Note({Fate.HELD: batch.ids}))

    def succeeded(self, batch: Batch[RowT], reply: Reply[RowT]) -> Note:
        """Note that a batch was accepted; its reply is to be kept for `on_reply`."""
        self.report.succeeded.extend(batch.ids)
        if self._keeps_replies:
            batch.rows = reply.rows
        kept = reply.body if self._keeps_replies else None
        return Note({Fate.SUCCEEDED: batch.ids}, reply=kept)

    def refused(self, batch: Batch[RowT], error: CekuraError) -> Note:
        """Note that a batch was refused for good."""
        self.report.refused.update(dict.fromkeys(self._never_sent(batch.ids), error))
        return Note({Fate.REFUSED: batch.ids}, error)

    def unknown(self, batch: Batch[RowT], error: CekuraError) -> Note:
        """Note that a batch may have run."""
        # What was unknown before its repetition stays so since its first sending.
        for call in batch.ids:
            self.report.unknown[call] = self._doubted.get(call, error)
        return Note({Fate.UNKNOWN: batch.ids}, error)

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
