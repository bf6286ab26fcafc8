"""`Cekura`: configuration, closing, and the shell that waits and sends again."""

import contextlib
import threading
from collections.abc import Generator, Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from cekura_client.configuration import configure
from cekura_client.errors import InvalidRequestError
from cekura_client.exchange import Exchange
from cekura_client.operation import Operation
from cekura_client.rate_gate import RateGate
from cekura_client.retries import RetryPolicy
from cekura_client.transport import check_http_client, own_http_client, send

if TYPE_CHECKING:
    from cekura_client.batches.watch import Watch
    from cekura_client.billing import Billing
    from cekura_client.call_logs import CallLogs

_ResultT = TypeVar("_ResultT")
DEFAULT_RETRIES = RetryPolicy()
CLOSED = "The client is closed; nothing was sent. Make a new one."


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

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        retries: RetryPolicy = DEFAULT_RETRIES,
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

    @cached_property
    def call_logs(self) -> "CallLogs":
        """The operations on call logs."""
        # Models, batches and their journal take longer to import than a client takes to be made.
        from cekura_client.batches.threads import BatchThreads  # noqa: PLC0415
        from cekura_client.call_logs import CallLogs  # noqa: PLC0415
        from cekura_client.listing.listers import Lister  # noqa: PLC0415
        from cekura_client.waits.threads import WaitThreads  # noqa: PLC0415

        return CallLogs(
            self._perform,
            BatchThreads(self._perform, self._wake, self._configuration),
            WaitThreads(self._perform, self._wake, self._pause, self._configuration.base_url),
            Lister(self._perform, self._configuration.base_url),
            self._configuration.base_url,
        )

    @cached_property
    def billing(self) -> "Billing":
        """The balance."""
        from cekura_client.billing import Billing  # noqa: PLC0415  (as above)

        return Billing(self._perform)

    def close(self) -> None:
        """Close the client, and end every wait: its call raises the error it waited for.

        A request under way is left to end, since its reply may be paid for; the last one closes
        the connections.
        """
        with self._lock:
            self._closed.set()
        self._wake()
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

    def _perform(self, operation: Operation[_ResultT], watch: "Watch | None" = None) -> _ResultT:
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
                self._hold(exchange, woken, watch)
                if watch is not None:
                    watch.sending()
                with self._using_http(), exchange.in_flight():
                    result = send(self._http, operation.request, self._configuration)
                done = exchange.after(result)
                if done is not None:
                    return done.result
                if watch is not None:
                    watch.held()

    def _hold(self, exchange: Exchange[Any], woken: threading.Event, watch: "Watch | None") -> None:
        """Wait until the exchange may send."""
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

    def _wake(self) -> None:
        """Let every wait look again whether to go on."""
        with self._lock:
            for woken in self._waits:
                woken.set()

    def _pause(self, seconds: float) -> None:
        """Sleep, unless the client is closed."""
        if self._closed.wait(seconds):
            raise InvalidRequestError(CLOSED)

    @contextlib.contextmanager
    def _using_http(self) -> Generator[None]:
        with self._lock:
            if self._closed.is_set() or self._http.is_closed:
                raise InvalidRequestError(CLOSED)
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
