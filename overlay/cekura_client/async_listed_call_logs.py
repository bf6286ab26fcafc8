"""Listing and counting call logs, typed and documented, of `AsyncCekura`."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import overload

from cekura_api.models import CallLogSummary

from cekura_client.listing.filters import Filter
from cekura_client.listing.listers import AsyncLister
from cekura_client.listing.query import ListQuery


class AsyncListedCallLogs:
    """Finding call logs; a part of `AsyncCallLogs`."""

    def __init__(self, lister: AsyncLister) -> None:
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
    ) -> AsyncIterator[CallLogSummary]: ...

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
    ) -> AsyncIterator[CallLogSummary]: ...

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
    ) -> AsyncIterator[CallLogSummary]:
        """List call logs, whatever their number; see `CallLogs`. Costs nothing.

        A plain function, not a coroutine: `async for call in cekura.call_logs.list(...)`.
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
    async def count(
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
    async def count(
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

    async def count(
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
        """Count call logs, without reading them; see `CallLogs`. Costs nothing."""
        return await self._lister.count(
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
