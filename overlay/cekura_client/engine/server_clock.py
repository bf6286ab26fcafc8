"""The server's clock beside this machine's: their moments must not be compared with each other."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by two clocks.

    Attributes:
        local: By this machine's.
        server: By the server's; None where no reply has told.
    """

    local: datetime
    server: datetime | None = None


class ServerClock:
    """How far the server's clock is ahead of ours, by the `Date` of its newest reply.

    Each call notes one; it is read when somebody asks.
    """

    def __init__(self) -> None:
        self._told: tuple[str, datetime] | None = None  # and when that came, by our clock

    def note(self, date: str | None) -> None:
        """Take in the `Date` of a reply that has just come."""
        if date is not None:
            self._told = date, datetime.now(UTC)

    def moment(self, local: datetime) -> Moment:
        """Tell a moment of our clock by both."""
        if self._told is None:
            return Moment(local)
        from cekura_client.engine.retrying import parse_http_date  # noqa: PLC0415  (every client has this)

        date, came = self._told
        server = parse_http_date(date)
        try:
            return Moment(local, None if server is None else local + (server - came))
        except OverflowError:  # at the end of all dates
            return Moment(local)

    def now(self) -> Moment:
        """Tell the present moment by both."""
        return self.moment(datetime.now(UTC))
