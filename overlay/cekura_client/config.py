"""What a client is made with, checked before anything can be sent; how numbers are checked."""

import ipaddress
import math
import os
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import cast

import httpx

from cekura_client.errors import InvalidRequestError

LONGEST = 30 * 86400.0  # seconds; no lock or timer takes any number


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long a call may wait before it gives up.

    A request that costs credits, or changes something, is sent again only when the server
    certainly did not run it: after a 429, and after a connection that was never made. No setting
    changes that.

    Args:
        max_wait: The longest single wait, in seconds, from 0 to 30 days. A `Retry-After` beyond
            it raises `RateLimitError` at once.
        deadline: How many seconds after its begin a call may still wait and send again, from 0
            to 30 days. 0 never waits on a 429. A request under way is never cut off by it.
        attempts: How often a request is tried in all when the connection fails, or when an
            operation that only reads, at no cost, fails; 1 or more.

    Raises:
        InvalidRequestError: A value is not a number in its range.

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
            number_of_seconds(f"RetryPolicy.{name}", getattr(self, name), most=LONGEST, zero=True)
        whole_number("RetryPolicy.attempts", self.attempts, least=1)


VERSION = __version__ = "0.1.0"


DEFAULT_URL = "https://api.cekura.ai"
KEY_VARIABLE = "CEKURA_API_KEY"
URL_VARIABLE = "CEKURA_API_URL"
KEY_HEADER = "X-CEKURA-API-KEY"

_CONNECT_TIMEOUT = 5.0  # seconds; three tries at a host that does not answer end in time
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=_CONNECT_TIMEOUT)
"""What a client uses that is given no timeout; with `PAID_TIMEOUT` for what may cost credits."""
PAID_TIMEOUT = httpx.Timeout(30.0, connect=_CONNECT_TIMEOUT, read=600.0)
"""A re-run of all calls may take minutes to answer, and its reply is paid for."""
LONGEST_TIMEOUT = 86400.0  # seconds; sockets cannot take any number
_LONGEST_LABEL = 63  # characters between two dots of a host name
_IN_HEADER_NAMES = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
# Written by the client; another value would break the request or send another key.
_OWN_HEADERS = frozenset(
    {KEY_HEADER.lower(), "accept", "content-type", "content-length", "transfer-encoding", "host"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a client was made with, checked. Its repr does not show the key."""

    api_key: str = field(repr=False)
    base_url: str
    timeout: httpx.Timeout
    paid_timeout: httpx.Timeout
    """Of what costs credits, or may."""
    retries: RetryPolicy
    headers: dict[str, str] = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine."""
        return _is_loopback(httpx.URL(self.base_url).host)


def configure(
    api_key: str | None,
    *,
    base_url: str | None,
    timeout: float | httpx.Timeout,
    retries: RetryPolicy,
    headers: Mapping[str, str] | None,
) -> Configuration:
    """Check a client's arguments; what is None comes from the environment or the default.

    Raises:
        InvalidRequestError: An argument is missing or unusable; the message says which.
    """
    key = _checked_key(api_key)
    checked_timeout = _checked_timeout(timeout)
    return Configuration(
        api_key=key,
        base_url=(
            _checked_url(URL_VARIABLE, os.environ.get(URL_VARIABLE) or DEFAULT_URL)
            if base_url is None
            else _checked_url("base_url", base_url)
        ),
        timeout=checked_timeout,
        paid_timeout=PAID_TIMEOUT if timeout is DEFAULT_TIMEOUT else checked_timeout,
        retries=_checked_retries(retries),
        headers=(
            {"user-agent": f"cekura-client/{VERSION}"}
            | _checked_headers(headers)
            | {"accept": "application/json", KEY_HEADER: key}
        ),
    )


def reconfigure(
    configuration: Configuration,
    *,
    timeout: float | httpx.Timeout | None,
    retries: RetryPolicy | None,
    headers: Mapping[str, str] | None,
) -> Configuration:
    """Change some of it, checked in the same way; what is None stays as it is.

    Raises:
        InvalidRequestError: An argument is unusable; the message says which.
    """
    if timeout is not None:
        checked = _checked_timeout(timeout)
        configuration = replace(configuration, timeout=checked, paid_timeout=checked)
    if retries is not None:
        configuration = replace(configuration, retries=_checked_retries(retries))
    more = _checked_headers(headers)
    return replace(configuration, headers=configuration.headers | more) if more else configuration


def _checked_key(api_key: object) -> str:
    source, advice = f"api_key; usually set through {KEY_VARIABLE}", "strip() it"
    if api_key is None:
        api_key = os.environ.get(KEY_VARIABLE)
        source, advice = KEY_VARIABLE, "leave out its line end"
        if api_key is None:
            raise InvalidRequestError(f"There is no API key: set {KEY_VARIABLE} or pass api_key.")
    where = f"The API key ({source})"
    if not isinstance(api_key, str):
        raise InvalidRequestError(f"{where} is a {type(api_key).__name__}, not text.")
    if not api_key:
        raise InvalidRequestError(f"{where} is empty.")
    if not _is_printable_ascii(api_key) or " " in api_key:
        raise InvalidRequestError(
            f"{where} has a line break, a space or a character that no HTTP header may hold. "
            f"Was it read from a file? Then {advice}."
        )
    return api_key


def _checked_url(name: str, base_url: object) -> str:
    if not isinstance(base_url, str):
        raise InvalidRequestError(f"{name} is a {type(base_url).__name__}, not text.")
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidRequestError(f"{name} is not a URL: {error}.") from None
    if any(character in "?#\\" or character.isspace() for character in base_url):
        raise InvalidRequestError(
            f"{name} has a query, a fragment, a backslash or white space; it is "
            "https://host[:port][/path]."
        )
    if url.userinfo:
        raise InvalidRequestError(f"{name} holds a user name or password; leave them out.")
    if url.scheme not in {"http", "https"} or not _is_host(url):
        raise InvalidRequestError(f"{name} is https://host[:port][/path]; got {base_url!r}.")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise InvalidRequestError(
            f"Plain http would show the API key to the network on the way to {url.host}: use "
            "https. Only a server on this machine (localhost, 127.0.0.1, ::1) may use http."
        )
    return str(url).rstrip("/")


def _is_host(url: httpx.URL) -> bool:
    labels = url.raw_host.removesuffix(b".").split(b".")
    return all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_timeout(timeout: object) -> httpx.Timeout:
    if isinstance(timeout, httpx.Timeout):
        return timeout
    seconds = number_of_seconds("timeout", timeout, most=LONGEST_TIMEOUT, zero=False)
    return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT))


def _checked_retries(retries: object) -> RetryPolicy:
    if not isinstance(retries, RetryPolicy):
        raise InvalidRequestError(f"retries is a RetryPolicy; got {type(retries).__name__}.")
    return retries


def _checked_headers(headers: object) -> dict[str, str]:
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise InvalidRequestError(f"headers is a mapping; got {type(headers).__name__}.")
    checked: dict[str, str] = {}
    for name, value in cast("Mapping[object, object]", headers).items():
        if not isinstance(name, str) or not name or not _IN_HEADER_NAMES.issuperset(name):
            raise InvalidRequestError(f"{name!r} cannot be the name of an HTTP header.")
        if name.lower() in _OWN_HEADERS:
            raise InvalidRequestError(f"The client writes the header {name} itself.")
        # The value is not shown: it may be a secret.
        if not isinstance(value, str) or not _is_printable_ascii(value.replace("\t", " ")):
            raise InvalidRequestError(f"The value of the header {name} cannot be sent.")
        checked[name.lower()] = value
    return checked


def whole_number(name: str, value: object, *, least: int, most: int | None = None) -> int:
    """Return a whole number as an int.

    Raises:
        InvalidRequestError: It is none, or not in this range.
    """
    # Integral lets the integers of numpy and pandas through.
    if not isinstance(value, bool) and isinstance(value, Integral):
        number = int(value)
        if number >= least and (most is None or number <= most):
            return number
    span = f"of {least} or more" if most is None else f"from {least} to {most}"
    raise InvalidRequestError(f"{name} is a whole number {span}; got {value!r}.")


def number_of_seconds(name: str, value: object, *, most: float, zero: bool) -> float:
    """Return a number of seconds as a float.

    Args:
        name: What the argument is called.
        value: The argument.
        most: The largest number that is allowed.
        zero: Whether 0 is allowed.

    Raises:
        InvalidRequestError: It is no number, or not in this range.
    """
    least = 0.0 if zero else math.ulp(0.0)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
        return float(value)
    span = f"from 0 to {most:.0f}" if zero else f"above 0, {most:.0f} at most"
    raise InvalidRequestError(f"{name} is a number of seconds {span}; got {value!r}.")


def _is_printable_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable()
