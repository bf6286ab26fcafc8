"""When to send a request again, and after how long; and what a `Retry-After` header asks for.

Decisions alone, no I/O. The only clock read here is the local one, for a date in `Retry-After`
without a `Date` header beside it.
"""

import enum
import math
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from cekura_client.config import RetryPolicy

_FIRST_BACKOFF = 1.0  # seconds, of a 429 that names no wait; doubles
_LONGEST_BACKOFF = 60.0
_FIRST_RECONNECT = 0.5  # seconds, after a failure that may be repeated; doubles
_SHORT_WAIT = 1.0  # seconds; an asked-for wait below this that did not help is not believed again


class Outcome(enum.Enum):
    """What one attempt came to, as far as sending again is concerned."""

    RATE_LIMITED = "rate limited"
    """Refused with a 429: it did not run."""
    NOT_SENT = "not sent"
    """No connection came about: it did not run."""
    FAILED = "failed"
    """A failure of the server, or no whole reply: it may have run."""
    FINAL = "final"
    """Sending again would end the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How often a call was tried, and how that ended."""

    rate_limited: int = 0
    failures: int = 0

    @property
    def attempts(self) -> int:
        """How often the request was tried."""
        return self.rate_limited + self.failures

    def after(self, outcome: Outcome) -> "History":
        """Count one more attempt."""
        limited = outcome is Outcome.RATE_LIMITED
        return History(
            rate_limited=self.rate_limited + limited, failures=self.failures + (not limited)
        )


def decide(
    policy: RetryPolicy,
    outcome: Outcome,
    *,
    history: History,
    repeatable: bool,
    retry_after: float | None,
    elapsed: float,
    jitter: float,
    refusals_in_a_row: int = 0,
) -> float | None:
    """Decide whether to send again, and how long to wait before.

    Args:
        policy: The limits.
        outcome: What became of the attempt at hand.
        history: What came before it; the attempt at hand is not counted yet.
        repeatable: Whether the request may be sent again though it may have run.
        retry_after: Seconds that the reply asked to wait, or None.
        elapsed: Seconds since the call began.
        jitter: A random number from 0 to 1.
        refusals_in_a_row: How often the client as a whole was refused before, without a success.

    Returns:
        Seconds to wait before sending again, never less than `retry_after`; None to give up.

    Example:
        >>> decide(RetryPolicy(), Outcome.RATE_LIMITED, history=History(), repeatable=False,
        ...        retry_after=3.0, elapsed=0.0, jitter=0.0)
        3.0
        >>> decide(RetryPolicy(), Outcome.FAILED, history=History(), repeatable=False,
        ...        retry_after=None, elapsed=0.0, jitter=0.5) is None
        True
    """
    if outcome is Outcome.FINAL or (outcome is Outcome.FAILED and not repeatable):
        return None
    limited = outcome is Outcome.RATE_LIMITED
    if not limited and history.failures + 1 >= policy.attempts:
        return None
    told = retry_after or 0.0
    left = policy.deadline - elapsed
    if left <= 0 or told > min(policy.max_wait, left):
        return None
    if limited:
        backoff = jitter * _doubled(_FIRST_BACKOFF, max(history.rate_limited, refusals_in_a_row))
        # Where the server names a wait, that and a little is enough. To back off as well at every
        # refusal took a herd 1.4 to 1.6 times the ideal time (`make bench FIGURES=d`, with 100 ms
        # of latency) where it takes 1.1 to 1.2 so, and spared no refusal. But one that keeps
        # answering "0" must not be asked a hundred times a second.
        trusted = retry_after is not None and (told >= _SHORT_WAIT or not history.rate_limited)
    else:
        backoff = jitter * _doubled(_FIRST_RECONNECT, history.failures)
        trusted = False
    wait = 0.0 if trusted else min(backoff, policy.max_wait)
    if retry_after is not None:
        wait = max(wait, told + jitter * min(1.0, max(0.01, told / 20)))
    return max(told, min(wait, left))


def _doubled(first: float, times: int) -> float:
    return min(_LONGEST_BACKOFF, math.ldexp(first, min(times, 10)))


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
