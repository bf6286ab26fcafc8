# Made from _async/client.py by `make generate`. Do not edit.
"""The client: its configuration, the way to the operations, and closing."""

import copy
import os
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from cekura_client.config import DEFAULT_TIMEOUT, RetryPolicy, configure, reconfigure
from cekura_client.engine.connections import PerProcess, connections, in_this_process
from cekura_client.engine.operation import ResultT
from cekura_client.engine.server_clock import ServerClock

if TYPE_CHECKING:
    from cekura_client._sync.agents import Agents
    from cekura_client._sync.billing import Billing
    from cekura_client._sync.call_logs import CallLogs
    from cekura_client._sync.metrics import Metrics
    from cekura_client._sync.performing import Performer
    from cekura_client._sync.projects import Projects
    from cekura_client.engine.exchange import AttemptObserver
    from cekura_client.engine.operation import Operation
    from cekura_client.engine.response import Response

DEFAULT_RETRIES = RetryPolicy()


class Cekura:
    """A client for the Cekura API.

    One may serve many threads, or event loops one after another. Each loop, and each process that
    is forked, has connections of its own; a loop's are closed when it ends.

    Args:
        api_key: The API key; by default from the environment variable `CEKURA_API_KEY`.
        base_url: Where the API is: https, or http on this machine. By default from
            `CEKURA_API_URL`, else `https://api.cekura.ai`.
        timeout: Seconds above 0 that connecting (5 at most), sending, and waiting for the next
            piece of a reply may each take; or an `httpx.Timeout`. It holds for every operation.
            Without it those are 30 s, and 600 s for the reply of what costs credits, or may:
            it is paid for, and a re-run of all calls may take minutes to answer.
        retries: How long a call may wait for the rate limit, and how often it reconnects.
        http_client: A ready `httpx.Client`, for proxies or an own certificate authority. It
            stays yours to close; `timeout` applies to it too; redirects are never followed. A
            forked process needs a new one. What you lose with it: a request that costs credits
            may go over a connection that another was sent over before, and a reply that the
            server wrote there unasked is taken for its own. Without `http_client`, or when yours
            has `limits=httpx.Limits(max_keepalive_connections=0)`, that cannot happen.
        headers: More headers to send with every request.

    Raises:
        InvalidRequestError: There is no usable key, or another argument cannot be used.

    Example:
        >>> with Cekura() as cekura:  # CEKURA_API_KEY is set
        ...     call = cekura.call_logs.retrieve(123)
        >>> call.duration
        '00:30'
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        retries: RetryPolicy = DEFAULT_RETRIES,
        http_client: httpx.Client | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._configuration = configure(
            api_key, base_url=base_url, timeout=timeout, retries=retries, headers=headers
        )
        # Made now, so that an unusable environment shows now.
        self._connections = connections(http_client, httpx.Client, self._configuration)
        self._performers = PerProcess(self._make_performer)
        self._closed = False
        self._is_face = False
        self._server_clock = ServerClock()

    def _make_performer(self) -> "Performer":
        # Imported when first used, here and below: `_LATE` in `__init__` says what that saves.
        from cekura_client._sync.performing import Performer  # noqa: PLC0415

        configuration = self._configuration
        self._connections = in_this_process(self._connections, httpx.Client, configuration)
        return Performer(self._connections, configuration, self._server_clock, closed=self._closed)

    @property
    def _performer(self) -> "Performer":
        return self._performers.get()

    def _perform(
        self, operation: "Operation[ResultT]", observer: "AttemptObserver | None" = None
    ) -> ResultT:
        return self._performer.perform(operation, self._configuration, observer)

    def _wake(self) -> None:
        self._performer.wake()

    def _sleep(self, seconds: float) -> None:
        self._performer.sleep(seconds)

    @cached_property
    def call_logs(self) -> "CallLogs":
        """The operations on call logs."""
        from cekura_client._sync.batches import Batches  # noqa: PLC0415  (as above)
        from cekura_client._sync.call_logs import CallLogs  # noqa: PLC0415
        from cekura_client._sync.lists import Lister  # noqa: PLC0415
        from cekura_client._sync.reconciling import Reconciling  # noqa: PLC0415
        from cekura_client._sync.retrieving import Retrieving  # noqa: PLC0415
        from cekura_client._sync.waits import Waits  # noqa: PLC0415

        perform, base_url = self._perform, self._configuration.base_url
        lister = Lister(perform, base_url)
        return CallLogs(
            perform,
            batches=Batches(perform, self._wake, self._configuration),
            waits=Waits(perform, self._wake, self._sleep, base_url),
            lister=lister,
            reconciling=Reconciling(
                perform, lister, base_url=base_url, server_clock=self._server_clock
            ),
            retrieving=Retrieving(perform, self._wake),
        )

    @cached_property
    def metrics(self) -> "Metrics":
        """The metrics that calls are scored by."""
        from cekura_client._sync.metrics import Metrics  # noqa: PLC0415  (as above)

        return Metrics(self._perform)

    @cached_property
    def agents(self) -> "Agents":
        """The voice agents."""
        from cekura_client._sync.agents import Agents  # noqa: PLC0415  (as above)

        return Agents(self._perform)

    @cached_property
    def projects(self) -> "Projects":
        """The projects, which hold agents and metrics."""
        from cekura_client._sync.projects import Projects  # noqa: PLC0415  (as above)

        return Projects(self._perform)

    @cached_property
    def billing(self) -> "Billing":
        """The balance."""
        from cekura_client._sync.billing import Billing  # noqa: PLC0415  (as above)

        return Billing(self._perform)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        json: object = None,
        costs_credits: bool | None = None,
    ) -> "Response":
        """Send a request to any operation of the API, with all that this client does for its own.

        The key goes along, a 429 is waited out, an error tells whether the request may have run.
        What may have run is sent again only where the method is GET, HEAD or OPTIONS and it costs
        nothing. It costs what the operation costs.

        Args:
            method: GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE.
            path: The path alone, from its one slash on, at the address of the client.
            params: What the query says: text, numbers, booleans (sent as `true` and `false`),
                dates, and lists of these, which repeat their name. None is left out.
            json: The body, sent as JSON; None sends none.
            costs_credits: Whether it costs credits each time it runs: errors tell what that means
                for the bill, and the reply is waited for 600 s where no `timeout` was given. None:
                reading is free, `evaluate_metrics`, `rerun_evaluation` and `observe` cost, and of
                all else it is not known; then it is waited for as long, too.

        Returns:
            The reply; `.json()` reads its body.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            CekuraError: It failed, in the same ways as the operations that have a method here.

        Example:
            >>> reply = cekura.request(
            ...     "GET", "/observability/v2/call-logs/", params={"agent_id": 224, "page_size": 1}
            ... )
            >>> len(reply.json()["results"])
            1
        """
        from cekura_client.call_logs.any_operation import any_operation  # noqa: PLC0415  (as above)

        operation = any_operation(
            method,
            path,
            params=params,
            body=json,
            costs_credits=costs_credits,
            secret=self._configuration.api_key,
        )
        return self._perform(operation)

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | None = None,
        retries: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Make another face of this client: other options for some calls, and the rest shared.

        It sends over the same connections, a 429 keeps both waiting, and its own options can be
        changed once more. Closing it, or leaving it as a context manager, closes nothing; closing
        this client closes it, too. Sends nothing and costs nothing.

        Args:
            timeout: Seconds, or an `httpx.Timeout`, as the client takes it; then it holds for every
                operation. None leaves it as it is here, as with the others.
            retries: How long a call may wait, and how often it reconnects.
            headers: More headers, or other values for those sent from here.

        Raises:
            InvalidRequestError: An argument cannot be used.

        Example:
            >>> patient = cekura.with_options(timeout=1800.0)
            >>> calls = patient.call_logs.rerun_evaluation(agent_id=2142, call_logs="all")
        """
        configuration = reconfigure(
            self._configuration, timeout=timeout, retries=retries, headers=headers
        )
        face = copy.copy(self)
        vars(face).update(_configuration=configuration, _is_face=True)
        for name in [*vars(face)]:
            # A resource that was made before sends with the options of this one.
            if isinstance(getattr(type(self), name, None), cached_property):
                del vars(face)[name]
        return face

    def close(self) -> None:
        """Close the client, and end every wait: its call raises the error it waited for.

        A request under way is left to end, since its reply may be paid for; the last one closes
        the connections.
        """
        if self._is_face:
            return
        self._closed = True
        # What a parent process gave is not this one's to close.
        if self._connections.own or self._connections.process == os.getpid():
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
