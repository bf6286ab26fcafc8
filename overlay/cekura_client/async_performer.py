"""Performs the operations of an `AsyncCekura`: the same as `performer`, for event loops."""

import itertools
import time
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import httpx
from anyio import to_thread
from anyio.lowlevel import RunVar

from cekura_client.configuration import Configuration
from cekura_client.errors import InvalidRequestError
from cekura_client.exchange import Exchange
from cekura_client.http_clients import Connections, own_connections
from cekura_client.operation import Operation
from cekura_client.outcomes import Failure, Reply
from cekura_client.performer import CLOSED
from cekura_client.rate_gate import RateGate
from cekura_client.server_clock import ServerClock
from cekura_client.transport import Wire, send_async
from cekura_client.wakeups import LoopWakeup

if TYPE_CHECKING:
    from cekura_client.batches.watch import Watch

_ResultT = TypeVar("_ResultT")
_serial_numbers = itertools.count()


class AsyncPerformer:
    """The shell around an exchange, for tasks; it may serve several event loops.

    Args:
        connections: What requests are sent through; those that were made for this serve the first
            event loop, and each further one gets some of its own.
        configuration: What is sent with each request, and how long a call may wait.
        server_clock: Learns from the replies what time it is at the server.
        closed: Whether nothing is sent any more.
    """

    def __init__(
        self,
        connections: Connections[httpx.AsyncClient],
        configuration: Configuration,
        server_clock: ServerClock,
        *,
        closed: bool,
    ) -> None:
        self.gate = RateGate(connections.capacity)
        self._server_clock = server_clock
        self._configuration = configuration
        self._given = None if connections.own else Wire(connections, configuration)
        self._spare = connections if connections.own else None
        # Pooled connections belong to one event loop. Older anyio tells the variables apart by
        # name alone.
        self._of_loop: RunVar[_LoopWire | None] = RunVar(
            f"cekura_client.{next(_serial_numbers)}", None
        )
        self._closed = closed
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
            server_clock=self._server_clock,
        )
        try:
            with exchange:
                while True:
                    await self._hold(exchange, watch)
                    if watch is not None:
                        sending = partial(watch.sending, self._server_clock.now())
                        await _noted(sending, blocks=watch.blocks)
                    done = exchange.after(await self._send(exchange, operation))
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

    async def _send(self, exchange: Exchange[Any], operation: Operation[Any]) -> Reply | Failure:
        wire = await self._open_wire()
        self._in_flight += 1
        try:
            exchange.sending()
            return await send_async(wire, operation, patience=exchange.patience)
        finally:
            self._in_flight -= 1
            await self._close_unused()

    async def _open_wire(self) -> Wire[httpx.AsyncClient]:
        if self._closed:
            raise InvalidRequestError(CLOSED)
        wire = self._given
        if wire is None:
            of_loop = self._of_loop.get()
            if of_loop is None:
                spare, self._spare = self._spare, None
                of_loop = _LoopWire(spare, self._configuration)
                self._of_loop.set(of_loop)
                await of_loop.open()
            wire = of_loop.wire
        if wire.connections.closed:
            raise InvalidRequestError(CLOSED)
        return wire

    async def _close_unused(self) -> None:
        if not self._closed or self._in_flight:
            return
        of_loop, spare = self._of_loop.get(), self._spare
        self._of_loop.set(None)
        self._spare = None
        if of_loop is not None:
            await of_loop.close()
        if spare is not None:
            await _close(spare)


class _LoopWire:
    """The connections of one event loop. They are closed with it, if not before."""

    def __init__(
        self, connections: Connections[httpx.AsyncClient] | None, configuration: Configuration
    ) -> None:
        connections = connections or own_connections(httpx.AsyncClient, configuration)
        self.wire = Wire(connections, configuration)
        self._lifetime = self._live()

    async def open(self) -> None:
        # A loop that ends closes the asynchronous generators that it began.
        await anext(self._lifetime)

    async def close(self) -> None:
        await self._lifetime.aclose()

    async def _live(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await _close(self.wire.connections)


async def _close(connections: Connections[httpx.AsyncClient]) -> None:
    # Cancelled or not, the connections are closed.
    with anyio.CancelScope(shield=True):
        await connections.free.aclose()
        await connections.paid.aclose()


async def _noted(note: Callable[[], None], *, blocks: bool) -> None:
    if blocks:
        await to_thread.run_sync(note)
    else:
        note()
