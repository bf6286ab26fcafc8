"""The server's clock beside ours, by the `Date` of its newest reply."""

from datetime import UTC, datetime, timedelta

import pytest
from cekura_client.engine.server_clock import Moment, ServerClock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DATE = "Tue, 24 Nov 2026 10:00:00 GMT"


def test_before_any_reply_there_is_one_clock() -> None:
    clock = ServerClock()
    assert clock.moment(NOON) == Moment(NOON, None)
    clock.note(None)
    assert clock.moment(NOON) == Moment(NOON, None)
    assert clock.now().server is None


def test_a_moment_is_as_far_ahead_as_the_newest_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fixed(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # always in UTC here
            assert tz is UTC
            return NOON

    monkeypatch.setattr("cekura_client.engine.server_clock.datetime", Fixed)
    clock = ServerClock()
    clock.note("Mon, 23 Nov 2026 10:00:00 GMT")
    clock.note(DATE)
    clock.note(None)  # tells nothing new
    hour = timedelta(hours=1)
    assert clock.now() == Moment(NOON, NOON - 2 * hour)
    assert clock.moment(NOON + hour) == Moment(NOON + hour, NOON - hour)


@pytest.mark.parametrize("date", ["yesterday", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_date_that_tells_nothing_leaves_one_clock(date: str) -> None:
    clock = ServerClock()
    clock.note(date)
    last = datetime.max.replace(tzinfo=UTC)
    assert clock.moment(last) == Moment(last, None)
