"""All pages of one list, read one after another while calls may come and go; without I/O.

Pages are numbers, so a row moves to another page when rows before it come or go. A row that comes
twice is known by its id. A row that went to a page already read is found by reading that page
again, which a count that has dropped asks for.
"""

import math
from collections import deque
from collections.abc import Container

import httpx
from cekura_api.models import CallLogSummary
from cekura_api.reading import DecodeError

from cekura_client.call_logs.listing.pages import Page, read_page
from cekura_client.engine.operation import Operation, RequestParts
from cekura_client.errors import CekuraError

MEMORY = 2_000
"""How many ids are remembered: the rows that are read twice, or again, are among them."""

RowKey = int


def row_key(row: CallLogSummary) -> RowKey:
    """What tells a row from others."""
    return row.id


class RecentKeys:
    """The keys of the rows that came last."""

    def __init__(self) -> None:
        self._keys: set[RowKey] = set()
        self._in_order: deque[RowKey] = deque()

    def __contains__(self, key: RowKey) -> bool:
        """Whether the row is remembered."""
        return key in self._keys

    def add(self, key: RowKey) -> None:
        """Remember a row, and forget the one that came first where there are too many."""
        if key in self._keys:
            return
        self._keys.add(key)
        self._in_order.append(key)
        if len(self._in_order) > MEMORY:
            self._keys.discard(self._in_order.popleft())


class PageReading:
    """Reads the pages of one list.

    Args:
        request: Asks for page 1.
        base_url: The server, which no link leads away from.
        asked_for: The ids that the rows may have; None: any.
    """

    def __init__(
        self, request: RequestParts, base_url: str, asked_for: Container[int] | None
    ) -> None:
        self.done = False
        self._request = request
        self._base_url = base_url
        self._asked_for = asked_for
        self._number = 1
        self._furthest = 0  # page that has been read
        self._page_length = 0  # which the server may cut down
        self._known = RecentKeys()
        self._came = 0  # rows, each once
        self._repeated = 0  # rows that came again, in a row
        self._count: int | None = None
        self._lowest: int | None = None
        self._steady = True  # the count has been the same on each page
        self._missing = math.inf  # the lowest page that was not there

    def operation(self) -> Operation[Page]:
        """Ask for the page that is to be read next."""
        return Operation(
            name="list", costs_credits=False, request=self._request, read=self._checked
        )

    def take(self, page: Page) -> list[CallLogSummary]:
        """Take in a page, and return those of its rows that are new."""
        back = self._pages_back(page)
        if self._lowest is not None and page.count != self._count:
            self._steady = False
        if self._lowest is None or page.count < self._lowest:
            self._lowest, self._missing = page.count, math.inf
        self._count = page.count
        if back:
            self._go_to(self._number - back)
            return []
        fresh = self._fresh(page)
        self._came += len(fresh)
        self._repeated = 0 if fresh else self._repeated + len(page.rows)
        for row in fresh:
            self._known.add(row_key(row))
        self._furthest = max(self._furthest, self._number)
        self._page_length = self._page_length or len(page.rows)
        if page.next_query is None or not page.rows:
            self.done = True
        else:
            path = self._request.path.partition("?")[0]
            self._request = RequestParts("GET", f"{path}?{page.next_query}", None)
            self._number += 1
        return fresh

    def gone(self, error: CekuraError) -> None:
        """Take in that the page is not there (404): the list has become shorter.

        Raises:
            CekuraError: It was page 1, or the pages that may hold the rest are forgotten.
        """
        if self._number == 1 or self._number >= self._missing:
            raise error
        if self._is_forgotten(self._number - 1):
            error.add_note(_SHRUNK)
            raise error
        self._missing = self._number
        self._go_to(self._number - 1)

    def _go_to(self, number: int) -> None:
        path, _, query = self._request.path.partition("?")
        query = str(httpx.QueryParams(query).set("page", number))
        self._request = RequestParts("GET", f"{path}?{query}", None)
        self._number = number

    def _is_forgotten(self, number: int) -> bool:
        return (self._furthest - number + 1) * self._page_length > MEMORY

    def _pages_back(self, page: Page) -> int:
        """How many pages before this one may hold rows that were on this one or later ones."""
        # Below the lowest, so that a count that goes up and down has an end.
        if self._count is None or self._lowest is None or page.count >= self._lowest:
            return 0
        pages = math.ceil((self._count - page.count) / max(1, self._page_length))
        return min(pages, self._number - 1)

    def _fresh(self, page: Page) -> list[CallLogSummary]:
        rows = {row_key(row): row for row in page.rows}
        return [row for key, row in rows.items() if key not in self._known]

    def _checked(self, body: bytes) -> Page:
        """Read a page, and refuse one that would end the list too early, or never.

        Raises:
            DecodeError: It does.
        """
        page = read_page(body, f"{self._base_url}{self._request.path}", self._number)
        back = self._pages_back(page)
        if back:
            if self._is_forgotten(self._number - back):
                raise DecodeError(
                    f"the list shrank from {self._count} to {page.count} call logs. {_SHRUNK}"
                )
            return page
        if self._asked_for is not None:
            for row in page.rows:
                if row.id not in self._asked_for:
                    raise DecodeError(f"call log {row.id} was not asked for")
        if not page.rows and self._came < page.count:
            raise DecodeError(
                f"page {self._number} is empty, and only {self._came} of {page.count} call logs "
                "have come"
            )
        # Or else pages without an end would be read.
        if page.rows and self._page_length and self._surplus(page):
            raise DecodeError(
                f"page {self._number} has rows, and all {page.count} call logs fit on those before"
            )
        if self._repeated + len(page.rows) > 2 * MEMORY:
            raise DecodeError(f"page {self._number} repeats the rows of those before")
        came = self._came + len(self._fresh(page))
        steady = self._steady and self._count in (None, page.count)
        if page.next_query is None and steady and came < page.count:
            raise DecodeError(
                f"the list ends with page {self._number} and {came} of {page.count} call logs"
            )
        return page

    def _surplus(self, page: Page) -> bool:
        return (self._number - 1) * self._page_length >= page.count


_SHRUNK = (
    "While it was read, so many of its calls went that some may be missing. A filter on what an "
    "evaluation changes, such as success, does that: read all ids before you evaluate."
)
