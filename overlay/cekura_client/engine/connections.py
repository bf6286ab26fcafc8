"""Makes the httpx clients that requests are sent through, and checks one that is given."""

import logging
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast

import httpx

from cekura_client.config import Configuration
from cekura_client.errors import InvalidRequestError

_HttpT = TypeVar("_HttpT", httpx.Client, httpx.AsyncClient)

_CONNECTIONS = 100  # at once, of a client of ours
_IDLE_CONNECTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections(Generic[_HttpT]):
    """The httpx clients of one process, and in async code of one event loop.

    Attributes:
        kept: Sends what may be repeated, over connections that are kept.
        fresh: Sends what may not. A client of ours uses each connection once, so that no
            reply that was left over on it can be taken for the next request's.
        own: Whether they were made here, and are to be closed with the client.
        capacity: How many requests may be in flight without one waiting for a connection.
        by_httpx: Whether they are sent by httpx's own transport, whose refusals to send are known.
        process: Whose they are.
    """

    kept: _HttpT
    fresh: _HttpT
    own: bool
    capacity: int
    by_httpx: bool
    process: int

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.kept.is_closed


def connections(
    http_client: _HttpT | None, kind: type[_HttpT], configuration: Configuration
) -> Connections[_HttpT]:
    """Make connections, or take the given httpx client for them.

    Raises:
        InvalidRequestError: It is no client of this kind, or would show the API key to a proxy;
            or what the environment says cannot be used.
    """
    if http_client is None:
        return own_connections(kind, configuration)
    # A user's mistake may be of any type.
    given = cast("object", http_client)
    if not isinstance(given, kind):
        raise InvalidRequestError(
            f"http_client is an httpx.{kind.__name__}; got {type(given).__name__}."
        )
    transport = _transport_of(http_client, configuration)
    by_httpx = type(transport) in (httpx.HTTPTransport, httpx.AsyncHTTPTransport)
    pool = getattr(transport, "_pool", None) if by_httpx else None
    _refuse_a_proxy_that_reads_along(pool, configuration)
    _keep_hpack_from_logging_headers()
    return Connections(
        kept=http_client,
        fresh=http_client,
        own=False,
        capacity=_capacity_of(pool),
        by_httpx=by_httpx,
        process=os.getpid(),
    )


def own_connections(kind: type[_HttpT], configuration: Configuration) -> Connections[_HttpT]:
    """Make connections that have the headers, and the environment's proxies and certificates.

    Raises:
        InvalidRequestError: What the environment says cannot be used.
    """
    # A server on this machine is never behind a proxy, whatever the environment says.
    trust_env = not configuration.is_loopback
    try:
        kept, fresh = (
            kind(
                headers=configuration.headers,
                trust_env=trust_env,
                verify=_tls_context(trust_env),
                limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=idle),
            )
            for idle in (_IDLE_CONNECTIONS, 0)
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        raise InvalidRequestError(
            "The proxy or certificate settings of the environment (such as HTTPS_PROXY, "
            f"ALL_PROXY, SSL_CERT_FILE) cannot be used: {error}."
        ) from error
    # One sends the cookies that the other was given.
    fresh.cookies.jar = kept.cookies.jar
    return Connections(
        kept=kept,
        fresh=fresh,
        own=True,
        capacity=_CONNECTIONS,
        by_httpx=True,
        process=os.getpid(),
    )


def in_this_process(
    made: Connections[_HttpT], kind: type[_HttpT], configuration: Configuration
) -> Connections[_HttpT]:
    """Return these connections, or others where they were made before a fork.

    A socket that two processes share hands one the reply that was meant for the other.

    Raises:
        InvalidRequestError: They were given, and are the parent process's.
    """
    if made.process == os.getpid():
        return made
    if made.own:
        return own_connections(kind, configuration)
    raise InvalidRequestError(
        "The http_client was given before this process was forked: its connections are the parent "
        "process's, and a reply could go to the wrong one. Make the httpx client and "
        "the Cekura client after the fork."
    )


@cache
def _tls_context(trust_env: bool) -> ssl.SSLContext:  # noqa: FBT001  (cache takes positions)
    # Reading the certificate authorities takes longer than a request; once is enough.
    return httpx.create_ssl_context(trust_env=trust_env)


# httpx has no public way to ask for these. Where a version names them otherwise, the given client
# counts as one that sends through a transport of its own.
def _transport_of(http: httpx.Client | httpx.AsyncClient, configuration: Configuration) -> object:
    choose: Any = getattr(http, "_transport_for_url", None)
    return choose and choose(httpx.URL(configuration.base_url))


def _capacity_of(pool: object) -> int:
    if getattr(pool, "_http2", False):  # one connection carries many requests
        return _CONNECTIONS
    capacity: object = getattr(pool, "_max_connections", _CONNECTIONS)
    return capacity if isinstance(capacity, int) else _CONNECTIONS


def _refuse_a_proxy_that_reads_along(pool: object, configuration: Configuration) -> None:
    # On the way to https a proxy sees encrypted bytes only.
    proxied = hasattr(pool, "_proxy_url") or getattr(pool, "_proxy", None) is not None
    if proxied and httpx.URL(configuration.base_url).scheme == "http":
        raise InvalidRequestError(
            "The http_client sends plain http through a proxy, which would be shown the API key. "
            "Make it with trust_env=False and without proxy=, or use https."
        )


def _keep_hpack_from_logging_headers() -> None:
    # At DEBUG it logs every header of HTTP/2, the API key among them.
    hpack = logging.getLogger("hpack")
    if hpack.level < logging.INFO:
        hpack.setLevel(logging.INFO)


_MadeT = TypeVar("_MadeT")


class PerProcess(Generic[_MadeT]):
    """Something of which each process has its own.

    Args:
        make: Makes it; called in each process that asks for it.

    Example:
        >>> numbers = PerProcess(os.getpid)
        >>> numbers.get() == os.getpid()
        True
    """

    def __init__(self, make: Callable[[], _MadeT]) -> None:
        self._make = make
        self._made: dict[int, _MadeT] = {}

    def get(self) -> _MadeT:
        """Return this process's own. It is made when it is first asked for."""
        process = os.getpid()
        found = self._made.get(process)
        if found is None:
            # No lock guards this: a thread that the fork left behind might hold it for ever.
            found = self._made.setdefault(process, self._make())
            for other in [*self._made]:
                if other != process:
                    self._made.pop(other, None)
        return found
