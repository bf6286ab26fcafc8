"""Sends requests and their retries: waits for its turn, sends, and again where that is safe.

One `AsyncPerformer` serves a client, for all its resources and flows.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import httpx

from cekura_client._async.sending import send
from cekura_client._concurrency import AsyncOpenConnections, AsyncWakeup, async_on_disk
from cekura_client.config import Configuration
from cekura_client.engine.attempts import Failure, Reply
from cekura_client.engine.connections import Connections
from cekura_client.engine.exchange import AttemptObserver, Exchange
from cekura_client.engine.operation import Operation, ResultT
from cekura_client.engine.rate_gate import RateGate
from cekura_client.engine.server_clock import ServerClock
from cekura_client.errors import ClientClosedError


class AsyncSleep(Protocol):
    """Sleeps so many seconds; raises a `CekuraError` once the client is closed."""

    async def __call__(self, seconds: float) -> None:
        """Sleep."""
        ...


class AsyncPerform(Protocol):
    """Does one call, and tells an observer of its attempts."""

    async def __call__(
        self, operation: Operation[ResultT], observer: AttemptObserver | None = None
    ) -> ResultT:
        """Do it."""
        ...


class AsyncPerformer:
    """Sends requests and their retries, for any number of calls at once.

    Args:
        connections: What requests are sent through.
        configuration: What those were made with.
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
        self._connections = AsyncOpenConnections(connections, configuration)
        self._server_clock = server_clock
        self._closed = closed
        self._lock = threading.Lock()
        self._in_flight = 0
        self._waits: set[AsyncWakeup] = set()

    async def aclose(self) -> None:
        """End every wait; the last request under way closes the connections."""
        with self._lock:
            self._closed = True
        self.wake()
        await self._close_unused()

    async def perform(
        self,
        operation: Operation[ResultT],
        configuration: Configuration,
        observer: AttemptObserver | None,
    ) -> ResultT:
        """Do one call, and tell an observer of its attempts.

        Args:
            operation: What is sent, and how its reply is read.
            configuration: What is sent with it, and how long the call may wait.
            observer: Is told of each attempt.

        Raises:
            CekuraError: It came to no result.
        """
        exchange = Exchange(
            operation,
            configuration.retries,
            secret=configuration.api_key,
            gate=self.gate,
            server_clock=self._server_clock,
        )
        try:
            with exchange:
                while True:
                    await self._wait_for_turn(exchange, observer)
                    if observer is not None:
                        sending = partial(observer.sending, self._server_clock.now())
                        await _tell(sending, blocks=observer.blocks)
                    done = exchange.after(await self._send(exchange, operation, configuration))
                    if done is not None:
                        return done.result
                    if observer is not None:
                        await _tell(observer.not_run, blocks=observer.blocks)
        except BaseException as interruption:
            # Up to here: an interrupt may come while the exchange itself ends.
            exchange.mark(interruption)
            raise

    def wake(self) -> None:
        """Wake every call that waits, so that it checks whether to go on; from any thread."""
        with self._lock:
            for wakeup in self._waits:
                wakeup.wake()

    async def sleep(self, seconds: float) -> None:
        """Sleep, unless the client is closed.

        Raises:
            ClientClosedError: It is.
        """
        moment = time.monotonic() + seconds
        wakeup = self._new_wakeup()
        try:
            while not self._closed and (left := moment - time.monotonic()) > 0:
                await wakeup.wait(left)
        finally:
            self._forget(wakeup)
        if self._closed:
            raise ClientClosedError

    async def _wait_for_turn(
        self, exchange: Exchange[Any], observer: AttemptObserver | None
    ) -> None:
        """Wait until the exchange may send; mostly it may at once."""
        wakeup: AsyncWakeup | None = None
        try:
            while True:
                if observer is not None and observer.stopped:
                    raise observer.give_up()
                seconds = exchange.ask_to_send()
                if seconds is None:
                    return
                if wakeup is None:
                    wakeup = self._new_wakeup()
                    exchange.wakes(wakeup.wake)
                    continue  # what happened meanwhile has woken nobody
                if not self._closed:
                    await wakeup.wait(seconds)
                if self._closed:
                    raise exchange.interrupted() or ClientClosedError()
        finally:
            if wakeup is not None:
                self._forget(wakeup)

    def _new_wakeup(self) -> AsyncWakeup:
        wakeup = AsyncWakeup()
        with self._lock:
            self._waits.add(wakeup)
        return wakeup

    def _forget(self, wakeup: AsyncWakeup) -> None:
        with self._lock:
            self._waits.discard(wakeup)

    async def _send(
        self, exchange: Exchange[Any], operation: Operation[Any], configuration: Configuration
    ) -> Reply | Failure:
        with self._lock:
            if self._closed:
                raise ClientClosedError
            self._in_flight += 1
        try:
            builder = await self._connections.builder()
            if builder.connections.closed:
                raise ClientClosedError
            exchange.sending()
            return await send(builder, operation, configuration, patience=exchange.patience)
        finally:
            with self._lock:
                self._in_flight -= 1
            await self._close_unused()

    async def _close_unused(self) -> None:
        with self._lock:
            unused = self._closed and self._in_flight == 0
        if unused:
            await self._connections.close()


async def _tell(note: Callable[[], None], *, blocks: bool) -> None:
    if blocks:
        await async_on_disk(note)
    else:
        note()
