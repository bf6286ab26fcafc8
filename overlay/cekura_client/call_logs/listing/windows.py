"""Ranges of time, and the windows that the API lets one request ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cekura_client.errors import InvalidRequestError

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
    """A range of time, 33 days at most."""

    start: datetime
    end: datetime


def checked_moment(name: str, value: object) -> datetime | None:
    """Return a moment in UTC; the midnight, in UTC, with which a date begins; None for None.

    Raises:
        InvalidRequestError: It is none of them, or it has no time zone.
    """
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
    """Check both ends of a range of any length; None where neither is given.

    Raises:
        InvalidRequestError: One is refused, or the range is empty.
    """
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


def windows_of(whole: Window, overlap: timedelta) -> Iterator[Window]:
    """Cut a range into windows, the newest first.

    Args:
        whole: The range.
        overlap: How far the end of each window lies after the start of the one before it.

    Example:
        >>> year = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
        >>> for window in windows_of(year, OVERLAP):
        ...     print(window.start, window.end - window.start)
        2026-02-27 00:00:00+00:00 33 days, 0:00:00
        2026-01-25 00:00:01+00:00 33 days, 0:00:00
        2026-01-01 00:00:00+00:00 24 days, 0:00:02
    """
    end = whole.end
    while end - whole.start > LONGEST_WINDOW:
        start = end - LONGEST_WINDOW
        yield Window(start, end)
        end = start + overlap
    yield Window(whole.start, end)
