"""Sends one request through httpx, and tells whether it was sent when that fails."""

from functools import lru_cache
from typing import Any, Generic, TypeVar

import httpx

from cekura_client.configuration import Configuration
from cekura_client.operation import RequestParts
from cekura_client.outcomes import Failure, Reply, is_foreign

_HttpT = TypeVar("_HttpT", httpx.Client, httpx.AsyncClient)


class _SendingWatch:
    """Notices whether a request began to be written, whatever is raised afterwards.

    The type of an exception does not tell alone: a hook, an auth flow or a transport that fails
    over can raise a ConnectError of its own after our request has run.
    """

    def __init__(self) -> None:
        self.sent = False

    def note(self, event: str, info: dict[str, Any]) -> None:
        """Take in one event of httpcore."""
        # A CONNECT goes to a proxy, ahead of the request itself.
        if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            self.sent = True
            # No more is to be learned, and each event that is told of takes time.
            info["request"].extensions.pop("trace", None)

    async def note_async(self, event: str, info: dict[str, Any]) -> None:
        """Take in one event of httpcore's async side."""
        self.note(event, info)


@lru_cache(maxsize=16)
def _parsed(address: str) -> httpx.URL:
    return httpx.URL(address)


class Wire(Generic[_HttpT]):
    """An httpx client, and how requests are made for it.

    Args:
        http: The client.
        configuration: What is sent with every request.
        own: Whether it was made for this configuration, and has its headers already.
    """

    def __init__(self, http: _HttpT, configuration: Configuration, *, own: bool) -> None:
        self.http: _HttpT = http
        self._configuration = configuration
        self._own = own
        self._in_threads = isinstance(http, httpx.Client)
        self._timeout = configuration.timeout.as_dict()
        self._headers = httpx.Headers(http.headers if own else configuration.headers)
        self._headers_of_body = self._headers.copy()
        self._headers_of_body["content-type"] = "application/json"

    def request(self, parts: RequestParts, watch: _SendingWatch) -> httpx.Request:
        """Make the request that the parts describe, watched."""
        address = f"{self._configuration.base_url}{parts.path}"
        # What has a body goes to few addresses. Of the many others none is kept: objects that
        # outlive their call for a while cost the garbage collector more than parsing does.
        url = address if parts.body is None else _parsed(address)
        headers = self._headers if parts.body is None else self._headers_of_body
        note = watch.note if self._in_threads else watch.note_async
        if not self._own:
            return self.http.build_request(
                parts.method,
                url,
                content=parts.body,
                headers=headers,
                timeout=self._configuration.timeout,
                extensions={"trace": note},
            )
        # The client has nothing to merge into it but cookies: merging takes as long as the rest.
        return httpx.Request(
            parts.method,
            url,
            content=parts.body,
            headers=headers,
            cookies=self.http.cookies,
            extensions={"timeout": self._timeout, "trace": note},
        )


def _failed(error: Exception, request: httpx.Request, watch: _SendingWatch) -> Reply | Failure:
    """Tell what sending came to that raised this."""
    never_sent = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
    )
    ours = _is_about(error, request)
    if ours and isinstance(error, httpx.HTTPStatusError):
        # A hook called raise_for_status(): the status is known all the same.
        return Reply.read_elsewhere(error.response, error)
    return Failure(error, unsent=ours and isinstance(error, never_sent) and not watch.sent)


def _is_about(error: Exception, request: httpx.Request) -> bool:
    try:
        return isinstance(error, httpx.HTTPError) and error.request is request
    except RuntimeError:  # httpx: it has none
        return False


def send(wire: Wire[httpx.Client], parts: RequestParts) -> Reply | Failure:
    """Send a request once, and read as much of its reply as comes."""
    watch = _SendingWatch()
    request = wire.request(parts, watch)
    try:
        response = wire.http.send(request, stream=True, follow_redirects=False)
    except Exception as error:  # noqa: BLE001  (what is not known to be unsent counts as sent)
        return _failed(error, request, watch)
    if response.is_stream_consumed:
        return Reply.read_elsewhere(response, None)
    pieces: list[bytes] = []
    broken: Exception | None = None
    try:
        for piece in response.iter_raw():
            pieces.append(piece)  # noqa: PERF402  (the pieces before a failure are kept)
    except Exception as error:  # noqa: BLE001  (the status is known: keep what arrived)
        broken = error
    finally:
        try:
            response.close()
        except Exception as error:  # noqa: BLE001  (the reply is there; a time limit is not ours)
            broken = broken or (error if is_foreign(error) else None)
    return Reply.of(response, b"".join(pieces), broken)


async def send_async(wire: Wire[httpx.AsyncClient], parts: RequestParts) -> Reply | Failure:
    """Do the same in an event loop."""
    watch = _SendingWatch()
    request = wire.request(parts, watch)
    try:
        response = await wire.http.send(request, stream=True, follow_redirects=False)
    except Exception as error:  # noqa: BLE001  (what is not known to be unsent counts as sent)
        return _failed(error, request, watch)
    if response.is_stream_consumed:
        return Reply.read_elsewhere(response, None)
    pieces: list[bytes] = []
    broken: Exception | None = None
    try:
        async for piece in response.aiter_raw():
            pieces.append(piece)  # noqa: PERF401  (the pieces before a failure are kept)
    except Exception as error:  # noqa: BLE001  (the status is known: keep what arrived)
        broken = error
    finally:
        try:
            await response.aclose()
        except Exception as error:  # noqa: BLE001  (the reply is there; a time limit is not ours)
            broken = broken or (error if is_foreign(error) else None)
    return Reply.of(response, b"".join(pieces), broken)
