"""`Cekura` and `AsyncCekura`: configuration, closing, and the shells that send and wait."""

import contextlib
import itertools
import ssl
import threading
from collections.abc import Mapping
from functools import cache
from types import TracebackType
from typing import Self, TypedDict, TypeVar

import anyio
import httpx
from anyio.lowlevel import RunVar

from cekura_client.call_logs import AsyncCallLogs, CallLogs
from cekura_client.configuration import Configuration, configure
from cekura_client.errors import InvalidRequestError
from cekura_client.exchange import Done, Exchange
from cekura_client.operations import Operation
from cekura_client.outcomes import Failure, Reply
from cekura_client.retries import RetryPolicy

_ResultT = TypeVar("_ResultT")
_DEFAULT_RETRIES = RetryPolicy()
_CLOSED = "The client is closed; nothing was sent. Make a new one."
_serial_numbers = itertools.count()


class Cekura:
    """A client for the Cekura API. One may serve many threads.

    Args:
        api_key: The API key; by default from the environment variable `CEKURA_API_KEY`.
        base_url: Where the API is: https, or http on this machine. By default from
            `CEKURA_API_URL`, else `https://api.cekura.ai`.
        timeout: Seconds above 0 that connecting (5 at most), sending, and waiting for the next
            piece of a reply may each take; or an `httpx.Timeout`.
        retries: How long a call may wait for the rate limit, and how often it reconnects.
        http_client: A ready `httpx.Client`, for proxies or an own certificate authority. It stays
            yours to close; `timeout` applies to it too; redirects are never followed.
        headers: More headers to send with every request.

    Raises:
        InvalidRequestError: There is no usable key, or another argument cannot be used.

    Example:
        >>> with Cekura() as cekura:  # CEKURA_API_KEY is set
        ...     cekura.call_logs.retrieve(123).duration
        '00:30'
    """

    call_logs: CallLogs

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        retries: RetryPolicy = _DEFAULT_RETRIES,
        http_client: httpx.Client | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._configuration = configure(
            api_key, base_url=base_url, timeout=timeout, retries=retries, headers=headers
        )
        _check_http_client(http_client, httpx.Client)
        self._owns_http = http_client is None
        self._http = http_client or httpx.Client(**_http_options(self._configuration))
        self._closed = threading.Event()
        self.call_logs = CallLogs(self._perform)

    def close(self) -> None:
        """Close the connections, and end every wait: its call raises the error it waited for."""
        self._closed.set()
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """Show where it sends, never the key."""
        return f"{type(self).__name__}(base_url={self._configuration.base_url!r})"

    def _perform(self, operation: Operation[_ResultT]) -> _ResultT:
        exchange = Exchange(
            operation, self._configuration.retries, secret=self._configuration.api_key
        )
        while True:
            if self._closed.is_set() or self._http.is_closed:
                raise InvalidRequestError(_CLOSED)
            request = _build(self._http, operation, self._configuration)
            with exchange.in_flight():
                result = self._send(request)
            step = exchange.after(result)
            if isinstance(step, Done):
                return step.result
            if self._closed.wait(step.seconds):
                raise step.error

    def _send(self, request: httpx.Request) -> Reply | Failure:
        try:
            response = self._http.send(request, stream=True, follow_redirects=False)
        except Exception as error:  # noqa: BLE001  (what is not known to be unsent counts as sent)
            return Failure(error)
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


class AsyncCekura:
    """A client for the Cekura API, for asyncio and trio.

    One may serve several event loops, one after another. The arguments, what is raised and what
    is charged are those of `Cekura`; `http_client` is an `httpx.AsyncClient`.

    Example:
        >>> import asyncio
        >>> async def main() -> None:
        ...     async with AsyncCekura() as cekura:  # CEKURA_API_KEY is set
        ...         print((await cekura.call_logs.retrieve(123)).duration)
        >>> asyncio.run(main())
        00:30
    """

    call_logs: AsyncCallLogs

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        retries: RetryPolicy = _DEFAULT_RETRIES,
        http_client: httpx.AsyncClient | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._configuration = configure(
            api_key, base_url=base_url, timeout=timeout, retries=retries, headers=headers
        )
        _check_http_client(http_client, httpx.AsyncClient)
        self._given_http = http_client
        # Pooled connections belong to one event loop, so each loop gets its own client. Older
        # anyio tells the variables apart by name alone.
        self._loop_http: RunVar[httpx.AsyncClient | None] = RunVar(
            f"cekura_client.{next(_serial_numbers)}", None
        )
        self._closed = False
        self._waits: set[anyio.CancelScope] = set()
        self.call_logs = AsyncCallLogs(self._perform)

    async def aclose(self) -> None:
        """Close the connections, and end every wait: its call raises the error it waited for."""
        self._closed = True
        for scope in self._waits:
            scope.cancel()
        http = self._loop_http.get()
        if http is not None:
            self._loop_http.set(None)
            await http.aclose()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.aclose()

    def __repr__(self) -> str:
        """Show where it sends, never the key."""
        return f"{type(self).__name__}(base_url={self._configuration.base_url!r})"

    async def _perform(self, operation: Operation[_ResultT]) -> _ResultT:
        exchange = Exchange(
            operation, self._configuration.retries, secret=self._configuration.api_key
        )
        while True:
            http = self._http()
            request = _build(http, operation, self._configuration)
            with exchange.in_flight():
                result = await self._send(http, request)
            step = exchange.after(result)
            if isinstance(step, Done):
                return step.result
            await self._wait(step.seconds)
            if self._closed:
                raise step.error

    def _http(self) -> httpx.AsyncClient:
        if self._closed:
            raise InvalidRequestError(_CLOSED)
        http = self._given_http or self._loop_http.get()
        if http is None:
            http = httpx.AsyncClient(**_http_options(self._configuration))
            self._loop_http.set(http)
        if http.is_closed:
            raise InvalidRequestError(_CLOSED)
        return http

    async def _wait(self, seconds: float) -> None:
        with anyio.CancelScope() as scope:
            self._waits.add(scope)
            try:
                await anyio.sleep(seconds)
            finally:
                self._waits.discard(scope)

    async def _send(self, http: httpx.AsyncClient, request: httpx.Request) -> Reply | Failure:
        try:
            response = await http.send(request, stream=True, follow_redirects=False)
        except Exception as error:  # noqa: BLE001  (what is not known to be unsent counts as sent)
            return Failure(error)
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


class _HttpOptions(TypedDict):
    trust_env: bool
    verify: ssl.SSLContext


def _http_options(configuration: Configuration) -> _HttpOptions:
    # A server on this machine is never behind a proxy, whatever the environment says.
    trust_env = not configuration.is_loopback
    return {"trust_env": trust_env, "verify": _tls_context(trust_env)}


@cache
def _tls_context(trust_env: bool) -> ssl.SSLContext:  # noqa: FBT001  (cache takes positions)
    # Reading the certificate authorities takes longer than a request; once is enough.
    return httpx.create_ssl_context(trust_env=trust_env)


def _check_http_client(http_client: object, kind: type) -> None:
    if http_client is not None and not isinstance(http_client, kind):
        raise InvalidRequestError(
            f"http_client is an httpx.{kind.__name__}; got {type(http_client).__name__}."
        )


def _build(
    http: httpx.Client | httpx.AsyncClient,
    operation: Operation[_ResultT],
    configuration: Configuration,
) -> httpx.Request:
    parts = operation.request
    headers = dict(configuration.headers)
    if parts.body is not None:
        headers["content-type"] = "application/json"
    return http.build_request(
        parts.method,
        f"{configuration.base_url}{parts.path}",
        content=parts.body,
        headers=headers,
        timeout=configuration.timeout,
    )
