"""Reads a list of call logs: windows, portions of ids and pages, each row once; without I/O."""

from collections.abc import Iterator
from datetime import UTC, timedelta

from cekura_api.models import CallLogSummary

from cekura_client.call_logs.listing.pages import Page, read_count
from cekura_client.call_logs.listing.paging import PageReading, RecentKeys, row_key
from cekura_client.call_logs.listing.query import ListQuery, portions
from cekura_client.call_logs.listing.windows import GAP, OVERLAP, Window
from cekura_client.engine.operation import Operation
from cekura_client.errors import CekuraError

_NEAR = OVERLAP + timedelta(seconds=1)


class CallLogReading:
    """The state of one listing.

    The shell sends what `operation` returns, and hands its result to `take`, until there is none.

    Args:
        query: What is asked for.
        base_url: The server.
    """

    def __init__(self, query: ListQuery, base_url: str) -> None:
        self._query = query
        self._base_url = base_url
        # The ids that have not come yet; the others are not asked for again.
        self._left = None if query.call_ids is None else dict.fromkeys(query.call_ids)
        self._window: Window | None = None
        # Rows near the end that two windows share; of the window before, and of this one.
        self._shared = RecentKeys()
        self._near = RecentKeys()
        self._lists = self._all_lists()
        self._pages: PageReading | None = None

    def operation(self) -> Operation[Page] | None:
        """Return what to send next; None at the end of the list."""
        while self._pages is None or self._pages.done:
            self._pages = next(self._lists, None)
            if self._pages is None:
                return None
        return self._pages.operation()

    def take(self, page: Page) -> list[CallLogSummary]:
        """Take in a page, and return those of its rows that are new."""
        fresh = self._pages.take(page) if self._pages else []
        if self._left is not None:
            return [row for row in fresh if self._is_left(row, self._left)]
        for row in fresh:
            if self._is_near(row):
                self._near.add(row_key(row))
        return [row for row in fresh if row_key(row) not in self._shared]

    def gone(self, error: CekuraError) -> None:
        """Take in that a page is not there (404).

        Raises:
            CekuraError: The list cannot be read without it.
        """
        if self._pages:
            self._pages.gone(error)

    def _all_lists(self) -> Iterator[PageReading]:
        """Make what reads the pages of each request that it takes, each when its turn comes."""
        for window in self._query.windows(OVERLAP):
            self._window = window
            self._shared, self._near = self._near, RecentKeys()
            if self._left is None:
                yield PageReading(self._query.request(window, None), self._base_url, None)
                continue
            for ids in portions([*self._left]):
                request = self._query.request(window, ids)
                yield PageReading(request, self._base_url, frozenset(ids))

    @staticmethod
    def _is_left(row: CallLogSummary, left: dict[int, None]) -> bool:
        if row.id not in left:
            return False
        del left[row.id]
        return True

    def _is_near(self, row: CallLogSummary) -> bool:
        """Whether the next window may bring the row again."""
        if self._window is None:
            return False
        if not row.timestamp:
            return True
        moment = row.timestamp
        aware = moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment
        return aware - self._window.start < _NEAR


def count_operations(query: ListQuery) -> Iterator[Operation[int]]:
    """Make the requests whose results add up to the number of call logs."""
    for window in query.windows(GAP):
        for ids in [None] if query.call_ids is None else portions(query.call_ids):
            request = query.request(window, ids)
            yield Operation(name="count", costs_credits=False, request=request, read=read_count)
