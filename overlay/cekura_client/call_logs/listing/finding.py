"""Calls found by the platform's own ids: how many one request asks for, and which row is meant."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote_plus

from cekura_client.call_logs.arguments import text_list
from cekura_client.call_logs.listing.filters import Filter, filter_text
from cekura_client.call_logs.listing.query import MOST_ROWS, OVERLAP, ListQuery, Window
from cekura_client.errors import InvalidRequestError
from cekura_client.models import CallLogSummary
from cekura_client.results import with_time_zone

LONGEST_ADDRESS = 6_000  # bytes; servers take some 8,000
_PAGE = len("&page=1234567")
_COMMA = len("%2C")
_NO_MOMENT = datetime.min.replace(tzinfo=UTC)


class CallSearch:
    """Which calls are looked for, and which have come.

    Read the rows of each of the `queries`, and hand every row to `take`.

    Args:
        call_ids: The platform's own ids.
        query: Where the calls are.
        base_url: The server; it counts for the length of an address.

    Raises:
        InvalidRequestError: An id is no text, or there is none, or one is too long to be sent.
    """

    def __init__(self, call_ids: Iterable[object], query: ListQuery, base_url: str) -> None:
        self._wanted = dict.fromkeys(text_list("call_ids", call_ids))
        self._query = query
        self._base_url = base_url
        self._found: dict[str, CallLogSummary] = {}
        for window in query.windows(OVERLAP):
            room = self._room(window)
            for call_id in self._wanted:
                if _length(call_id) > room:
                    raise InvalidRequestError(
                        f"call_ids holds a text of {len(call_id)} characters, which is too long to "
                        "be asked for."
                    )

    def queries(self) -> Iterator[ListQuery]:
        """Make each query when its turn comes; what has come by then is not asked for again."""
        for window in self._query.windows(OVERLAP):
            missing = [call_id for call_id in self._wanted if call_id not in self._found]
            for portion in self._portions(missing, self._room(window)):
                yield self._asking_for(portion, window)

    def take(self, row: CallLogSummary) -> None:
        """Take in a row, if it was asked for; of several with one id, the newest is meant."""
        if row.call_id not in self._wanted:
            return
        before = self._found.get(row.call_id)
        if before is None or _age(row) > _age(before):
            self._found[row.call_id] = row

    def found(self) -> dict[str, CallLogSummary]:
        """What was found of what was looked for, in the order asked for."""
        return {call_id: self._found[call_id] for call_id in self._wanted if call_id in self._found}

    def _room(self, window: Window | None) -> int:
        """How many bytes of an address are left for ids."""
        path = self._asking_for([], window).request(window, None).path
        # The API's own link to the next page may escape these, and names the page.
        escaped = (_COMMA - 1) * (path.count(",") + path.count(":"))
        return LONGEST_ADDRESS - len(self._base_url) - len(path) - escaped - _PAGE

    def _portions(self, call_ids: Sequence[str], room: int) -> Iterator[list[str]]:
        portion: list[str] = []
        left = room
        for call_id in call_ids:
            length = _length(call_id)
            if length > left or len(portion) == MOST_ROWS:
                yield portion
                portion, left = [], room
            portion.append(call_id)
            left -= length
        if portion:
            yield portion

    def _asking_for(self, call_ids: Sequence[str], window: Window | None) -> ListQuery:
        condition = filter_text(Filter.in_("call_id", call_ids))
        return replace(
            self._query,
            scope={**self._query.scope, "filters_v2": condition},
            time_range=window,
        )


def _length(call_id: str) -> int:
    return len(quote_plus(json.dumps(call_id))) + _COMMA


def _age(row: CallLogSummary) -> tuple[datetime, int]:
    moment = _NO_MOMENT if row.timestamp is None else with_time_zone(row.timestamp)
    return moment, row.id
