"""Performs the operations of an `AsyncCekura`: the same as `performer`, for event loops."""

import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import httpx
from anyio import to_thread
from anyio.lowlevel import RunVar

from cekura_client.configuration import Configuration
from cekura_client.errors import InvalidRequestError
from cekura_client.exchange import Exchange
from cekura_client.http_clients import own_http_client
from cekura_client.operation import Operation, RequestParts
from cekura_client.outcomes import Failure, Reply
from cekura_client.performer import CLOSED
from cekura_client.rate_gate import RateGate
from cekura_client.transport import Wire, send_async
from cekura_client.wakeups import LoopWakeup

if TYPE_CHECKING:
    from cekura_client.batches.watch import Watch

_ResultT = TypeVar("_ResultT")
_serial_numbers = itertools.count()


class AsyncPerformer:
    """The shell around an exchange, for tasks; it may serve several event loops.

    Args:
        http: What requests are sent through; one that was made for this serves the first event
            loop, and each further one gets one of its own.
        configuration: What is sent with each request, and how long a call may wait.
        own: Whether the httpx client was made for this, and is to be closed with it.
    """

    def __init__(self, http: httpx.AsyncClient, configuration: Configuration, *, own: bool) -> None:
        self.gate = RateGate()
        self._configuration = configuration
        first = Wire(http, configuration, own=own)
        self._given = None if own else first
        self._spare = first if own else None
        # Pooled connections belong to one event loop. Older anyio tells the variables apart by
        # name alone.
        self._of_loop: RunVar[Wire[httpx.AsyncClient] | None] = RunVar(
            f"cekura_client.{next(_serial_numbers)}", None
        )
        self._closed = False
        self._in_flight = 0
        self._waits: set[LoopWakeup] = set()

    async def aclose(self) -> None:
        """End every wait; the last request under way closes the connections."""
        self._closed = True
        self.wake()
        await self._close_unused()

    async def perform(
        self, operation: Operation[_ResultT], watch: "Watch | None" = None
    ) -> _ResultT:
        """Do one call, and tell a watch of its attempts.

        Raises:
            CekuraError: It came to no result.
        """
        exchange = Exchange(
            operation,
            self._configuration.retries,
            secret=self._configuration.api_key,
            gate=self.gate,
        )
        try:
            with exchange:
                while True:
                    await self._hold(exchange, watch)
                    if watch is not None:
                        await _noted(watch.sending, blocks=watch.blocks)
                    done = exchange.after(await self._send(exchange, operation.request))
                    if done is not None:
                        return done.result
                    if watch is not None:
                        await _noted(watch.held, blocks=watch.blocks)
        except BaseException as interruption:
            # Until the result is handed over, so with the exchange's own end.
            exchange.mark(interruption)
            raise

    def wake(self) -> None:
        """Let every wait look again whether to go on."""
        for wakeup in list(self._waits):
            wakeup.wake()

    async def pause(self, seconds: float) -> None:
        """Sleep, unless the client is closed.

        Raises:
            InvalidRequestError: It is.
        """
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

    async def _hold(self, exchange: Exchange[Any], watch: "Watch | None") -> None:
        """Wait until the exchange may send; mostly it may at once."""
        if watch is not None and watch.stopped:
            raise watch.give_up()
        if exchange.hold() is not None:
            await self._wait(exchange, watch)

    async def _wait(self, exchange: Exchange[Any], watch: "Watch | None") -> None:
        wakeup = LoopWakeup()
        exchange.wakes(wakeup.wake)
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

    async def _send(self, exchange: Exchange[Any], request: RequestParts) -> Reply | Failure:
        wire = self._open_wire()
        self._in_flight += 1
        try:
            exchange.sending()
            return await send_async(wire, request)
        finally:
            self._in_flight -= 1
            await self._close_unused()

    def _open_wire(self) -> Wire[httpx.AsyncClient]:
        if self._closed:
            raise InvalidRequestError(CLOSED)
        wire = self._given or self._of_loop.get()
        if wire is None:
            wire, self._spare = self._spare, None
            if wire is None:
                http = own_http_client(httpx.AsyncClient, self._configuration)
                wire = Wire(http, self._configuration, own=True)
            self._of_loop.set(wire)
        if wire.http.is_closed:
            raise InvalidRequestError(CLOSED)
        return wire

    async def _close_unused(self) -> None:
        if not self._closed or self._in_flight:
            return
        wire, self._spare = self._of_loop.get() or self._spare, None
        self._of_loop.set(None)
        if wire is not None:
            # Cancelled or not, the connections are closed.
            with anyio.CancelScope(shield=True):
                await wire.http.aclose()


async def _noted(note: Callable[[], None], *, blocks: bool) -> None:
    if blocks:
        await to_thread.run_sync(note)
    else:
        note()
