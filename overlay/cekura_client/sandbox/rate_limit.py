"""So many requests in so many seconds, counted over a sliding window."""

import time
from collections import deque
from collections.abc import Callable

_NANOSECONDS = 1_000_000_000


class RateLimit:
    """A sliding window of accepted requests; used from the server's thread alone.

    Args:
        requests: How many are let through in any window.
        seconds: The window's length.
        clock: Monotonic nanoseconds; whole numbers, so that a client which waits exactly as
            long as it was told is never a rounding error too early.
    """

    def __init__(
        self, requests: int, seconds: float, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._requests = requests
        self._window = max(1, round(seconds * _NANOSECONDS))
        self._clock = clock
        self._accepted: deque[int] = deque()

    def wait(self) -> int:
        """Let a request through, or say how long to wait.

        Returns:
            0 when it may go on. Otherwise the whole seconds, at least 1, after which one more
            request is let through; a refused request does not count, so asking again does not
            make the wait longer.
        """
        now = self._clock()
        while self._accepted and self._accepted[0] + self._window <= now:
            self._accepted.popleft()
        if len(self._accepted) < self._requests:
            self._accepted.append(now)
            return 0
        left = self._accepted[0] + self._window - now
        return -(-left // _NANOSECONDS)
