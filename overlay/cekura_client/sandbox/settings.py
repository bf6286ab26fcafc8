"""A sandbox's settings, checked."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

MOST_CALLS = 100_000
_MOST_CREDITS = 1_000_000_000
_LONGEST = 86_400
_HIGHEST_PORT = 65_535
_MOST_REQUESTS = 1_000_000
_PAIR = 2
_EARLIEST = date(2000, 1, 1)
_LATEST = date(9999, 1, 1)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a sandbox is told when it is made; see `Sandbox` for the meaning of each.

    Raises:
        ValueError: A value makes no sense; the message names it.
    """

    calls: int
    credits: Decimal
    evaluation_seconds: tuple[float, float]
    stale_replies: bool
    drift: float
    rate_limit: tuple[int, float] | None
    host: str
    port: int
    api_key: str
    today: date
    now: datetime | None

    @classmethod
    def checked(
        cls,
        *,
        calls: object,
        credits_left: object,
        evaluation_seconds: object,
        stale_replies: object,
        drift: object,
        rate_limit: object,
        host: object,
        port: object,
        api_key: object,
        today: object,
    ) -> "Settings":
        """Check values whose types nobody vouches for."""
        return cls(
            calls=_whole("calls", calls, least=1, most=MOST_CALLS),
            credits=_number("credits", credits_left, least=0, most=_MOST_CREDITS),
            evaluation_seconds=_seconds(evaluation_seconds),
            stale_replies=_boolean("stale_replies", stale_replies),
            drift=float(_number("drift", drift, least=0, most=1)),
            rate_limit=_rate_limit(rate_limit),
            host=_host(host),
            port=_whole("port", port, least=0, most=_HIGHEST_PORT),
            api_key=_api_key(api_key),
            today=_today(today),
            now=None if today is None else _end_of(_today(today)),
        )


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python does not print integers of thousands of digits
        return "a number too long to show"


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{name} must be True or False, not {_shown(value)}")


def _whole(name: str, value: object, *, least: int, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise ValueError(f"{name} must be a whole number from {least} to {most}, not {_shown(value)}")


def _number(name: str, value: object, *, least: int, most: int) -> Decimal:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        # A float through its text: 0.2 means a fifth, not the nearest binary fraction.
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if number.is_finite() and least <= number <= most:
            return number
    raise ValueError(f"{name} must be a number from {least} to {most}, not {_shown(value)}")


def _seconds(value: object) -> tuple[float, float]:
    if not isinstance(value, tuple):
        seconds = float(_number("evaluation_seconds", value, least=0, most=_LONGEST))
        return seconds, seconds
    pair = cast("tuple[object, ...]", value)
    if len(pair) != _PAIR:
        raise ValueError(
            "evaluation_seconds must be a number or (first, last), such as (0.2, 2.0), not "
            f"{_shown(pair)}"
        )
    first, last = (
        float(_number("evaluation_seconds", one, least=0, most=_LONGEST)) for one in pair
    )
    if first > last:
        raise ValueError(f"evaluation_seconds begins after its end: {_shown(pair)}")
    return first, last


def _rate_limit(value: object) -> tuple[int, float] | None:
    if value is None:
        return None
    pair = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    if len(pair) != _PAIR:
        raise ValueError(
            f"rate_limit must be None or (requests, seconds), such as (5, 10), not {value!r}"
        )
    requests = _whole("rate_limit's requests", pair[0], least=1, most=_MOST_REQUESTS)
    seconds = _number("rate_limit's seconds", pair[1], least=0, most=_LONGEST)
    if not seconds:
        raise ValueError(f"rate_limit's seconds must be more than 0, not {pair[1]!r}")
    return requests, float(seconds)


def _host(value: object) -> str:
    if value == "localhost":
        return "127.0.0.1"
    if isinstance(value, str):
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            pass
        else:
            if address.is_loopback:
                return value
    raise ValueError(
        f"host must be a loopback address such as 127.0.0.1, not {value!r}: "
        "the sandbox is for this machine alone"
    )


def _today(value: object) -> date:
    if value is None:
        return datetime.now(UTC).date()
    if (
        isinstance(value, date)
        and not isinstance(value, datetime)
        and _EARLIEST <= value <= _LATEST
    ):
        return value
    raise ValueError(f"today must be None or a date from {_EARLIEST} on, not {_shown(value)}")


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _api_key(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isprintable():
        stripped = value.strip()
        if stripped and stripped == value:
            return value
    # The value is not shown: it may be a real key, given here by mistake.
    raise ValueError("api_key must be printable ASCII text without blanks around it")
