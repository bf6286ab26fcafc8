"""`parse_retry_after`: every form that RFC 9110 knows, and everything else."""

import math
from datetime import UTC, datetime

import pytest
from cekura_client import parse_retry_after

DATE = "Tue, 24 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1", 1.0),
        ("0", 0.0),
        ("0.5", 0.5),
        (".5", 0.5),
        (" 120 ", 120.0),
        ("Tue, 24 Nov 2026 10:00:07 GMT", 7.0),
        ("Tuesday, 24-Nov-26 10:00:07 GMT", 7.0),
        ("Tue Nov 24 10:00:07 2026", 7.0),
        ("Tue Dec  1 10:00:00 2026", 7 * 86400.0),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0.0),
    ],
)
def test_a_wait_is_read(header: str, seconds: float) -> None:
    assert parse_retry_after(header, date=DATE) == seconds


@pytest.mark.parametrize(
    "header",
    [
        None, "", "-1", "+1", "nan", "inf", "Infinity", "1e3", "0x10", "soon", "1 s", "\u0661",
        "2026-11-24T10:00:07Z", "24 Nov 2026", "Tue, 31 Feb 2026 10:00:00 GMT",
        "Tue, 24 Nov 2026 25:00:00 GMT", "Tue, 24 Nov 0000 10:00:00 GMT", "10:00", "Tuesday",
        "Tue, 24 Nov 2026 10:00:0\u0667 GMT",
    ],
)  # fmt: skip
def test_what_says_nothing_is_none(header: str | None) -> None:
    assert parse_retry_after(header, date=DATE) is None


def test_a_number_beyond_floats_is_a_finite_and_endless_wait() -> None:
    seconds = parse_retry_after("9" * 400)
    assert seconds is not None
    assert math.isfinite(seconds)
    assert seconds > 10**9


def test_a_date_is_relative_to_the_replys_own_date_not_to_the_local_clock() -> None:
    wrong_clock = datetime(2001, 1, 1, tzinfo=UTC)
    header = "Tue, 24 Nov 2026 10:00:07 GMT"
    assert parse_retry_after(header, date=DATE, now=wrong_clock) == 7.0


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_without_a_date_the_local_clock_counts(date: str | None) -> None:
    now = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
    assert parse_retry_after("Tue, 24 Nov 2026 10:00:07 GMT", date=date, now=now) == 7.0


def test_a_date_alone_is_held_against_the_local_clock() -> None:
    assert parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT") == 0.0
    seconds = parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT")
    assert seconds is not None
    assert 7000 < seconds / (365 * 86400) < 8000


def test_two_digit_years_follow_the_fifty_year_rule() -> None:
    now = datetime.now(UTC)
    soon = now.replace(year=now.year + 1, day=1, microsecond=0)
    header = soon.strftime("%A, %d-%b-%y %H:%M:%S GMT")
    assert (
        parse_retry_after(header, now=now.replace(microsecond=0))
        == (soon - now.replace(microsecond=0)).total_seconds()
    )
