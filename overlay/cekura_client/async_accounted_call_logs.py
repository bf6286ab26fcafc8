"""What calls cost and what became of them, typed and documented, of `AsyncCekura`."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from cekura_client import operations
from cekura_client.async_listed_call_logs import AsyncListedCallLogs
from cekura_client.batches.journal import Journal
from cekura_client.batches.tasks import PerformAsync
from cekura_client.errors import (
    BadRequestError,
    CekuraError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from cekura_client.listing.listers import AsyncLister
from cekura_client.listing.query import ListQuery
from cekura_client.off_the_loop import entered_in_thread, in_thread
from cekura_client.server_clock import ServerClock
from cekura_client.settling.settlement import Settlement
from cekura_client.settling.unknowns import (
    Settling,
    checked_grace,
    find_unknowns,
    unknowns_of_journal,
)
from cekura_client.spending import CREDITS_PER_RUN, Estimate, counted


class AsyncAccountedCallLogs(AsyncListedCallLogs):
    """Estimating and settling; a part of `AsyncCallLogs`."""

    def __init__(
        self, lister: AsyncLister, perform: PerformAsync, base_url: str, server_clock: ServerClock
    ) -> None:
        super().__init__(lister)
        self._server_clock = server_clock
        self._perform = perform
        self._base_url = base_url

    async def estimate(
        self,
        *,
        call_logs: Iterable[int] | Literal["all"],
        metrics: Iterable[int] | int,
        agent_id: int | None = None,
        credits_per_run: Decimal | float = CREDITS_PER_RUN,
    ) -> Estimate:
        """Tell how many metric runs an operation comes to, and what they cost; see `CallLogs`.

        Costs nothing.
        """
        runs_each = counted("metrics", metrics)
        calls = await self._counted(call_logs, agent_id)
        return Estimate.of(calls, runs_each, credits_per_run)

    async def _counted(self, call_logs: object, agent_id: object) -> int:
        if call_logs != "all":
            return counted("call_logs", call_logs)
        return await self._lister.count(ListQuery.of_all(agent_id))

    async def settle(
        self,
        unknown: CekuraError | Mapping[int, CekuraError] | Iterable[int] | None = None,
        *,
        journal: str | os.PathLike[str] | None = None,
        since: datetime | None = None,
        agent_id: int | None = None,
        project_id: int | None = None,
        grace: float = 60.0,
    ) -> Settlement:
        """Find out what became of calls whose request may have run; see `CallLogs`.

        Costs nothing; only reads, never sends again.
        """
        if (unknown is None) == (journal is None):
            raise InvalidRequestError(
                "settle takes what is unknown, or a journal that holds it: one of the two. Nothing "
                "was sent."
            )
        span = checked_grace(grace)
        if journal is None:
            unknowns = find_unknowns(unknown, since=since, agent_id=agent_id, project_id=project_id)
            return await self._settled(Settling(unknowns, span))
        async with entered_in_thread(Journal(journal, None)) as opened:
            unknowns = unknowns_of_journal(
                opened, base_url=self._base_url, agent_id=agent_id, project_id=project_id
            )
            settlement = await self._settled(Settling(unknowns, span))
            await in_thread(lambda: opened.settle(settlement.ran, settlement.did_not_run))
        return settlement

    async def _settled(self, settling: Settling) -> Settlement:
        for query in settling.queries():
            try:
                await self._look_at_list(query, settling)
            except (BadRequestError, PermissionDeniedError, NotFoundError):
                # Who may not list may read one by one.
                break
        for call in settling.to_retrieve():
            asked = datetime.now(UTC)
            try:
                found = await self._perform(operations.retrieve(call))
            except NotFoundError:
                found = None
            settling.take(call, found, self._server_clock.moment(asked))
        return settling.settlement

    async def _look_at_list(self, query: ListQuery, settling: Settling) -> None:
        missing = set(query.call_ids or ())
        async for row in self._lister.rows(query):
            settling.take_row(row, self._server_clock.now())
            missing.discard(row.id)
            if not missing:
                # The newest come first: the windows before are not asked for.
                return
