"""`Cekura`: configuration, the way to the operations, and closing."""

import threading
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from cekura_client.configuration import configure
from cekura_client.http_clients import check_http_client, own_http_client
from cekura_client.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from cekura_client.billing import Billing
    from cekura_client.call_logs import CallLogs
    from cekura_client.performer import Performer

DEFAULT_RETRIES = RetryPolicy()


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
        self._lock = threading.Lock()
        self._made_performer: Performer | None = None

    @property
    def _performer(self) -> "Performer":
        # What sends, waits and reads replies takes longer to import than a client takes to be made.
        from cekura_client.performer import Performer  # noqa: PLC0415

        with self._lock:
            if self._made_performer is None:
                self._made_performer = Performer(
                    self._http, self._configuration, own=self._owns_http
                )
            return self._made_performer

    @cached_property
    def call_logs(self) -> "CallLogs":
        """The operations on call logs."""
        from cekura_client.batches.threads import BatchThreads  # noqa: PLC0415  (as above)
        from cekura_client.call_logs import CallLogs  # noqa: PLC0415
        from cekura_client.listing.listers import Lister  # noqa: PLC0415
        from cekura_client.waits.threads import WaitThreads  # noqa: PLC0415

        performer, base_url = self._performer, self._configuration.base_url
        perform = performer.perform
        return CallLogs(
            perform,
            BatchThreads(perform, performer.wake, self._configuration),
            WaitThreads(perform, performer.wake, performer.pause, base_url),
            Lister(perform, base_url),
            base_url,
        )

    @cached_property
    def billing(self) -> "Billing":
        """The balance."""
        from cekura_client.billing import Billing  # noqa: PLC0415  (as above)

        return Billing(self._performer.perform)

    def close(self) -> None:
        """Close the client, and end every wait: its call raises the error it waited for.

        A request under way is left to end, since its reply may be paid for; the last one closes
        the connections.
        """
        self._performer.close()

    @property
    def rate_limit_pause(self) -> float:
        """Seconds that a 429 still keeps this client's requests waiting; 0.0 without one."""
        return self._performer.gate.pause

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
