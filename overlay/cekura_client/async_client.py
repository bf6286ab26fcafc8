"""`AsyncCekura`: the same as `client`, for event loops."""

import os
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import httpx

from cekura_client.client import DEFAULT_RETRIES
from cekura_client.configuration import configure
from cekura_client.http_clients import connections, in_this_process
from cekura_client.processes import PerProcess
from cekura_client.retry_policy import RetryPolicy
from cekura_client.server_clock import ServerClock

if TYPE_CHECKING:
    from cekura_client.async_call_logs import AsyncCallLogs
    from cekura_client.async_performer import AsyncPerformer
    from cekura_client.batches.watch import Watch
    from cekura_client.billing import AsyncBilling
    from cekura_client.operation import Operation

_ResultT = TypeVar("_ResultT")


class AsyncCekura:
    """A client for the Cekura API, for asyncio and trio.

    One may serve several event loops, one after another; each has connections of its own, which are
    closed when the loop ends. The arguments, what is raised and what
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
        # Made now, so that an unusable environment shows now.
        self._connections = connections(http_client, httpx.AsyncClient, self._configuration)
        self._performers = PerProcess(self._make_performer)
        self._closed = False
        self._server_clock = ServerClock()

    def _make_performer(self) -> "AsyncPerformer":
        from cekura_client.async_performer import AsyncPerformer  # noqa: PLC0415  (as in `client`)

        configuration = self._configuration
        self._connections = in_this_process(self._connections, httpx.AsyncClient, configuration)
        return AsyncPerformer(
            self._connections, configuration, self._server_clock, closed=self._closed
        )

    @property
    def _performer(self) -> "AsyncPerformer":
        return self._performers.get()

    async def _perform(
        self, operation: "Operation[_ResultT]", watch: "Watch | None" = None
    ) -> _ResultT:
        return await self._performer.perform(operation, watch)

    def _wake(self) -> None:
        self._performer.wake()

    async def _pause(self, seconds: float) -> None:
        await self._performer.pause(seconds)

    @cached_property
    def call_logs(self) -> "AsyncCallLogs":
        """The operations on call logs."""
        from cekura_client.async_call_logs import AsyncCallLogs  # noqa: PLC0415  (as in `client`)
        from cekura_client.batches.tasks import BatchTasks  # noqa: PLC0415
        from cekura_client.listing.listers import AsyncLister  # noqa: PLC0415
        from cekura_client.waits.tasks import WaitTasks  # noqa: PLC0415

        perform, base_url = self._perform, self._configuration.base_url
        return AsyncCallLogs(
            perform,
            BatchTasks(perform, self._wake, self._configuration),
            WaitTasks(perform, self._pause, base_url),
            AsyncLister(perform, base_url),
            base_url=base_url,
            server_clock=self._server_clock,
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
        # What a parent process gave is not this one's to close.
        if self._connections.own or self._connections.process == os.getpid():
            await self._performer.aclose()

    @property
    def rate_limit_pause(self) -> float:
        """Seconds that a 429 still keeps this client's requests waiting; 0.0 without one."""
        return self._performer.gate.pause

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
