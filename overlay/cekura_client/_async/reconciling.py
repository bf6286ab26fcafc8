"""Finds out what became of calls whose request may have run, by reading the calls."""

import os
from datetime import UTC, datetime, timedelta

from cekura_client import operations
from cekura_client._async.lists import AsyncLister
from cekura_client._async.performing import AsyncPerform
from cekura_client._concurrency import async_entered, async_on_disk
from cekura_client.batches.journal import Journal
from cekura_client.errors import BadRequestError, NotFoundError, PermissionDeniedError
from cekura_client.listing.query import ListQuery
from cekura_client.server_clock import ServerClock
from cekura_client.settling.settlement import Settlement
from cekura_client.settling.unknowns import Settling, Unknowns, unknowns_of_journal


class AsyncReconciling:
    """Reads unknown calls, and sorts them by what they show.

    Args:
        perform: Does one call.
        lister: Lists call logs.
        base_url: Where the client sends it.
        server_clock: Tells the server's time.
    """

    def __init__(
        self,
        perform: AsyncPerform,
        lister: AsyncLister,
        *,
        base_url: str,
        server_clock: ServerClock,
    ) -> None:
        self._perform = perform
        self._lister = lister
        self._base_url = base_url
        self._server_clock = server_clock

    async def reconcile(self, unknowns: Unknowns, grace: timedelta) -> Settlement:
        """Sort unknown calls."""
        return await self._settled(Settling(unknowns, grace))

    async def reconcile_journal(
        self,
        path: str | os.PathLike[str],
        grace: timedelta,
        *,
        agent_id: object,
        project_id: object,
    ) -> Settlement:
        """Sort the unknown calls of a journal, and note in it what became of them.

        Raises:
            InvalidRequestError: The file is no journal, in use, or of a run at another address.
        """
        async with async_entered(Journal(path, None)) as journal:
            unknowns = await async_on_disk(self._unknowns_of, journal, agent_id, project_id)
            settlement = await self._settled(Settling(unknowns, grace))
            await async_on_disk(journal.settle, settlement.ran, settlement.did_not_run)
            return settlement

    def _unknowns_of(self, journal: Journal, agent_id: object, project_id: object) -> Unknowns:
        return unknowns_of_journal(
            journal, base_url=self._base_url, agent_id=agent_id, project_id=project_id
        )

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
