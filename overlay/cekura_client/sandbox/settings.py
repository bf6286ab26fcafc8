"""A sandbox's settings, checked."""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

import httpx

from cekura_client.sandbox.checks import boolean, number, shown, whole

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
    webhook_url: str | None
    webhook_secret: str

    @property
    def is_public(self) -> bool:
        """Whether it serves to other machines, too."""
        return not ipaddress.ip_address(self.host).is_loopback

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
        webhook_url: object,
        webhook_secret: object,
    ) -> "Settings":
        """Check values whose types nobody vouches for."""
        return cls(
            calls=whole("calls", calls, least=1, most=MOST_CALLS),
            credits=number("credits", credits_left, least=0, most=_MOST_CREDITS),
            evaluation_seconds=_seconds(evaluation_seconds),
            stale_replies=boolean("stale_replies", stale_replies),
            drift=float(number("drift", drift, least=0, most=1)),
            rate_limit=_rate_limit(rate_limit),
            host=_host(host),
            port=whole("port", port, least=0, most=_HIGHEST_PORT),
            api_key=_secret("api_key", api_key),
            today=_today(today),
            now=None if today is None else _end_of(_today(today)),
            webhook_url=None if webhook_url is None else _webhook_url(webhook_url),
            webhook_secret=_secret("webhook_secret", webhook_secret),
        )


def _seconds(value: object) -> tuple[float, float]:
    if not isinstance(value, tuple):
        seconds = float(number("evaluation_seconds", value, least=0, most=_LONGEST))
        return seconds, seconds
    pair = cast("tuple[object, ...]", value)
    if len(pair) != _PAIR:
        raise ValueError(
            "evaluation_seconds must be a number or (first, last), such as (0.2, 2.0), not "
            f"{shown(pair)}"
        )
    first, last = (float(number("evaluation_seconds", one, least=0, most=_LONGEST)) for one in pair)
    if first > last:
        raise ValueError(f"evaluation_seconds begins after its end: {shown(pair)}")
    return first, last


def _rate_limit(value: object) -> tuple[int, float] | None:
    if value is None:
        return None
    pair = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    if len(pair) != _PAIR:
        raise ValueError(
            f"rate_limit must be None or (requests, seconds), such as (5, 10), not {value!r}"
        )
    requests = whole("rate_limit's requests", pair[0], least=1, most=_MOST_REQUESTS)
    seconds = number("rate_limit's seconds", pair[1], least=0, most=_LONGEST)
    if not seconds:
        raise ValueError(f"rate_limit's seconds must be more than 0, not {pair[1]!r}")
    return requests, float(seconds)


def _host(value: object) -> str:
    if value == "localhost":
        return "127.0.0.1"
    if isinstance(value, str):
        with suppress(ValueError):
            ipaddress.ip_address(value)
            return value
    raise ValueError(
        f"host must be an address of this machine such as 127.0.0.1, or 0.0.0.0 for all of them, "
        f"not {shown(value)}"
    )


def _webhook_url(value: object) -> str:
    if isinstance(value, str):
        with suppress(httpx.InvalidURL):
            url = httpx.URL(value)
            if url.scheme in ("http", "https") and url.host:
                return value
    raise ValueError(
        f"webhook_url must be an address such as http://127.0.0.1:9000/hook, not {shown(value)}"
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
    raise ValueError(f"today must be None or a date from {_EARLIEST} on, not {shown(value)}")


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _secret(name: str, value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isprintable():
        stripped = value.strip()
        if stripped and stripped == value:
            return value
    # The value is not shown: it may be a real one, given here by mistake.
    raise ValueError(f"{name} must be printable ASCII text without blanks around it")
