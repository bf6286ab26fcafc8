"""What a list of call logs is asked for, checked before anything is sent, and in which requests.

The API takes 33 days at most in one request, so a longer range is cut into windows. Arguments
that are refused raise `InvalidRequestError`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from cekura_api.operations import list_call_logs

from cekura_client.call_logs.arguments import checked_assistant_id, id_list, optional_id
from cekura_client.call_logs.listing.filters import filter_text
from cekura_client.call_logs.operations import request_of
from cekura_client.config import whole_number
from cekura_client.engine.operation import RequestParts
from cekura_client.errors import InvalidRequestError

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)  # before the API had a call to list
MOST_ROWS = 200
"""On one page, and as many ids in one request: at 20 characters each they leave room for more."""

_LONGEST_QUERY = 3_500  # characters beside the ids; servers take addresses of some 8,000

LONGEST_WINDOW = timedelta(days=33)
DEFAULT_RANGE = timedelta(days=30)
"""What the API gives where no range is asked for."""

OVERLAP = timedelta(seconds=1)
"""How far windows reach into each other when rows are read, and told apart by their ids.

Whether an end of a range is part of it, and how finely the API reads one, is not published.
"""
GAP = timedelta(microseconds=-1)
"""The same when rows are only counted: as if both ends were part of a range."""


@dataclass(frozen=True, slots=True)
class Window:
    """A range of time: one that was asked for, or that one request asks for."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which call logs are meant.

    Attributes:
        scope: The parameters that every request has in common.
        time_range: None leaves it to the API: the last 30 days.
        call_ids: The ids that alone are meant; None: all.
        page_size: How many rows a page has.
    """

    scope: dict[str, Any]
    time_range: Window | None
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
        """Check the arguments of `list` or `count`."""
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
            time_range=checked_range(since, until, now),
            call_ids=None if call_ids is None else tuple(id_list("call_ids", call_ids)),
            page_size=whole_number("page_size", page_size, least=1, most=MOST_ROWS),
        )
        query._check_length()
        return query

    @classmethod
    def of_all(cls, agent_id: object) -> Self:
        """Ask for all call logs that an agent ever had."""
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
        return [None] if self.time_range is None else [*windows_of(self.time_range, overlap)]

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


def id_chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    """Cut ids into as many as one request takes."""
    return [ids[start : start + MOST_ROWS] for start in range(0, len(ids), MOST_ROWS)]


def checked_moment(name: str, value: object) -> datetime | None:
    """Return a moment in UTC; the midnight, in UTC, with which a date begins; None for None."""
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise InvalidRequestError(
                f"{name} is {value}, which has no time zone; give it one, such as "
                "tzinfo=datetime.UTC."
            )
        try:
            # A plain datetime, whatever subclass of it came.
            moment = value.astimezone(UTC)
            return datetime.combine(moment.date(), moment.time(), UTC)
        except (OverflowError, ValueError) as error:
            raise InvalidRequestError(f"{name} is out of the range of dates: {error}.") from error
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise InvalidRequestError(
        f"{name} is {value!r}; it takes a date, or a datetime with a time zone."
    )


def checked_range(since: object, until: object, now: datetime) -> Window | None:
    """Check both ends of a range of any length; None where neither is given."""
    start, end = checked_moment("since", since), checked_moment("until", until)
    if start is None and end is None:
        return None
    end = end or now
    if start is None:
        if end - datetime.min.replace(tzinfo=UTC) < DEFAULT_RANGE:
            raise InvalidRequestError(f"until is {end}, before any call.")
        start = end - DEFAULT_RANGE
    if start >= end:
        raise InvalidRequestError(
            f"since ({start.isoformat()}) is not before until ({end.isoformat()})."
        )
    return Window(start, end)


def windows_of(time_range: Window, overlap: timedelta) -> Iterator[Window]:
    """Cut a range into windows, the newest first.

    Args:
        time_range: The range, however long.
        overlap: How far the end of each window lies after the start of the one before it.

    Example:
        >>> year = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
        >>> for window in windows_of(year, OVERLAP):
        ...     print(window.start, window.end - window.start)
        2026-02-27 00:00:00+00:00 33 days, 0:00:00
        2026-01-25 00:00:01+00:00 33 days, 0:00:00
        2026-01-01 00:00:00+00:00 24 days, 0:00:02
    """
    end = time_range.end
    while end - time_range.start > LONGEST_WINDOW:
        start = end - LONGEST_WINDOW
        yield Window(start, end)
        end = start + overlap
    yield Window(time_range.start, end)
