# Made from _async/lists.py by `make generate`. Do not edit.
"""Lists, counts and finds call logs, page by page."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Self

from cekura_api.models import CallLogSummary

from cekura_client._concurrency import iterator_of, refuse_coroutines, take
from cekura_client._sync.performing import Perform
from cekura_client.call_logs.arguments import check_several
from cekura_client.call_logs.listing.finding import CallSearch
from cekura_client.call_logs.listing.query import ListQuery
from cekura_client.call_logs.listing.reader import ListReader, count_operations
from cekura_client.errors import NotFoundError


class Lister:
    """Lists, counts and finds call logs.

    Args:
        perform: Does one call.
        base_url: Where the client sends it.
    """

    def __init__(self, perform: Perform, base_url: str) -> None:
        self._perform = perform
        self._base_url = base_url

    def rows(self, query: ListQuery) -> Iterator[CallLogSummary]:
        """Give the rows; each page is asked for when it is needed."""
        return _Rows(self._perform, ListReader(query, self._base_url))

    def count(self, query: ListQuery) -> int:
        """Ask how many rows there are."""
        return sum([self._perform(operation) for operation in count_operations(query)])

    def find(self, call_ids: Iterable[str], query: ListQuery) -> dict[str, CallLogSummary]:
        """Find calls by the platform's own ids.

        Raises:
            InvalidRequestError: The ids are none; nothing was sent.
        """
        refuse_coroutines(call_ids=call_ids)
        check_several("call_ids", call_ids, 'texts, such as ["call_abc", "call_def"]')
        given: list[object] = []
        take(iterator_of(call_ids), sys.maxsize, given)
        search = CallSearch(given, query, self._base_url)
        for portion in search.queries():
            for row in self.rows(portion):
                search.take(row)
        return search.found()


# No generator: one that failed would be at its end, as if the list were.
class _Rows(Iterator[CallLogSummary]):
    def __init__(self, perform: Perform, reader: ListReader) -> None:
        self._perform = perform
        self._reader = reader
        self._rows: deque[CallLogSummary] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> CallLogSummary:
        while not self._rows:
            operation = self._reader.operation()
            if operation is None:
                raise StopIteration
            try:
                page = self._perform(operation)
            except NotFoundError as error:
                self._reader.not_found(error)
            else:
                self._rows.extend(self._reader.take(page))
        return self._rows.popleft()
