"""When to send a request again, and after how long: pure decisions, no I/O and no clock."""

import enum
import math
from dataclasses import dataclass

from cekura_client.config import RetryPolicy

_FIRST_BACKOFF = 1.0  # seconds, of a 429 that names no wait; doubles
_LONGEST_BACKOFF = 60.0
_FIRST_RECONNECT = 0.5  # seconds, after a failure that may be repeated; doubles
_SHORT_WAIT = 1.0  # an asked-for wait below this, twice in a row, is not believed alone


class Outcome(enum.Enum):
    """What became of one attempt, as far as sending again is concerned."""

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
    """What a call has been through so far, the attempt at hand included."""

    rate_limited: int = 0
    failures: int = 0
    last_retry_after: float | None = None

    @property
    def attempts(self) -> int:
        """How often the request was tried."""
        return self.rate_limited + self.failures

    def after(self, outcome: Outcome, retry_after: float | None) -> "History":
        """Count one more attempt; the wait it asked for is remembered for the next one."""
        limited = outcome is Outcome.RATE_LIMITED
        return History(
            rate_limited=self.rate_limited + limited,
            failures=self.failures + (not limited),
            last_retry_after=retry_after,
        )


def decide(
    policy: RetryPolicy,
    outcome: Outcome,
    *,
    history: History,
    costs_credits: bool,
    retry_after: float | None,
    elapsed: float,
    jitter: float,
) -> float | None:
    """Decide whether to send again, and how long to wait before.

    Args:
        policy: The limits.
        outcome: What became of the attempt at hand.
        history: What came before it; the attempt at hand is not counted yet.
        costs_credits: Whether the operation costs credits each time it runs.
        retry_after: Seconds that the reply asked to wait, or None.
        elapsed: Seconds since the call began.
        jitter: A random number from 0 to 1.

    Returns:
        Seconds to wait before sending again, never less than `retry_after`; None to give up.

    Example:
        >>> decide(RetryPolicy(), Outcome.RATE_LIMITED, history=History(), costs_credits=True,
        ...        retry_after=3.0, elapsed=0.0, jitter=0.0)
        3.0
        >>> decide(RetryPolicy(), Outcome.FAILED, history=History(), costs_credits=True,
        ...        retry_after=None, elapsed=0.0, jitter=0.5) is None
        True
    """
    if outcome is Outcome.FINAL or (outcome is Outcome.FAILED and costs_credits):
        return None
    if outcome is Outcome.RATE_LIMITED:
        backoff = jitter * _doubled(_FIRST_BACKOFF, history.rate_limited)
        hurried = (
            retry_after is not None
            and retry_after < _SHORT_WAIT
            and history.last_retry_after is not None
            and history.last_retry_after < _SHORT_WAIT
        )
        use_backoff = retry_after is None or hurried
    else:
        if history.failures + 1 >= policy.attempts:
            return None
        backoff = (1 + jitter) / 2 * _doubled(_FIRST_RECONNECT, history.failures)
        use_backoff = True
    told = retry_after or 0.0
    left = policy.deadline - elapsed
    if left <= 0 or told > min(policy.max_wait, left):
        return None
    # More jitter costs more time than it saves refusals: the gate lets few through at once.
    wait = told + jitter * min(1.0, max(0.01, told / 20)) if retry_after is not None else 0.0
    if use_backoff:
        wait = max(wait, min(backoff, policy.max_wait))
    return max(told, min(wait, left))


def _doubled(first: float, times: int) -> float:
    return min(_LONGEST_BACKOFF, math.ldexp(first, min(times, 10)))
