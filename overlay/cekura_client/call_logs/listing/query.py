"""What a list of call logs is asked for, checked before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from cekura_api.operations import list_call_logs

from cekura_client.call_logs.arguments import checked_assistant_id, id_list, optional_id
from cekura_client.call_logs.listing.filters import filter_text
from cekura_client.call_logs.listing.windows import Window, checked_range, windows_of
from cekura_client.call_logs.operations import request_of
from cekura_client.engine.operation import RequestParts
from cekura_client.errors import InvalidRequestError

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)  # before the API had a call to list
MOST_ROWS = 200
"""On one page, and as many ids in one request: at 20 characters each they leave room for more."""

_LONGEST_QUERY = 3_500  # characters beside the ids; servers take addresses of some 8,000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which call logs are meant.

    Attributes:
        scope: The parameters that every request has in common.
        whole: The range of time; None leaves it to the API: the last 30 days.
        call_ids: The ids that alone are meant; None: all.
        page_size: How many rows a page has.
    """

    scope: dict[str, Any]
    whole: Window | None
    call_ids: tuple[int, ...] | None
    page_size: int

    @classmethod
    def checked(
        cls,
        *,
        agent_id: object = None,
        project_id: object = None,
        assistant_id: object = None,
        since: object = None,
        until: object = None,
        call_ids: object = None,
        filters: object = None,
        page_size: object = MOST_ROWS,
        now: datetime,
    ) -> Self:
        """Check the arguments of `list` or `count`.

        Raises:
            InvalidRequestError: One is refused.
        """
        assistant = checked_assistant_id(assistant_id)
        scope = {
            "agent_id": optional_id("agent_id", agent_id),
            "project_id": optional_id("project_id", project_id),
            "assistant_id": None if assistant is None else str(assistant),
            "filters_v2": None if filters is None else filter_text(filters),
        }
        if scope["agent_id"] is None and scope["project_id"] is None:
            raise InvalidRequestError("Listing call logs needs agent_id or project_id, or both.")
        query = cls(
            scope={name: value for name, value in scope.items() if value is not None},
            whole=checked_range(since, until, now),
            call_ids=None if call_ids is None else tuple(id_list("call_ids", call_ids)),
            page_size=_checked_page_size(page_size),
        )
        query._check_length()
        return query

    @classmethod
    def of_all(cls, agent_id: object) -> Self:
        """Ask for all call logs that an agent ever had.

        Raises:
            InvalidRequestError: There is no agent to list them of.
        """
        if agent_id is None:
            raise InvalidRequestError(
                'To count "all" call logs they are listed, which takes agent_id.'
            )
        return cls.checked(agent_id=agent_id, since=BEGINNING, now=datetime.now(UTC))

    def _check_length(self) -> None:
        try:
            length = len(self.request(None, None).path)
        except UnicodeEncodeError as error:
            raise InvalidRequestError(f"assistant_id cannot be sent: {error}.") from error
        if length > _LONGEST_QUERY:
            raise InvalidRequestError(
                f"filters and assistant_id make an address of {length} characters; "
                f"{_LONGEST_QUERY} are the most. Give ids as call_ids."
            )

    def windows(self, overlap: timedelta) -> Sequence[Window | None]:
        """The windows to ask for one by one, the newest first."""
        return [None] if self.whole is None else [*windows_of(self.whole, overlap)]

    def request(self, window: Window | None, call_ids: Sequence[int] | None) -> RequestParts:
        """Ask for the first page of one window, and of these ids where there are any."""
        return request_of(
            list_call_logs(
                **self.scope,
                timestamp_from=None if window is None else window.start,
                timestamp_to=None if window is None else window.end,
                call_ids=None if call_ids is None else ",".join(map(str, call_ids)),
                page_size=self.page_size,
            )
        )


def portions(ids: Sequence[int]) -> list[Sequence[int]]:
    """Cut ids into as many as one request takes."""
    return [ids[start : start + MOST_ROWS] for start in range(0, len(ids), MOST_ROWS)]


def _checked_page_size(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_ROWS:
        raise InvalidRequestError(
            f"page_size is a whole number from 1 to {MOST_ROWS}; got {value!r}."
        )
    return value
