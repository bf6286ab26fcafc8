"""Reads the `Retry-After` header.

The only clock read here is the local one, for a date without a `Date` header beside it.
"""

import math
import re
import sys
from datetime import UTC, datetime

_SECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)

# dateutil accepts nearly anything, so the three forms of RFC 9110 are recognised first.
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_YEAR = r"[1-9]\d{3}"
_TIME = r"\d\d:\d\d:\d\d"
_HTTP_DATE = re.compile(
    rf"{_DAY}, \d\d {_MONTH} {_YEAR} {_TIME} GMT"
    rf"|{_LONG_DAY}, \d\d-{_MONTH}-\d\d {_TIME} GMT"
    rf"|{_DAY} {_MONTH} [ \d]\d {_TIME} {_YEAR}",
    re.ASCII,
)


def parse_http_date(value: str | None) -> datetime | None:
    """Read one of the three forms of an HTTP date.

    Args:
        value: A header's text, or None.

    Returns:
        The moment in UTC; None for anything else. Never raises.

    Example:
        >>> parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT").isoformat()
        '1994-11-06T08:49:37+00:00'
    """
    if value is None or not _HTTP_DATE.fullmatch(value.strip()):
        return None
    try:
        from dateutil import parser  # noqa: PLC0415  (few replies are worth its import)

        return parser.parse(value.strip(), ignoretz=True).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def parse_retry_after(
    value: str | None, *, date: str | None = None, now: datetime | None = None
) -> float | None:
    """Read a `Retry-After` header as seconds to wait.

    Args:
        value: The header: seconds, whole or decimal, or an HTTP date in any of its three forms.
        date: The reply's own `Date` header, which an HTTP date is relative to.
        now: The moment that an HTTP date is relative to where `date` is missing or unreadable;
            the local clock's by default.

    Returns:
        Seconds, 0 or more and finite; 0 for a date that has passed. None for a header that is
        absent, negative or unreadable. Never raises.

    Example:
        >>> parse_retry_after("0.5")
        0.5
        >>> parse_retry_after("Sun, 06 Nov 1994 08:49:40 GMT",
        ...                   date="Sun, 06 Nov 1994 08:49:37 GMT")
        3.0
        >>> parse_retry_after("soon") is None
        True
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
        # A number too large for a float still says: not today.
        return seconds if math.isfinite(seconds) else sys.float_info.max
    moment = parse_http_date(text)
    if moment is None:
        return None
    start = parse_http_date(date) or now or datetime.now(UTC)
    return max(0.0, (moment - start).total_seconds())
