"""What calls cost and what became of them, typed and documented, of `Cekura`."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from cekura_client import operations
from cekura_client.batches.journal import Journal
from cekura_client.batches.threads import Perform
from cekura_client.errors import (
    BadRequestError,
    CekuraError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from cekura_client.listed_call_logs import ListedCallLogs
from cekura_client.listing.listers import Lister
from cekura_client.listing.query import ListQuery
from cekura_client.server_clock import ServerClock
from cekura_client.settling.settlement import Settlement
from cekura_client.settling.unknowns import (
    Settling,
    checked_grace,
    find_unknowns,
    unknowns_of_journal,
)
from cekura_client.spending import CREDITS_PER_RUN, Estimate, counted


class AccountedCallLogs(ListedCallLogs):
    """Estimating and settling; a part of `CallLogs`."""

    def __init__(
        self, lister: Lister, perform: Perform, base_url: str, server_clock: ServerClock
    ) -> None:
        super().__init__(lister)
        self._server_clock = server_clock
        self._perform = perform
        self._base_url = base_url

    def estimate(
        self,
        *,
        call_logs: Iterable[int] | Literal["all"],
        metrics: Iterable[int] | int,
        agent_id: int | None = None,
        credits_per_run: Decimal | float = CREDITS_PER_RUN,
    ) -> Estimate:
        """Tell how many metric runs an operation comes to, and what they cost; runs none.

        Costs nothing. Where `call_logs` is `"all"`, the agent's call logs are counted, by listing
        them since 2024 in windows of 33 days; else nothing is sent. The published pages name no
        price; it is yours to state.

        Args:
            call_logs: Ids of the call logs; or `"all"` of the agent's.
            metrics: Ids of the metrics, or how many there are.
            agent_id: The agent, where `call_logs` is `"all"`.
            credits_per_run: What one metric run costs, in credits.

        Returns:
            Calls, metric runs and credits.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            CekuraError: The call logs cannot be counted; see `count`.

        Example:
            >>> estimate = cekura.call_logs.estimate(call_logs="all", agent_id=224, metrics=3)
            >>> estimate.metric_runs
            18
        """
        runs_each = counted("metrics", metrics)
        calls = self._counted(call_logs, agent_id)
        return Estimate.of(calls, runs_each, credits_per_run)

    def _counted(self, call_logs: object, agent_id: object) -> int:
        if call_logs != "all":
            return counted("call_logs", call_logs)
        return self._lister.count(ListQuery.of_all(agent_id))

    def settle(
        self,
        unknown: CekuraError | Mapping[int, CekuraError] | Iterable[int] | None = None,
        *,
        journal: str | os.PathLike[str] | None = None,
        since: datetime | None = None,
        agent_id: int | None = None,
        project_id: int | None = None,
        grace: float = 60.0,
    ) -> Settlement:
        """Find out what became of calls whose request may have run; only reads, never sends again.

        Costs nothing. Reads the calls as they are now, by lists of 200 where it is known whose they
        are; those that no list shows to have run, and all where it is not known, by `retrieve`, one
        by one. It sorts them:

        - ran: the call is being evaluated, or was updated after the request was sent; or the
          server has accepted the request (`InvalidResponseError`), whatever the call shows;
        - did not run: `retrieve` shows the call at rest (`success`, `failure`,
          `reviewed_success`, `reviewed_failure`, `reviewed`, `completed` or `failed`), last
          updated more than ten minutes before the request was sent, which was at least `grace`
          seconds before the call was read;
        - cannot tell: everything else, such as a status that is none of these, or a moment without
          a time zone.

        Moments are compared by the server's clock, which its replies tell (`Date`): one that came
        before the request failed is kept with it (`sent.at_server`, and in a journal). Where none
        is, and for plain ids, this machine's clock has to do, corrected by what the server tells
        now: then it has to be more than a day instead of ten minutes.

        Whatever else updates a call after the sending, such as a review, makes it count as run: the
        error is on the side of not paying twice. Neither published page tells how to settle a lost
        reply; the signs are those that the call logs show.

        Args:
            unknown: The `OutcomeUnknownError` (or another error whose `sent` is set), the
                `unknown` of a report, or plain ids.
            journal: In place of `unknown`: a journal of a run in batches, which nobody else has
                open. Its unknown calls are settled in it: what did not run is sent when the run
                goes on, what ran counts as succeeded.
            since: When plain ids were sent: a datetime with a time zone.
            agent_id: The agent that had the calls, where the request did not name it.
            project_id: The project of that agent, in the same way.
            grace: How many seconds, 0 to a day, a lost request may take to show.

        Returns:
            By id, the sign by which each call was sorted.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            AuthenticationError: The key is wrong.
            RateLimitError: The wait asked for is longer than the policy allows.
            APIConnectionError: The server was not reached.
            OutcomeUnknownError: No reply came to a read, at any attempt.
            ServerError: The server failed, at every attempt.
            InvalidResponseError: A reply, kept in the error, is not the contract's.

        Example:
            >>> from datetime import UTC, datetime
            >>> print(cekura.call_logs.settle([123, 456], since=datetime.now(UTC), agent_id=224))
            0 ran, 0 did not run, 2 cannot tell
        """
        if (unknown is None) == (journal is None):
            raise InvalidRequestError(
                "settle takes what is unknown, or a journal that holds it: one of the two. Nothing "
                "was sent."
            )
        span = checked_grace(grace)
        if journal is None:
            unknowns = find_unknowns(unknown, since=since, agent_id=agent_id, project_id=project_id)
            return self._settled(Settling(unknowns, span))
        with Journal(journal, None) as opened:
            unknowns = unknowns_of_journal(
                opened, base_url=self._base_url, agent_id=agent_id, project_id=project_id
            )
            settlement = self._settled(Settling(unknowns, span))
            opened.settle(settlement.ran, settlement.did_not_run)
        return settlement

    def _settled(self, settling: Settling) -> Settlement:
        for query in settling.queries():
            try:
                self._look_at_list(query, settling)
            except (BadRequestError, PermissionDeniedError, NotFoundError):
                # Who may not list may read one by one.
                break
        for call in settling.to_retrieve():
            asked = datetime.now(UTC)
            try:
                found = self._perform(operations.retrieve(call))
            except NotFoundError:
                found = None
            settling.take(call, found, self._server_clock.moment(asked))
        return settling.settlement

    def _look_at_list(self, query: ListQuery, settling: Settling) -> None:
        missing = set(query.call_ids or ())
        for row in self._lister.rows(query):
            settling.take_row(row, self._server_clock.now())
            missing.discard(row.id)
            if not missing:
                # The newest come first: the windows before are not asked for.
                return
