"""`Cekura` and `AsyncCekura`: configuration, closing, and the shells that wait and send again."""

import contextlib
import itertools
import threading
from collections.abc import AsyncGenerator, Generator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import httpx
from anyio.lowlevel import RunVar

from cekura_client.async_call_logs import AsyncCallLogs
from cekura_client.call_logs import CallLogs
from cekura_client.configuration import configure
from cekura_client.errors import InvalidRequestError
from cekura_client.exchange import Exchange
from cekura_client.operations import Operation
from cekura_client.rate_gate import RateGate
from cekura_client.retries import RetryPolicy
from cekura_client.transport import check_http_client, own_http_client, send, send_async
from cekura_client.wakeups import LoopWakeup

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
        check_http_client(http_client, httpx.Client)
        self._owns_http = http_client is None
        self._http = http_client or own_http_client(httpx.Client, self._configuration)
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._in_flight = 0
        self._waits: set[threading.Event] = set()
        self._gate = RateGate()
        self.call_logs = CallLogs(self._perform)

    def close(self) -> None:
        """Close the client, and end every wait: its call raises the error it waited for.

        A request under way is left to end, since its reply may be paid for; the last one closes
        the connections.
        """
        with self._lock:
            self._closed.set()
            for woken in self._waits:
                woken.set()
        self._close_unused()

    @property
    def rate_limit_pause(self) -> float:
        """Seconds that a 429 still keeps this client's requests waiting; 0.0 without one."""
        return self._gate.pause

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
        woken = threading.Event()
        exchange = Exchange(
            operation,
            self._configuration.retries,
            secret=self._configuration.api_key,
            gate=self._gate,
            wake=woken.set,
        )
        with exchange:
            while True:
                self._hold(exchange, woken)
                with self._using_http(), exchange.in_flight():
                    result = send(self._http, operation.request, self._configuration)
                done = exchange.after(result)
                if done is not None:
                    return done.result

    def _hold(self, exchange: Exchange[Any], woken: threading.Event) -> None:
        """Wait until the exchange may send."""
        while (seconds := exchange.hold()) is not None:
            with self._lock:
                self._waits.add(woken)
            try:
                if not self._closed.is_set():
                    woken.wait(seconds)
                if self._closed.is_set():
                    raise exchange.interrupted() or InvalidRequestError(_CLOSED)
            finally:
                with self._lock:
                    self._waits.discard(woken)
            woken.clear()

    @contextlib.contextmanager
    def _using_http(self) -> Generator[None]:
        with self._lock:
            if self._closed.is_set() or self._http.is_closed:
                raise InvalidRequestError(_CLOSED)
            self._in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
            self._close_unused()

    def _close_unused(self) -> None:
        with self._lock:
            unused = self._closed.is_set() and self._in_flight == 0
        if unused and self._owns_http:
            self._http.close()


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
        check_http_client(http_client, httpx.AsyncClient)
        self._given_http = http_client
        # Made now, so that an unusable environment shows now; the first event loop takes it.
        self._spare_http = (
            own_http_client(httpx.AsyncClient, self._configuration) if http_client is None else None
        )
        # Pooled connections belong to one event loop, so each loop gets its own client. Older
        # anyio tells the variables apart by name alone.
        self._loop_http: RunVar[httpx.AsyncClient | None] = RunVar(
            f"cekura_client.{next(_serial_numbers)}", None
        )
        self._closed = False
        self._in_flight = 0
        self._waits: set[LoopWakeup] = set()
        self._gate = RateGate()
        self.call_logs = AsyncCallLogs(self._perform)

    async def aclose(self) -> None:
        """Close the client, and end every wait: its call raises the error it waited for.

        A request under way is left to end, since its reply may be paid for; the last one closes
        the connections.
        """
        self._closed = True
        for wakeup in list(self._waits):
            wakeup.wake()
        await self._close_unused()

    @property
    def rate_limit_pause(self) -> float:
        """Seconds that a 429 still keeps this client's requests waiting; 0.0 without one."""
        return self._gate.pause

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
        wakeup = LoopWakeup()
        exchange = Exchange(
            operation,
            self._configuration.retries,
            secret=self._configuration.api_key,
            gate=self._gate,
            wake=wakeup.wake,
        )
        with exchange:
            while True:
                await self._hold(exchange, wakeup)
                async with self._using_http() as http:
                    with exchange.in_flight():
                        result = await send_async(http, operation.request, self._configuration)
                done = exchange.after(result)
                if done is not None:
                    return done.result

    async def _hold(self, exchange: Exchange[Any], wakeup: LoopWakeup) -> None:
        """Wait until the exchange may send."""
        while (seconds := exchange.hold()) is not None:
            self._waits.add(wakeup)
            try:
                if not self._closed:
                    await wakeup.wait(seconds)
                if self._closed:
                    raise exchange.interrupted() or InvalidRequestError(_CLOSED)
            finally:
                self._waits.discard(wakeup)

    @contextlib.asynccontextmanager
    async def _using_http(self) -> AsyncGenerator[httpx.AsyncClient]:
        http = self._http()
        self._in_flight += 1
        try:
            yield http
        finally:
            self._in_flight -= 1
            await self._close_unused()

    async def _close_unused(self) -> None:
        if not self._closed or self._in_flight:
            return
        http, self._spare_http = self._loop_http.get() or self._spare_http, None
        self._loop_http.set(None)
        if http is not None:
            # Cancelled or not, the connections are closed.
            with anyio.CancelScope(shield=True):
                await http.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._closed:
            raise InvalidRequestError(_CLOSED)
        http = self._given_http or self._loop_http.get()
        if http is None:
            http = self._spare_http or own_http_client(httpx.AsyncClient, self._configuration)
            self._spare_http = None
            self._loop_http.set(http)
        if http.is_closed:
            raise InvalidRequestError(_CLOSED)
        return http
