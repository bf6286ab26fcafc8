# Made from _async/reconciling.py by `make generate`. Do not edit.
"""Finds out what became of calls whose request may have run, by reading the calls."""

import os
from datetime import UTC, datetime, timedelta

from cekura_client._concurrency import entered, on_disk
from cekura_client._sync.lists import Lister
from cekura_client._sync.performing import Perform
from cekura_client.call_logs import operations
from cekura_client.call_logs.batches.journal import Journal
from cekura_client.call_logs.listing.query import ListQuery
from cekura_client.call_logs.reconciling.signs import Reconciliation
from cekura_client.call_logs.reconciling.unknowns import Sorting, Unknowns, unknowns_of_journal
from cekura_client.engine.server_clock import ServerClock
from cekura_client.errors import BadRequestError, NotFoundError, PermissionDeniedError


class Reconciling:
    """Reads unknown calls, and sorts them by what they show.

    Args:
        perform: Does one call.
        lister: Lists call logs.
        base_url: Where the client sends it.
        server_clock: Tells the server's time.
    """

    def __init__(
        self,
        perform: Perform,
        lister: Lister,
        *,
        base_url: str,
        server_clock: ServerClock,
    ) -> None:
        self._perform = perform
        self._lister = lister
        self._base_url = base_url
        self._server_clock = server_clock

    def reconcile(self, unknowns: Unknowns, grace: timedelta) -> Reconciliation:
        """Sort unknown calls."""
        return self._reconciled(Sorting(unknowns, grace))

    def reconcile_journal(
        self,
        path: str | os.PathLike[str],
        grace: timedelta,
        *,
        agent_id: object,
        project_id: object,
    ) -> Reconciliation:
        """Sort the unknown calls of a journal, and note in it what became of them.

        Raises:
            InvalidRequestError: The file is no journal, in use, or of a run at another address.
        """
        opened = Journal(path, None)
        try:
            with entered(opened) as journal:
                unknowns = on_disk(self._unknowns_of, journal, agent_id, project_id)
                reconciliation = self._reconciled(Sorting(unknowns, grace))
                on_disk(journal.reconcile, reconciliation.ran, reconciliation.did_not_run)
                return reconciliation
        finally:
            opened.close()  # where a Ctrl-C came as it was about to be

    def _unknowns_of(self, journal: Journal, agent_id: object, project_id: object) -> Unknowns:
        return unknowns_of_journal(
            journal, base_url=self._base_url, agent_id=agent_id, project_id=project_id
        )

    def _reconciled(self, sorting: Sorting) -> Reconciliation:
        for query in sorting.queries():
            try:
                self._read_list(query, sorting)
            except (BadRequestError, PermissionDeniedError, NotFoundError):
                # Who may not list may read one by one.
                break
        for call in sorting.to_retrieve():
            asked = datetime.now(UTC)
            try:
                found = self._perform(operations.retrieve(call))
            except NotFoundError:
                found = None
            sorting.take(call, found, self._server_clock.moment(asked))
        return sorting.reconciliation

    def _read_list(self, query: ListQuery, sorting: Sorting) -> None:
        missing = set(query.call_ids or ())
        for row in self._lister.rows(query):
            sorting.take_row(row, self._server_clock.now())
            missing.discard(row.id)
            if not missing:
                # The newest come first: the windows before are not asked for.
                return
