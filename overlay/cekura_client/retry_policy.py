"""How long a call may wait, and how often it is tried."""

from dataclasses import dataclass
from typing import cast

_LONGEST = 30 * 86400.0  # seconds; no lock or timer takes any number


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long a call may wait before it gives up.

    A request that costs credits is sent again only when the server certainly did not run it:
    after a 429, and after a connection that was never made. No setting changes that.

    Args:
        max_wait: The longest single wait, in seconds, from 0 to 30 days. A `Retry-After` beyond
            it raises `RateLimitError` at once.
        deadline: How many seconds after its begin a call may still wait and send again, from 0
            to 30 days. 0 never waits on a 429. A request under way is never cut off by it.
        attempts: How often a request is tried in all when the connection fails, or when an
            operation that costs nothing fails; 1 or more.

    Raises:
        ValueError: A value is not a number in its range.

    Example:
        >>> RetryPolicy(max_wait=300.0, deadline=3600.0).attempts
        3
    """

    max_wait: float = 60.0
    deadline: float = 600.0
    attempts: int = 3

    def __post_init__(self) -> None:
        """Refuse what no wait can be computed from."""
        for name in ("max_wait", "deadline"):
            if not _is_seconds(getattr(self, name)):
                raise ValueError(
                    f"RetryPolicy.{name} is a number of seconds, from 0 to 30 days; "
                    f"got {getattr(self, name)!r}."
                )
        attempts = cast("object", self.attempts)
        if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
            raise ValueError(
                f"RetryPolicy.attempts is a whole number, 1 or more; got {attempts!r}."
            )


def _is_seconds(value: object) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _LONGEST
    )
