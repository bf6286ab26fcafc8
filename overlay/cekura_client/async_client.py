"""`AsyncCekura`: the same as `client`, for event loops."""

import threading
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from cekura_client.client import DEFAULT_RETRIES
from cekura_client.configuration import configure
from cekura_client.http_clients import check_http_client, own_http_client
from cekura_client.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from cekura_client.async_call_logs import AsyncCallLogs
    from cekura_client.async_performer import AsyncPerformer
    from cekura_client.billing import AsyncBilling


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
        self._owns_http = http_client is None
        # Made now, so that an unusable environment shows now.
        self._http = http_client or own_http_client(httpx.AsyncClient, self._configuration)
        self._lock = threading.Lock()
        self._made_performer: AsyncPerformer | None = None

    @property
    def _performer(self) -> "AsyncPerformer":
        from cekura_client.async_performer import AsyncPerformer  # noqa: PLC0415  (as in `client`)

        with self._lock:
            if self._made_performer is None:
                self._made_performer = AsyncPerformer(
                    self._http, self._configuration, own=self._owns_http
                )
            return self._made_performer

    @cached_property
    def call_logs(self) -> "AsyncCallLogs":
        """The operations on call logs."""
        from cekura_client.async_call_logs import AsyncCallLogs  # noqa: PLC0415  (as in `client`)
        from cekura_client.batches.tasks import BatchTasks  # noqa: PLC0415
        from cekura_client.listing.listers import AsyncLister  # noqa: PLC0415
        from cekura_client.waits.tasks import WaitTasks  # noqa: PLC0415

        performer, base_url = self._performer, self._configuration.base_url
        perform = performer.perform
        return AsyncCallLogs(
            perform,
            BatchTasks(perform, performer.wake, self._configuration),
            WaitTasks(perform, performer.pause, base_url),
            AsyncLister(perform, base_url),
            base_url,
        )

    @cached_property
    def billing(self) -> "AsyncBilling":
        """The balance."""
        from cekura_client.billing import AsyncBilling  # noqa: PLC0415

        return AsyncBilling(self._performer.perform)

    async def aclose(self) -> None:
        """Close the client, and end every wait: its call raises the error it waited for.

        A request under way is left to end, since its reply may be paid for; the last one closes
        the connections.
        """
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
