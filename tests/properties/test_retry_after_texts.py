"""A Retry-After header gives seconds that can be waited, or nothing, whatever its text."""

import calendar
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from cekura_client.engine.retrying import parse_http_date, parse_retry_after
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.properties.budget import TEXTS

_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_BLANKS = st.sampled_from(["", "", "", " ", "\t", "\n", "\u00a0", "\x00"])
_DIGITS = st.one_of(
    st.integers(0, 10**25).map(str),
    st.sampled_from(["", "0", "-0", "00", "1_0", "\u0663", "\u00b2", "9" * 400, "0" * 400 + "1"]),
)


def _joined(*parts: SearchStrategy[str] | list[str] | str) -> SearchStrategy[str]:
    """Draw texts one behind the other."""
    return st.tuples(
        *(
            st.just(part)
            if isinstance(part, str)
            else st.sampled_from(part)
            if isinstance(part, list)
            else part
            for part in parts
        )
    ).map("".join)


def _number(most: int) -> SearchStrategy[str]:
    return st.one_of(
        st.integers(0, most).map("{:02}".format), st.sampled_from(["0", "99", " 6", "-1", "\u0663"])
    )


_NUMBERS = _joined(
    _BLANKS,
    ["", "", "+", "-", "\u2212"],
    _DIGITS,
    ["", "", ".", ",", ".."],
    _DIGITS,
    ["", "", "e9", "E999", "e-999", "s", " seconds", "%", ", 120"],
    _BLANKS,
)
_WORDS = st.sampled_from(
    ["nan", "NaN", "inf", "-Infinity", "1e400", "0x10", "soon", "None", "true"]
)
_SHORT_DAYS = [day[:3] for day in _DAYS]
_MONTHS = [*calendar.month_abbr[1:], "jan", "Foo", "13"]
_YEARS = ["1994", "0001", "9999", "0000", "94", "00", "10000", "1970", "\u0661\u0669\u0669\u0664"]
_ZONES = ["GMT", "GMT", "UTC", "EST", "+0100", "gmt", "", "GMT+25", "Z"]
_TIMES = _joined(_number(25), [":", ":", "."], _number(61), [":", ":", ""], _number(62))
_DATES = st.one_of(
    _joined(
        _BLANKS, [*_SHORT_DAYS, "Xxx"], [", ", ", ", ","], _number(33), " ", _MONTHS, " ", _YEARS,
        " ", _TIMES, " ", _ZONES, _BLANKS,
    ),
    _joined(
        _BLANKS, [*_DAYS, "Sun"], ", ", _number(33), ["-", "-", " "], _MONTHS, "-", _YEARS, " ",
        _TIMES, " ", _ZONES, _BLANKS,
    ),
    _joined(
        _BLANKS, _SHORT_DAYS, " ", _MONTHS, " ", _number(33), " ", _TIMES, " ", _YEARS, _BLANKS
    ),
)  # fmt: skip
Written = Callable[[datetime], str]

HEADERS = st.one_of(st.text(), _NUMBERS, _WORDS, _DATES, _DATES)


@TEXTS
@given(HEADERS, st.one_of(st.none(), HEADERS))
def test_any_text_gives_seconds_or_nothing(value: str, date: str | None) -> None:
    seconds = parse_retry_after(value, date=date)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


@TEXTS
@given(HEADERS)
def test_any_text_gives_a_moment_in_utc_or_nothing(text: str) -> None:
    moment = parse_http_date(text)
    assert moment is None or moment.utcoffset() == timedelta(0)


@TEXTS
@given(st.one_of(st.integers(0, 10**9), st.decimals(0, 10**9, places=3)))
def test_seconds_are_read_as_they_are(seconds: object) -> None:
    assert parse_retry_after(f" {seconds} ") == float(str(seconds))


def _imf(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _rfc850(moment: datetime) -> str:
    month = calendar.month_abbr[moment.month]
    day = f"{moment.day:02}-{month}-{moment.year % 100:02}"
    return f"{_DAYS[moment.weekday()]}, {day} {moment:%H:%M:%S} GMT"


def _asctime(moment: datetime) -> str:
    month = calendar.month_abbr[moment.month]
    day = f"{_SHORT_DAYS[moment.weekday()]} {month} {moment.day:2}"
    return f"{day} {moment:%H:%M:%S} {moment.year}"


# Within what two digits of a year can tell: 50 years from now, either way.
_MOMENTS = st.integers(-(10**9), 10**9).map(
    lambda seconds: datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
)


_FORMS = st.sampled_from([_imf, _rfc850, _asctime])


@TEXTS
@given(_MOMENTS, _FORMS, _MOMENTS, _FORMS)
def test_every_form_of_a_date_gives_its_distance(
    until: datetime, form: Written, since: datetime, other_form: Written
) -> None:
    expected = max(0.0, (until - since).total_seconds())
    assert parse_retry_after(form(until), date=other_form(since)) == expected
