"""Says when a request is sent again whose call is still being evaluated; without a clock."""

from cekura_client.config import LONGEST, number_of_seconds

_FIRST_PAUSE = 2.0  # seconds; doubles with each refusal
_LONGEST_PAUSE = 10.0


class BusyWait:
    """How long one request is sent again for.

    Args:
        seconds: From the first refusal on; None: it is not sent again.
    """

    def __init__(self, seconds: object) -> None:
        self._left = 0.0  # that no pause has taken yet
        if seconds is not None:
            self._left = number_of_seconds("wait_if_busy", seconds, most=LONGEST, zero=True)
        self._pause = _FIRST_PAUSE
        self._end: float | None = None

    def next_pause(self, now: float) -> float | None:
        """Say how many seconds after a refusal the request is sent again; None: no more.

        The last pause is cut short, so that it ends with the seconds.

        Args:
            now: The moment of the refusal, in seconds that only grow.
        """
        if self._end is None:
            self._end = now + self._left
        # What sending took is over, too.
        self._left = min(self._left, self._end - now)
        if self._left <= 0:
            return None
        pause = min(self._pause, self._left)
        self._left -= pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        return pause
