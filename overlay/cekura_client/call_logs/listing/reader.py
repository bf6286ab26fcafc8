"""Reads a list of call logs page by page, each call once, while calls come and go; without I/O.

Pages are numbers, so a row moves to another page when rows before it come or go. A row that comes
twice is known by its id. A row that went to a page already read is found by reading that page
again, which a count that has dropped asks for.
"""

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
from cekura_api.models import CallLogPage, CallLogSummary
from cekura_api.reading import DecodeError, one

from cekura_client.call_logs.listing.query import GAP, OVERLAP, ListQuery, Window, id_chunks
from cekura_client.engine.operation import Operation, RequestParts
from cekura_client.errors import CekuraError
from cekura_client.results import with_time_zone

_MEMORY = 2_000
"""How many ids are remembered: the rows that are read twice, or again, are among them."""

_NEAR = OVERLAP + timedelta(seconds=1)
_SHRUNK = (
    "While it was read, so many of its calls went that some may be missing. A filter on what an "
    "evaluation changes, such as success, does that: read all ids before you evaluate."
)

_read = one(CallLogPage.from_dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the API sent it.

    Attributes:
        count: How many rows there are on all pages together.
        rows: The rows.
        next_query: The query that asks for the next page; None on the last one.
    """

    count: int
    rows: list[CallLogSummary]
    next_query: str | None


class ListReader:
    """Reads all that a query asks for: windows, portions of its ids, and their pages.

    Send what `operation` returns, and hand its result to `take`, until there is none.

    Args:
        query: What is asked for.
        base_url: The server.
    """

    def __init__(self, query: ListQuery, base_url: str) -> None:
        self._query = query
        self._base_url = base_url
        # The ids that have not come yet; the others are not asked for again.
        self._missing = None if query.call_ids is None else dict.fromkeys(query.call_ids)
        self._window: Window | None = None
        # Rows near the end that two windows share; of the window before, and of this one.
        self._shared = _RecentIds()
        self._near = _RecentIds()
        self._lists = self._all_lists()
        self._pages: _PageReader | None = None

    def operation(self) -> Operation[Page] | None:
        """Return what to send next; None at the end of the list."""
        while self._pages is None or self._pages.done:
            self._pages = next(self._lists, None)
            if self._pages is None:
                return None
        return self._pages.operation()

    def take(self, page: Page) -> list[CallLogSummary]:
        """Take in a page, and return those of its rows that are new."""
        new = self._pages.take(page) if self._pages else []
        missing = self._missing
        if missing is not None:
            found = [row for row in new if row.id in missing]
            for row in found:
                del missing[row.id]
            return found
        for row in new:
            if self._is_near_the_next_window(row):
                self._near.add(row.id)
        return [row for row in new if row.id not in self._shared]

    def not_found(self, error: CekuraError) -> None:
        """Take in that a page is not there (404).

        Raises:
            CekuraError: The list cannot be read without it.
        """
        if self._pages:
            self._pages.not_found(error)

    def _all_lists(self) -> Iterator["_PageReader"]:
        """Make what reads the pages of each request that it takes, each when its turn comes."""
        for window in self._query.windows(OVERLAP):
            self._window = window
            self._shared, self._near = self._near, _RecentIds()
            if self._missing is None:
                yield _PageReader(self._query.request(window, None), self._base_url, None)
                continue
            for ids in id_chunks([*self._missing]):
                request = self._query.request(window, ids)
                yield _PageReader(request, self._base_url, frozenset(ids))

    def _is_near_the_next_window(self, row: CallLogSummary) -> bool:
        """Whether the next window may bring the row again."""
        if self._window is None:
            return False
        if not row.timestamp:
            return True
        return with_time_zone(row.timestamp) - self._window.start < _NEAR


def count_operations(query: ListQuery) -> Iterator[Operation[int]]:
    """Make the requests whose results add up to the number of call logs."""
    for window in query.windows(GAP):
        for ids in [None] if query.call_ids is None else id_chunks(query.call_ids):
            request = query.request(window, ids)
            yield Operation(name="count", costs_credits=False, request=request, read=_read_count)


class _RecentIds:
    """The ids of the rows that came last."""

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}

    def __contains__(self, row_id: int) -> bool:
        return row_id in self._ids

    def add(self, row_id: int) -> None:
        """Remember one, and forget the one that came first where there are too many."""
        self._ids[row_id] = None
        if len(self._ids) > _MEMORY:
            del self._ids[next(iter(self._ids))]


class _PageReader:
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
        self._number = 1  # of the page that is read next
        self._furthest = 0  # page that has been read
        self._page_length = 0  # which the server may cut down
        self._known = _RecentIds()
        self._came = 0  # rows, each once
        self._repeated = 0  # rows that came again, since the last new one
        self._count: int | None = None
        self._lowest_count: int | None = None
        self._is_steady = True  # the count has been the same on each page
        self._not_found = math.inf  # the lowest page that was not there

    def operation(self) -> Operation[Page]:
        """Ask for the page that is to be read next."""
        return Operation(
            name="list", costs_credits=False, request=self._request, read=self._checked
        )

    def take(self, page: Page) -> list[CallLogSummary]:
        """Take in a page, and return those of its rows that are new."""
        back = self._pages_back(page)
        if self._lowest_count is not None and page.count != self._count:
            self._is_steady = False
        if self._lowest_count is None or page.count < self._lowest_count:
            self._lowest_count, self._not_found = page.count, math.inf
        self._count = page.count
        if back:
            self._go_to(self._number - back)
            return []
        new = self._new(page)
        self._came += len(new)
        self._repeated = 0 if new else self._repeated + len(page.rows)
        for row in new:
            self._known.add(row.id)
        self._furthest = max(self._furthest, self._number)
        self._page_length = self._page_length or len(page.rows)
        if page.next_query is None or not page.rows:
            self.done = True
        else:
            self._ask(page.next_query, self._number + 1)
        return new

    def not_found(self, error: CekuraError) -> None:
        """Take in that the page is not there (404): the list has become shorter.

        Raises:
            CekuraError: It was page 1, or the pages that may hold the rest are forgotten.
        """
        if self._number == 1 or self._number >= self._not_found:
            raise error
        if self._is_forgotten(self._number - 1):
            error.add_note(_SHRUNK)
            raise error
        self._not_found = self._number
        self._go_to(self._number - 1)

    def _go_to(self, number: int) -> None:
        query = self._request.path.partition("?")[2]
        self._ask(str(httpx.QueryParams(query).set("page", number)), number)

    def _ask(self, query: str, number: int) -> None:
        path = self._request.path.partition("?")[0]
        self._request = RequestParts("GET", f"{path}?{query}", None)
        self._number = number

    def _is_forgotten(self, number: int) -> bool:
        return (self._furthest - number + 1) * self._page_length > _MEMORY

    def _pages_back(self, page: Page) -> int:
        """How many pages before this one may hold rows that were on this one or later ones."""
        # Below the lowest, so that a count that goes up and down has an end.
        if self._count is None or self._lowest_count is None or page.count >= self._lowest_count:
            return 0
        pages = math.ceil((self._count - page.count) / max(1, self._page_length))
        return min(pages, self._number - 1)

    def _new(self, page: Page) -> list[CallLogSummary]:
        rows = {row.id: row for row in page.rows}
        return [row for row in rows.values() if row.id not in self._known]

    def _checked(self, body: bytes) -> Page:
        """Read a page, and refuse one that would end the list too early, or never.

        Raises:
            DecodeError: It does.
        """
        page = _read_page(body, f"{self._base_url}{self._request.path}", self._number)
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
        # These two end pages without an end: rows beyond the count, and rows that came before.
        rows_before = (self._number - 1) * self._page_length
        if page.rows and self._page_length and rows_before >= page.count:
            raise DecodeError(
                f"page {self._number} has rows, and all {page.count} call logs fit on those before"
            )
        if self._repeated + len(page.rows) > 2 * _MEMORY:
            raise DecodeError(f"page {self._number} repeats the rows of those before")
        came = self._came + len(self._new(page))
        is_steady = self._is_steady and self._count in (None, page.count)
        if page.next_query is None and is_steady and came < page.count:
            raise DecodeError(
                f"the list ends with page {self._number} and {came} of {page.count} call logs"
            )
        return page


def _read_count(body: bytes) -> int:
    """Read how many rows there are on all pages together."""
    return _read(body).count


def _read_page(body: bytes, address: str, number: int) -> Page:
    """Read a page.

    Args:
        body: The reply.
        address: What it replies to.
        number: Which page that asked for.

    Raises:
        DecodeError: The body is no page, or its `next` is not the page after it.
    """
    page = _read(body)
    next_query = _next_query(page.next_, address, number) if page.next_ else None
    return Page(count=page.count, rows=page.results, next_query=next_query)


def _next_query(link: str, address: str, number: int) -> str:
    """Take the query of a link, which must lead to the next page of the same list.

    The path and the server asked are always our own, so the key never goes anywhere else.
    """
    asked = httpx.URL(address)
    try:
        url = asked.join(link)
        query = url.query.decode("ascii")
        following = httpx.QueryParams(query).get("page", "")
    except (httpx.InvalidURL, ValueError) as error:
        raise DecodeError(f"next is no address ({error})") from error
    # An API behind a proxy that ends TLS may take itself for one at http://.
    schemes = {asked.scheme, "http"}
    if url.scheme not in schemes or (url.host, url.port) != (asked.host, asked.port):
        raise DecodeError(
            f"next leads to another server, {url.scheme}://{url.netloc.decode('ascii')}, which is "
            "not asked"
        )
    if url.path != asked.path:
        raise DecodeError(f"next leads to another address, {url.path}, which is not asked")
    # Asking for a page that was asked for before would never end.
    if following != str(number + 1):
        raise DecodeError(f"next leads from page {number} to page {following or 'none'}")
    return query
