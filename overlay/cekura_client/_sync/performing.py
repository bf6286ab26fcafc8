# Made from _async/performing.py by `make generate`. Do not edit.
"""Performs operations: waits for its turn, sends, and sends again where that is safe.

One `Performer` serves a client, for all its resources and flows.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import httpx

from cekura_client._concurrency import OpenConnections, Wakeup, on_disk
from cekura_client._sync.sending import send
from cekura_client.config import Configuration
from cekura_client.engine.attempt_observer import AttemptObserver
from cekura_client.engine.attempts import Failure, Reply
from cekura_client.engine.connections import Connections
from cekura_client.engine.exchange import Exchange
from cekura_client.engine.operation import Operation, ResultT
from cekura_client.engine.rate_gate import RateGate
from cekura_client.engine.server_clock import ServerClock
from cekura_client.errors import ClientClosedError


class Pause(Protocol):
    """Sleeps so many seconds; raises a `CekuraError` once the client is closed."""

    def __call__(self, seconds: float) -> None:
        """Sleep."""
        ...


class Perform(Protocol):
    """Does one call, and tells a watch of its attempts."""

    def __call__(
        self, operation: Operation[ResultT], watch: AttemptObserver | None = None
    ) -> ResultT:
        """Do it."""
        ...


class Performer:
    """Sends requests and their retries, for any number of calls at once.

    Args:
        connections: What requests are sent through.
        configuration: What is sent with each request, and how long a call may wait.
        server_clock: Learns from the replies what time it is at the server.
        closed: Whether nothing is sent any more.
    """

    def __init__(
        self,
        connections: Connections[httpx.Client],
        configuration: Configuration,
        server_clock: ServerClock,
        *,
        closed: bool,
    ) -> None:
        self.gate = RateGate(connections.capacity)
        self._connections = OpenConnections(connections, configuration)
        self._configuration = configuration
        self._server_clock = server_clock
        self._closed = closed
        self._lock = threading.Lock()
        self._in_flight = 0
        self._waits: set[Wakeup] = set()

    def close(self) -> None:
        """End every wait; the last request under way closes the connections."""
        with self._lock:
            self._closed = True
        self.wake()
        self._close_unused()

    def perform(
        self, operation: Operation[ResultT], watch: AttemptObserver | None = None
    ) -> ResultT:
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
                    self._hold(exchange, watch)
                    if watch is not None:
                        sending = partial(watch.sending, self._server_clock.now())
                        _tell(sending, blocks=watch.blocks)
                    done = exchange.after(self._send(exchange, operation))
                    if done is not None:
                        return done.result
                    if watch is not None:
                        _tell(watch.held, blocks=watch.blocks)
        except BaseException as interruption:
            # Until the result is handed over, so with the exchange's own end.
            exchange.mark(interruption)
            raise

    def wake(self) -> None:
        """Let every wait look again whether to go on; from any thread."""
        with self._lock:
            for wakeup in self._waits:
                wakeup.wake()

    def pause(self, seconds: float) -> None:
        """Sleep, unless the client is closed.

        Raises:
            ClientClosedError: It is.
        """
        moment = time.monotonic() + seconds
        wakeup = self._new_wakeup()
        try:
            while not self._closed and (left := moment - time.monotonic()) > 0:
                wakeup.wait(left)
        finally:
            self._forget(wakeup)
        if self._closed:
            raise ClientClosedError

    def _hold(self, exchange: Exchange[Any], watch: AttemptObserver | None) -> None:
        """Wait until the exchange may send; mostly it may at once."""
        if watch is not None and watch.stopped:
            raise watch.give_up()
        if exchange.hold() is not None:
            self._wait(exchange, watch)

    def _wait(self, exchange: Exchange[Any], watch: AttemptObserver | None) -> None:
        wakeup = self._new_wakeup()
        exchange.wakes(wakeup.wake)
        try:
            while True:
                if watch is not None and watch.stopped:
                    raise watch.give_up()
                seconds = exchange.hold()
                if seconds is None:
                    return
                if not self._closed:
                    wakeup.wait(seconds)
                if self._closed:
                    raise exchange.interrupted() or ClientClosedError()
        finally:
            self._forget(wakeup)

    def _new_wakeup(self) -> Wakeup:
        wakeup = Wakeup()
        with self._lock:
            self._waits.add(wakeup)
        return wakeup

    def _forget(self, wakeup: Wakeup) -> None:
        with self._lock:
            self._waits.discard(wakeup)

    def _send(self, exchange: Exchange[Any], operation: Operation[Any]) -> Reply | Failure:
        with self._lock:
            if self._closed:
                raise ClientClosedError
            self._in_flight += 1
        try:
            wire = self._connections.wire()
            if wire.connections.closed:
                raise ClientClosedError
            exchange.sending()
            return send(wire, operation, patience=exchange.patience)
        finally:
            with self._lock:
                self._in_flight -= 1
            self._close_unused()

    def _close_unused(self) -> None:
        with self._lock:
            unused = self._closed and self._in_flight == 0
        if unused:
            self._connections.close()


def _tell(note: Callable[[], None], *, blocks: bool) -> None:
    if blocks:
        on_disk(note)
    else:
        note()
