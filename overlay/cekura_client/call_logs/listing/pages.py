"""One page of a list: its rows, and where the next page is."""

from dataclasses import dataclass

import httpx
from cekura_api.models import CallLogPage, CallLogSummary
from cekura_api.reading import DecodeError, one

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


def read_count(body: bytes) -> int:
    """Read how many rows there are on all pages together.

    Raises:
        DecodeError: The body is no page.
    """
    return _read(body).count


def read_page(body: bytes, address: str, number: int) -> Page:
    """Read a page.

    Args:
        body: The reply.
        address: What it replies to.
        number: Which page that asked for.

    Raises:
        DecodeError: The body is no page, or its `next` is not the page after it.
    """
    page = _read(body)
    link = page.next_ or ""
    return Page(
        count=page.count,
        rows=page.results,
        next_query=_next_query(link, address, number) if link else None,
    )


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
