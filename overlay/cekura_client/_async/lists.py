"""Lists, counts and finds call logs, page by page."""

import sys
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Self

from cekura_api.models import CallLogSummary

from cekura_client._async.performing import AsyncPerform
from cekura_client._concurrency import async_iterator_of, async_refuse_coroutines, async_take
from cekura_client.call_logs.arguments import check_several
from cekura_client.call_logs.listing.finding import CallSearch
from cekura_client.call_logs.listing.query import ListQuery
from cekura_client.call_logs.listing.reader import ListReader, count_operations
from cekura_client.errors import NotFoundError


class AsyncLister:
    """Lists, counts and finds call logs.

    Args:
        perform: Does one call.
        base_url: Where the client sends it.
    """

    def __init__(self, perform: AsyncPerform, base_url: str) -> None:
        self._perform = perform
        self._base_url = base_url

    def rows(self, query: ListQuery) -> AsyncIterator[CallLogSummary]:
        """Give the rows; each page is asked for when it is needed."""
        return _Rows(self._perform, ListReader(query, self._base_url))

    async def count(self, query: ListQuery) -> int:
        """Ask how many rows there are."""
        return sum([await self._perform(operation) for operation in count_operations(query)])

    async def find(
        self, call_ids: Iterable[str] | AsyncIterable[str], query: ListQuery
    ) -> dict[str, CallLogSummary]:
        """Find calls by the platform's own ids.

        Raises:
            InvalidRequestError: The ids are none; nothing was sent.
        """
        async_refuse_coroutines(call_ids=call_ids)
        check_several("call_ids", call_ids, 'texts, such as ["call_abc", "call_def"]')
        given: list[object] = []
        await async_take(async_iterator_of(call_ids), sys.maxsize, given)
        search = CallSearch(given, query, self._base_url)
        for portion in search.queries():
            async for row in self.rows(portion):
                search.take(row)
        return search.found()


# No generator: one that failed would be at its end, as if the list were.
class _Rows(AsyncIterator[CallLogSummary]):
    def __init__(self, perform: AsyncPerform, reader: ListReader) -> None:
        self._perform = perform
        self._reader = reader
        self._rows: deque[CallLogSummary] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CallLogSummary:
        while not self._rows:
            operation = self._reader.operation()
            if operation is None:
                raise StopAsyncIteration
            try:
                page = await self._perform(operation)
            except NotFoundError as error:
                self._reader.not_found(error)
            else:
                self._rows.extend(self._reader.take(page))
        return self._rows.popleft()
