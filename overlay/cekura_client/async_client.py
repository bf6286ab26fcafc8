"""`AsyncCekura`: the same as `client`, for event loops."""

import contextlib
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
import httpx
from anyio import to_thread
from anyio.lowlevel import RunVar

from cekura_client.client import CLOSED, DEFAULT_RETRIES
from cekura_client.configuration import configure
from cekura_client.errors import InvalidRequestError
from cekura_client.exchange import Exchange
from cekura_client.operation import Operation
from cekura_client.rate_gate import RateGate
from cekura_client.retries import RetryPolicy
from cekura_client.transport import check_http_client, own_http_client, send_async
from cekura_client.wakeups import LoopWakeup

if TYPE_CHECKING:
    from cekura_client.async_call_logs import AsyncCallLogs
    from cekura_client.batches.watch import Watch
    from cekura_client.billing import AsyncBilling

_ResultT = TypeVar("_ResultT")
_serial_numbers = itertools.count()


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

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        retries: RetryPolicy = DEFAULT_RETRIES,
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

    @cached_property
    def call_logs(self) -> "AsyncCallLogs":
        """The operations on call logs."""
        from cekura_client.async_call_logs import AsyncCallLogs  # noqa: PLC0415  (as in `client`)
        from cekura_client.batches.tasks import BatchTasks  # noqa: PLC0415
        from cekura_client.listing.listers import AsyncLister  # noqa: PLC0415
        from cekura_client.waits.tasks import WaitTasks  # noqa: PLC0415

        return AsyncCallLogs(
            self._perform,
            BatchTasks(self._perform, self._wake, self._configuration),
            WaitTasks(self._perform, self._pause, self._configuration.base_url),
            AsyncLister(self._perform, self._configuration.base_url),
            self._configuration.base_url,
        )

    @cached_property
    def billing(self) -> "AsyncBilling":
        """The balance."""
        from cekura_client.billing import AsyncBilling  # noqa: PLC0415

        return AsyncBilling(self._perform)

    async def aclose(self) -> None:
        """Close the client, and end every wait: its call raises the error it waited for.

        A request under way is left to end, since its reply may be paid for; the last one closes
        the connections.
        """
        self._closed = True
        self._wake()
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

    async def _perform(
        self, operation: Operation[_ResultT], watch: "Watch | None" = None
    ) -> _ResultT:
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
                await self._hold(exchange, wakeup, watch)
                if watch is not None:
                    await _noted(watch.sending, blocks=watch.blocks)
                async with self._using_http() as http:
                    with exchange.in_flight():
                        result = await send_async(http, operation.request, self._configuration)
                done = exchange.after(result)
                if done is not None:
                    return done.result
                if watch is not None:
                    await _noted(watch.held, blocks=watch.blocks)

    async def _hold(
        self, exchange: Exchange[Any], wakeup: LoopWakeup, watch: "Watch | None"
    ) -> None:
        """Wait until the exchange may send."""
        self._waits.add(wakeup)
        try:
            while True:
                if watch is not None and watch.stopped:
                    raise watch.give_up()
                seconds = exchange.hold()
                if seconds is None:
                    return
                if not self._closed:
                    await wakeup.wait(seconds)
                if self._closed:
                    raise exchange.interrupted() or InvalidRequestError(CLOSED)
        finally:
            self._waits.discard(wakeup)

    async def _pause(self, seconds: float) -> None:
        """Sleep, unless the client is closed."""
        wakeup = LoopWakeup()
        moment = time.monotonic() + seconds
        self._waits.add(wakeup)
        try:
            while not self._closed and (left := moment - time.monotonic()) > 0:
                await wakeup.wait(left)
        finally:
            self._waits.discard(wakeup)
        if self._closed:
            raise InvalidRequestError(CLOSED)

    def _wake(self) -> None:
        """Let every wait look again whether to go on."""
        for wakeup in list(self._waits):
            wakeup.wake()

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
            raise InvalidRequestError(CLOSED)
        http = self._given_http or self._loop_http.get()
        if http is None:
            http = self._spare_http or own_http_client(httpx.AsyncClient, self._configuration)
            self._spare_http = None
            self._loop_http.set(http)
        if http.is_closed:
            raise InvalidRequestError(CLOSED)
        return http


async def _noted(note: Callable[[], None], *, blocks: bool) -> None:
    if blocks:
        await to_thread.run_sync(note)
    else:
        note()
