"""Listing and counting call logs, typed and documented, of `Cekura`."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import overload

from cekura_api.models import CallLogSummary

from cekura_client.listing.filters import Filter
from cekura_client.listing.listers import Lister
from cekura_client.listing.query import ListQuery


class ListedCallLogs:
    """Finding call logs; a part of `CallLogs`."""

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    @overload
    def list(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
        page_size: int = 200,
    ) -> Iterator[CallLogSummary]: ...

    @overload
    def list(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
        page_size: int = 200,
    ) -> Iterator[CallLogSummary]: ...

    def list(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
        page_size: int = 200,
    ) -> Iterator[CallLogSummary]:
        """List call logs, whatever their number: each page is read when its turn comes.

        Costs nothing, so each request is tried again after any failure that may pass.

        The API takes 33 days at most in one request; a longer range is read in windows of 33 days,
        the newest first, and within a window in the API's own order. No call comes twice, and none
        is missed where windows meet. Calls that arrive meanwhile may come or not. Calls that leave
        the list meanwhile move others to pages already read, which are then read again; where too
        many leave at once, that is an error. So do not evaluate calls while you list those of an
        outcome that changes with it: make a list of the ids first.

        Neither published page defines it; the vendor publishes it elsewhere, as "List call logs".

        Args:
            agent_id: The agent that had the calls. Give this, or `project_id`, or both.
            project_id: The project of the agents; an organization's key may have to name it.
            assistant_id: The agent's id at the platform it runs on.
            since: The begin of the range: a datetime with a time zone, or a date, which means
                the midnight, in UTC, that it begins with. By default 30 days before `until`.
            until: The end of the range, in the same way: a date's own day is not in it. By
                default now. Whether a call at the very moment of an end belongs to the range is
                for the API to say.
            call_ids: Ids of call logs, at least one: only these, 200 to a request.
                They are looked for in the range, so give `since` for calls older than 30 days.
            filters: A `Filter`, or a plain dict in the API's words.
            page_size: How many call logs one request brings, from 1 to 200.

        Returns:
            An iterator over the call logs, which keeps no more than a page. The results are in it
            as far as a list shows them: `metric_results` reads them, without explanations. When a
            request fails, `next` raises; call it again to go on from there.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent. Raised by the call
                itself, all others while it is iterated.
            BadRequestError: The API refuses a filter.
            AuthenticationError: The key is wrong.
            PermissionDeniedError: The key may not list these.
            RateLimitError: The wait asked for is longer than the policy allows.
            APIConnectionError: The server was not reached.
            OutcomeUnknownError: No reply came, at any attempt.
            ServerError: The server failed, at every attempt.
            InvalidResponseError: A page, kept in the error, is not the contract's; or its `next`
                leads to another server or to a page that was read; or it is empty, or the last,
                before as many call logs as `count` says have come.

        Example:
            >>> from datetime import UTC, datetime, timedelta
            >>> quarter = datetime.now(UTC) - timedelta(days=92)
            >>> calls = cekura.call_logs.list(
            ...     agent_id=224, since=quarter, filters=Filter.eq("success", False)
            ... )
            >>> [(call.id, call.status) for call in calls]
            [(503, 'reviewed_failure'), (123, 'failure')]
        """
        return self._lister.rows(
            ListQuery.checked(
                agent_id=agent_id,
                project_id=project_id,
                assistant_id=assistant_id,
                since=since,
                until=until,
                call_ids=call_ids,
                filters=filters,
                page_size=page_size,
                now=datetime.now(UTC),
            )
        )

    @overload
    def count(
        self,
        *,
        agent_id: int,
        project_id: int | None = None,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
    ) -> int: ...

    @overload
    def count(
        self,
        *,
        agent_id: None = None,
        project_id: int,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
    ) -> int: ...

    def count(
        self,
        *,
        agent_id: int | None = None,
        project_id: int | None = None,
        assistant_id: str | int | None = None,
        since: date | None = None,
        until: date | None = None,
        call_ids: Iterable[int] | None = None,
        filters: Filter | Mapping[str, object] | None = None,
    ) -> int:
        """Count call logs, without reading them: one request for each 33 days.

        Costs nothing, so each request is tried again after any failure that may pass.

        Neither published page defines it; the vendor publishes it elsewhere, as "List call logs".

        Args:
            agent_id: The agent that had the calls. Give this, or `project_id`, or both.
            project_id: The project of the agents; an organization's key may have to name it.
            assistant_id: The agent's id at the platform it runs on.
            since: The begin of the range: a datetime with a time zone, or a date, which means
                the midnight, in UTC, that it begins with. By default 30 days before `until`.
            until: The end of the range, in the same way: a date's own day is not in it. By
                default now. Whether a call at the very moment of an end belongs to the range is
                for the API to say.
            call_ids: Ids of call logs, at least one: only these, 200 to a request.
                They are looked for in the range, so give `since` for calls older than 30 days.
            filters: A `Filter`, or a plain dict in the API's words.

        Returns:
            How many call logs `list` would find now. In a range longer than 33 days a call at
            the very moment where two windows meet may be missed or counted twice, if the API does
            not count both ends of a range as a part of it.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            BadRequestError: The API refuses a filter.
            AuthenticationError: The key is wrong.
            PermissionDeniedError: The key may not list these.
            RateLimitError: The wait asked for is longer than the policy allows.
            APIConnectionError: The server was not reached.
            OutcomeUnknownError: No reply came, at any attempt.
            ServerError: The server failed, at every attempt.
            InvalidResponseError: The reply, kept in the error, is not the contract's.

        Example:
            >>> cekura.call_logs.count(agent_id=224, filters=Filter.eq("is_reviewed", False))
            2
        """
        return self._lister.count(
            ListQuery.checked(
                agent_id=agent_id,
                project_id=project_id,
                assistant_id=assistant_id,
                since=since,
                until=until,
                call_ids=call_ids,
                filters=filters,
                page_size=1,
                now=datetime.now(UTC),
            )
        )
