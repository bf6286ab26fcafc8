"""A run's account: what became of each call, in memory and in the journal."""

from collections import deque
from collections.abc import Mapping
from typing import Generic

from cekura_client.batches.fates import Fate
from cekura_client.batches.journal import Journal
from cekura_client.batches.journal_report import report_of
from cekura_client.batches.orders import Reply, RowT
from cekura_client.batches.report import BatchReport
from cekura_client.batches.steps import Batch, Delivery
from cekura_client.errors import CekuraError


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
        self.report = BatchReport() if journal is None else report_of(journal)
        self.deliveries: deque[Delivery[RowT]] = deque()
        self._keeps_replies = keeps_replies
        self._doubted = doubted

    def sending(self, batch: Batch[RowT]) -> None:
        """Note that a batch is about to be sent."""
        self._note(Fate.SENDING, batch.ids, batch)

    def held(self, batch: Batch[RowT]) -> None:
        """Note that a batch did not run, and is to be sent (again)."""
        self._note(Fate.HELD, batch.ids, batch)

    def succeeded(self, batch: Batch[RowT], reply: Reply[RowT]) -> None:
        """Note that a batch was accepted, and keep its reply for `on_reply`."""
        self.report.succeeded.extend(batch.ids)
        kept = reply.body if self._keeps_replies else None
        try:
            self._note(Fate.SUCCEEDED, batch.ids, batch, reply=kept)
        finally:
            if self._keeps_replies:
                self.deliveries.append(Delivery(reply.rows, batch.number))

    def refused(self, batch: Batch[RowT], error: CekuraError) -> None:
        """Note that a batch was refused for good."""
        self.report.refused.update(dict.fromkeys(self._never_sent(batch.ids), error))
        self._note(Fate.REFUSED, batch.ids, batch, error)

    def unknown(self, batch: Batch[RowT], error: CekuraError) -> None:
        """Note that a batch may have run."""
        self.report.unknown.update(dict.fromkeys(batch.ids, error))
        self._note(Fate.UNKNOWN, batch.ids, batch, error)

    def not_sent(self, ids: list[int], batch: Batch[RowT] | None = None) -> None:
        """Note that calls are given up before they were sent."""
        self.report.not_sent.extend(self._never_sent(ids))
        self._note(Fate.NOT_SENT, ids, batch)

    def _never_sent(self, ids: list[int]) -> list[int]:
        """Leave out those that an earlier sending may have run; they are as unknown as before."""
        for call in ids:
            if call in self._doubted:
                self.report.unknown[call] = self._doubted[call]
        return [call for call in ids if call not in self._doubted]

    def _note(
        self,
        fate: Fate,
        ids: list[int],
        batch: Batch[RowT] | None,
        error: CekuraError | None = None,
        reply: bytes | None = None,
    ) -> None:
        if self.journal is not None:
            number = batch.number if batch else None
            number = self.journal.note(fate, ids, batch=number, error=error, reply=reply)
            if batch:
                batch.number = number

    def delivered(self, delivery: Delivery[RowT]) -> None:
        """Note that `on_reply` has taken a reply."""
        if self.journal is not None and delivery.batch is not None:
            self.journal.delivered(delivery.batch)

    def undelivered(self, delivery: Delivery[RowT]) -> None:
        """Keep a reply that `on_reply` did not take; the journal keeps it, too."""
        self.report.undelivered.append(delivery.rows)

    def close(self) -> None:
        """Note that every id of the run has been read, and whether nothing is left to do."""
        if self.journal is not None:
            over = not (self.report.refused or self.report.not_sent)
            self.journal.note_all_known(finished=over)
