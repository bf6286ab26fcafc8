"""Finds call logs: a list of them, page by page and window by window.

What to ask next, and which rows of a reply are new, is decided without I/O (`reading`, `paging`);
two thin shells send (`listers`).
"""

from cekura_client.call_logs.listing.filters import Filter, FilterValue

__all__ = ["Filter", "FilterValue"]
