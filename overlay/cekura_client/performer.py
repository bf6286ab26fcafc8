"""Performs the operations of a `Cekura`: waits, sends, and sends again."""

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from cekura_client.configuration import Configuration
from cekura_client.errors import InvalidRequestError
from cekura_client.exchange import Exchange
from cekura_client.http_clients import Connections
from cekura_client.operation import Operation
from cekura_client.outcomes import Failure, Reply
from cekura_client.rate_gate import RateGate
from cekura_client.server_clock import ServerClock
from cekura_client.transport import Wire, send

if TYPE_CHECKING:
    from cekura_client.batches.watch import Watch

_ResultT = TypeVar("_ResultT")
CLOSED = "The client is closed; nothing was sent. Make a new one."


class Performer:
    """The shell around an exchange, for threads: it may serve many.

    Args:
        connections: What requests are sent through.
        configuration: What is sent with each, and how long a call may wait.
        server_clock: Learns from the replies what time it is at the server.
    """

    def __init__(
        self,
        connections: Connections[httpx.Client],
        configuration: Configuration,
        server_clock: ServerClock,
    ) -> None:
        self.gate = RateGate(connections.capacity)
        self._server_clock = server_clock
        self._connections = connections
        self._wire = Wire(connections, configuration)
        self._configuration = configuration
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._in_flight = 0
        self._waits: set[threading.Event] = set()

    def close(self) -> None:
        """End every wait; the last request under way closes the connections."""
        with self._lock:
            self._closed.set()
        self.wake()
        self._close_unused()

    def perform(self, operation: Operation[_ResultT], watch: "Watch | None" = None) -> _ResultT:
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
                        watch.sending(self._server_clock.now())
                    done = exchange.after(self._send(exchange, operation))
                    if done is not None:
                        return done.result
                    if watch is not None:
                        watch.held()
        except BaseException as interruption:
            # Until the result is handed over, so with the exchange's own end.
            exchange.mark(interruption)
            raise

    def wake(self) -> None:
        """Let every wait look again whether to go on."""
        with self._lock:
            for woken in self._waits:
                woken.set()

    def pause(self, seconds: float) -> None:
        """Sleep, unless the client is closed.

        Raises:
            InvalidRequestError: It is.
        """
        if self._closed.wait(seconds):
            raise InvalidRequestError(CLOSED)

    def _hold(self, exchange: Exchange[Any], watch: "Watch | None") -> None:
        """Wait until the exchange may send; mostly it may at once."""
        if watch is not None and watch.stopped:
            raise watch.give_up()
        if exchange.hold() is not None:
            self._wait(exchange, watch)

    def _wait(self, exchange: Exchange[Any], watch: "Watch | None") -> None:
        woken = threading.Event()
        exchange.wakes(woken.set)
        with self._lock:
            self._waits.add(woken)
        try:
            while True:
                if watch is not None and watch.stopped:
                    raise watch.give_up()
                seconds = exchange.hold()
                if seconds is None:
                    return
                if not self._closed.is_set():
                    woken.wait(seconds)
                if self._closed.is_set():
                    raise exchange.interrupted() or InvalidRequestError(CLOSED)
                woken.clear()
        finally:
            with self._lock:
                self._waits.discard(woken)

    def _send(self, exchange: Exchange[Any], operation: Operation[Any]) -> Reply | Failure:
        with self._lock:
            if self._closed.is_set() or self._connections.closed:
                raise InvalidRequestError(CLOSED)
            self._in_flight += 1
        try:
            exchange.sending()
            return send(self._wire, operation, patience=exchange.patience)
        finally:
            with self._lock:
                self._in_flight -= 1
            if self._closed.is_set():
                self._close_unused()

    def _close_unused(self) -> None:
        with self._lock:
            unused = self._closed.is_set() and self._in_flight == 0
        if unused and self._connections.own:
            self._connections.free.close()
            self._connections.paid.close()
