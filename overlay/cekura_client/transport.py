"""Sends one request through httpx, and tells whether it was sent when that fails."""

import contextlib
import ssl
from functools import cache, lru_cache
from typing import Any, TypedDict, TypeVar
from weakref import WeakSet

import httpx

from cekura_client.configuration import Configuration
from cekura_client.errors import InvalidRequestError
from cekura_client.operation import RequestParts
from cekura_client.outcomes import Failure, Reply

_HttpT = TypeVar("_HttpT", httpx.Client, httpx.AsyncClient)


# They have the headers already: to merge them anew into every request takes a tenth of its time.
_own: WeakSet[httpx.Client | httpx.AsyncClient] = WeakSet()


class _HttpOptions(TypedDict):
    headers: dict[str, str]
    trust_env: bool
    verify: ssl.SSLContext


def own_http_client(kind: type[_HttpT], configuration: Configuration) -> _HttpT:
    """Make an httpx client that has the headers, and the environment's proxies and certificates.

    Raises:
        InvalidRequestError: What the environment says cannot be used.
    """
    try:
        http = kind(**_http_options(configuration))
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        raise InvalidRequestError(
            "The proxy or certificate settings of the environment (such as HTTPS_PROXY, "
            f"ALL_PROXY, SSL_CERT_FILE) cannot be used: {error}. Nothing was sent."
        ) from error
    _own.add(http)
    return http


def _http_options(configuration: Configuration) -> _HttpOptions:
    # A server on this machine is never behind a proxy, whatever the environment says.
    trust_env = not configuration.is_loopback
    return {
        "headers": configuration.headers,
        "trust_env": trust_env,
        "verify": _tls_context(trust_env),
    }


@cache
def _tls_context(trust_env: bool) -> ssl.SSLContext:  # noqa: FBT001  (cache takes positions)
    # Reading the certificate authorities takes longer than a request; once is enough.
    return httpx.create_ssl_context(trust_env=trust_env)


def check_http_client(http_client: object, kind: type) -> None:
    """Refuse an http_client of the other twin's kind.

    Raises:
        InvalidRequestError: It is no client of this kind.
    """
    if http_client is not None and not isinstance(http_client, kind):
        raise InvalidRequestError(
            f"http_client is an httpx.{kind.__name__}; got {type(http_client).__name__}."
        )


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


def _build_request(
    http: httpx.Client | httpx.AsyncClient,
    parts: RequestParts,
    configuration: Configuration,
    watch: _SendingWatch,
) -> httpx.Request:
    """Make the request that the parts describe, watched."""
    headers = {} if http in _own else dict(configuration.headers)
    if parts.body is not None:
        headers["content-type"] = "application/json"
    note = watch.note if isinstance(http, httpx.Client) else watch.note_async
    address = f"{configuration.base_url}{parts.path}"
    return http.build_request(
        parts.method,
        # What has a body goes to few addresses. Of the many others none is kept: objects that
        # outlive their call for a while cost the garbage collector more than parsing does.
        address if parts.body is None else _parsed(address),
        content=parts.body,
        headers=headers,
        timeout=configuration.timeout,
        extensions={"trace": note},
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


def send(http: httpx.Client, parts: RequestParts, configuration: Configuration) -> Reply | Failure:
    """Send a request once, and read as much of its reply as comes."""
    watch = _SendingWatch()
    request = _build_request(http, parts, configuration, watch)
    try:
        response = http.send(request, stream=True, follow_redirects=False)
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
        with contextlib.suppress(Exception):
            response.close()
    return Reply.of(response, b"".join(pieces), broken)


async def send_async(
    http: httpx.AsyncClient, parts: RequestParts, configuration: Configuration
) -> Reply | Failure:
    """Do the same in an event loop."""
    watch = _SendingWatch()
    request = _build_request(http, parts, configuration, watch)
    try:
        response = await http.send(request, stream=True, follow_redirects=False)
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
        with contextlib.suppress(Exception):
            await response.aclose()
    return Reply.of(response, b"".join(pieces), broken)
