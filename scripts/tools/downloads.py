"""Fetch what the vendor publishes, within a span of time that no server can stretch."""

import asyncio
import ipaddress
import time
from urllib.parse import urlsplit

import httpx

from scripts.tools.refusals import RefusedError

MOST_BYTES = 20_000_000  # the vendor's whole document has 3 million
_SECONDS = 20.0
_MOST_REDIRECTS = 10


class Downloads:
    """Fetches URLs, all of them within one span of time.

    Args:
        seconds: How long all downloads together may take, from the first one on.
    """

    def __init__(self, seconds: float = _SECONDS) -> None:
        self.seconds = seconds
        self._end: float | None = None

    def __call__(self, url: str) -> bytes:
        """Fetch one URL.

        Raises:
            RefusedError: It cannot be had, is too large, or takes too long.
        """
        name = url_name(url)
        now = time.monotonic()
        self._end = now + self.seconds if self._end is None else self._end
        try:
            return asyncio.run(asyncio.wait_for(_content(url, name), max(0.0, self._end - now)))
        except TimeoutError:
            raise RefusedError(
                f"{name}: no whole reply within {self.seconds:g} s: try again later, or save the "
                "page and name the file"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            told = " ".join(str(error).split()) or type(error).__name__
            raise RefusedError(f"{name}: cannot be fetched: {told}") from error


def url_name(url: str) -> str:
    """Check a URL, and shorten it for messages.

    Raises:
        RefusedError: It is neither https nor on this machine, or names a user.
    """
    try:
        parts = urlsplit(url)
        name = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError as error:
        raise RefusedError(f"{url}: not a URL: {error}") from error
    if not parts.hostname or not _is_allowed(parts.scheme, parts.hostname):
        raise RefusedError(f"{name}: expected a path or an https URL")
    if parts.username is not None or parts.password is not None:
        raise RefusedError(f"{name}: expected a URL without a user name")
    return name + parts.path


def _is_allowed(scheme: str, host: str) -> bool:
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    return scheme == "https" or (scheme == "http" and loopback)


async def _content(url: str, name: str) -> bytes:
    # An interrupt ends the command, and is told of there, not by the loop as well.
    asyncio.get_running_loop().set_exception_handler(_say_nothing)
    async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113 - the caller has one for all
        request = client.build_request("GET", url)
        for _ in range(1 + _MOST_REDIRECTS):
            # Before it is asked: an address off https would see what stands in the URL.
            if not _is_allowed(request.url.scheme, request.url.host):
                raise RefusedError(f"{name}: redirected away from https")
            response = await client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return await _body(response, name)
                request = response.next_request
            finally:
                await response.aclose()
    raise RefusedError(f"{name}: redirected more than {_MOST_REDIRECTS} times")


def _say_nothing(_: asyncio.AbstractEventLoop, __: dict[str, object]) -> None:
    """Leave it to whoever ends the command."""


async def _body(response: httpx.Response, name: str) -> bytes:
    if not response.is_success:
        raise RefusedError(f"{name}: found status {response.status_code}: check the address")
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            raise RefusedError(f"{name}: larger than {MOST_BYTES // 1_000_000} MB")
    return bytes(content)
