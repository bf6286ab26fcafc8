"""Makes requests for httpx, and tells whether one was sent when that fails."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import httpx

from cekura_client.config import KEY_HEADER, Configuration
from cekura_client.engine.attempts import Failure, Reply
from cekura_client.engine.connections import Connections
from cekura_client.engine.operation import Operation

_HttpT = TypeVar("_HttpT", httpx.Client, httpx.AsyncClient)


class RequestTrace:
    """Follows one request through httpcore, as its `trace` extension.

    The type of an exception tells nothing alone: a hook, an auth flow, or a transport that fails
    over or is not httpcore's, can raise a ConnectError after our request has run.
    """

    def __init__(self) -> None:
        self._sent = False
        self._asked_a_proxy = False
        self._failed_step: object = None

    def note(self, event: str, info: dict[str, Any]) -> None:
        """Take in one event."""
        if event.endswith(".send_request_headers.started"):
            # A CONNECT goes to a proxy, ahead of the request itself.
            if info["request"].method == b"CONNECT":
                self._asked_a_proxy = True
            else:
                self._sent = True
                # No more is to be learned, and each event that is told of takes time.
                info["request"].extensions.pop("trace", None)
        elif event.endswith(".failed"):
            self._failed_step = info["exception"]

    def proves_unsent(self, error: Exception, *, by_httpx: bool) -> bool:
        """Whether this very request is known to have failed of this before any of it was sent.

        Args:
            error: What sending raised.
            by_httpx: Whether httpx's own transport sent: it refuses some requests before it
                looks for a connection, and so without an event.
        """
        if self._sent:
            return False
        if by_httpx and isinstance(error, (httpx.PoolTimeout, httpx.UnsupportedProtocol)):
            return True
        if self._asked_a_proxy and isinstance(error, httpx.ProxyError):
            return True
        # httpx names the exception of httpcore that its own is made from.
        return self._failed_step is not None and error.__cause__ is self._failed_step


class RequestBuilder(Generic[_HttpT]):
    """Makes requests for connections.

    Args:
        connections: What sends them.
        configuration: What they were made with.
    """

    def __init__(self, connections: Connections[_HttpT], configuration: Configuration) -> None:
        self.connections: Connections[_HttpT] = connections
        self._base_url = configuration.base_url
        # Those of ours have these headers already, and merging takes time.
        self._sent_anyway = configuration.headers if connections.own else None

    def http(self, operation: Operation[Any]) -> _HttpT:
        """Choose the httpx client that sends an operation's request."""
        return self.connections.kept if operation.repeatable else self.connections.fresh

    def request(
        self,
        operation: Operation[Any],
        configuration: Configuration,
        trace: Callable[..., object],
        patience: float,
    ) -> httpx.Request:
        """Make an operation's request; its events on the way are told to `trace`.

        Args:
            operation: What is sent.
            configuration: What is sent with it, and how long its reply is waited for.
            trace: Called with each event on its way.
            patience: For how many seconds it may wait for a connection of the pool.
        """
        parts = operation.request
        headers = {} if configuration.headers is self._sent_anyway else configuration.headers
        if parts.body is not None:
            headers = headers | {"content-type": "application/json"}
        if not operation.repeatable:
            # Nothing uses its connection afterwards, over HTTP/1.1.
            headers = headers | {"connection": "close"}
        is_free = operation.costs_credits is False
        timeout = configuration.timeout if is_free else configuration.paid_timeout
        return self.http(operation).build_request(
            parts.method,
            f"{self._base_url}{parts.path}",
            content=parts.body,
            headers=headers,
            extensions={"timeout": timeout.as_dict() | {"pool": patience}, "trace": trace},
        )


def failed(
    error: Exception, request: httpx.Request, events: RequestTrace, *, by_httpx: bool
) -> Reply | Failure:
    """Tell what sending came to that raised this; nothing was sent only where that is certain."""
    if not _is_about(error, request):
        return Failure(error)
    if isinstance(error, httpx.HTTPStatusError):
        # A hook called raise_for_status(): the status is known all the same.
        return Reply.read_elsewhere(error.response, error)
    return Failure(error, unsent=events.proves_unsent(error, by_httpx=by_httpx))


def _is_about(error: Exception, request: httpx.Request) -> bool:
    try:
        return isinstance(error, httpx.HTTPError) and error.request is request
    except RuntimeError:  # httpx: it has none
        return False


def hide_the_key(request: httpx.Request) -> None:
    """Take the API key out of a request that is over."""
    # Errors lead to their request, and who reports one may report its headers.
    request.headers[KEY_HEADER] = "***"
