"""The sandbox as a thing to start and stop: an HTTP server in a thread of its own."""

import asyncio
import itertools
import logging
import os
import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from types import TracebackType
from typing import Self

import uvicorn

from cekura_client.sandbox.content.own import read_own
from cekura_client.sandbox.content.seed import Agent, Metric, Project, Seed, SeededCall
from cekura_client.sandbox.rate_limit import RateLimit
from cekura_client.sandbox.replies.calls import detail
from cekura_client.sandbox.routes import Keys, make_app
from cekura_client.sandbox.settings import Settings
from cekura_client.sandbox.state import Flip, State, Vote
from cekura_client.sandbox.webhooks import Webhooks

# Longer than clients keep an idle connection, so that none is closed as it is used again.
_KEEP_ALIVE_SECONDS = 75
# How long a stop waits for replies on their way before it cuts the connections.
_GRACE_SECONDS = 0.25
_MADE_UP = 12  # calls
# Starting and stopping take a fraction of a second; more means that something hangs.
_PATIENCE_SECONDS = 10


logger = logging.getLogger("cekura_client.sandbox")


class _Server(uvicorn.Server):
    """A server that says when it serves, and that stops at once, whatever its clients do.

    What it replaces looks ten times a second whether there is something to do.
    """

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End it, from another thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._ready.set()

    async def main_loop(self) -> None:
        ticks = itertools.count()
        while not await self.on_tick(next(ticks)):  # every tenth sets the date of the replies
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()  # now, or once its reply is written
        cut = asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._cut_connections)
        try:
            while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  (no event tells)
                await asyncio.sleep(0.002)
        finally:
            cut.cancel()

    def _cut_connections(self) -> None:
        for connection in list(self.server_state.connections):
            transport: object = getattr(connection, "transport", None)
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()


class Sandbox:
    """A stand-in for the Cekura API on this machine.

    It answers every operation that this package has a method for as the API does: checks the key,
    the rate and every field, charges what each metric costs, and evaluates in the background. Its
    data are the same every time, or your own; the results are the same too, unless they `drift`.

    A `with` statement starts and stops it; `start` and `stop` do so by hand.

    Args:
        calls: How many call logs are made up, from 1 to 100,000, within the 90 days before `today`:
            12 where nothing is said. Their ids are in `call_logs`.
        credits: The balance at the beginning.
        evaluation_seconds: How long an evaluation takes. The reply never shows its results: with 0,
            the next look at the call does. With `(first, last)` each result comes at a moment of
            its own between the two, the same one each time, and the call shows those that are
            there.
        stale_replies: Whether replies show the calls as they were before the request, with their
            old status and results, and not as being evaluated. The published pages leave both
            open, so a program should get along with both.
        drift: The share of verdicts, from 0 to 1, that turn when their metric is evaluated again:
            the same ones each time. `flips` tells which.
        rate_limit: `(requests, seconds)`: so many requests in any so many seconds, all
            addresses together; further ones are refused with a 429. None: no limit.
        host: The address to serve at. `"0.0.0.0"` serves to other machines, too, which the log
            warns of. A client refuses plain `http://` to a host that is not a loopback one, so
            another machine needs something before it that speaks TLS, or a tunnel.
        port: The port to serve at; 0 takes any free one.
        api_key: The key that a client has to send: an organization's. `project_api_key` is one
            of a project.
        today: What day it is there, in UTC; None: the real one. With a date given, what a list
            shows is the same for ever.
        agents: Your own agents, as dicts: `id` and `agent_name`; `project` (1) and `assistant_id`.
            With any of the three nothing is made up but what their dicts leave out.
        metrics: Your own metrics: `id` and `name`; `eval_type` (`"binary"`), `maximum` of a score
            (5), `options` of an `"enum"`; `agents` (all of its project), `project`; `metric_cost`
            (0.2; None: no price is told); `observability_enabled` (True); `outcome`: what it comes
            to on every call: a verdict, a score or an option, `"not_applicable"`,
            `"trigger_failed"`, `"sampled_out"`, or `"never"`, which gives no result.
        call_logs: Your own calls: `id`; `agent`, where there are several; `call_id`, `timestamp`,
            `transcript_object` (a list of turns), `metadata`, `dynamic_variables`, `feedback`,
            `customer_number`, `call_ended_reason`, `topic`, `dropoff_point`, `error_message` and
            `voice_recording_url`; `is_reviewed` with `success`; `outcomes` by the metric's id.
            From JSON: `Sandbox(**json.loads(text))`, of an object with these three.
        webhook_url: Where to tell that the evaluation of a call is over, by a POST; None: nowhere.
            Each event is sent once, whatever comes of it.
        webhook_secret: What the header `X-CEKURA-SECRET` holds.

    Raises:
        ValueError: An argument makes no sense; the message names it.

    Example:
        >>> import httpx
        >>> with Sandbox(evaluation_seconds=0) as sandbox:
        ...     reply = httpx.post(
        ...         f"{sandbox.url}/observability/v1/call-logs/evaluate_metrics/",
        ...         headers={"X-CEKURA-API-KEY": sandbox.api_key},
        ...         json={"agent_id": 224, "call_logs": [123, 456], "metrics": [789, 790]},
        ...     )
        >>> [call["id"] for call in reply.json()]
        [123, 456]
        >>> sandbox.metric_runs, sandbox.credits
        (4, 999.2)
    """

    def __init__(
        self,
        *,
        calls: int | None = None,
        credits: float | Decimal = 1000,  # noqa: A002 - the word users know; the builtin is not used here
        evaluation_seconds: float | tuple[float, float] = 0.5,
        stale_replies: bool = False,
        drift: float = 0,
        rate_limit: tuple[int, float] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = "sandbox-key",
        today: date | None = None,
        agents: Iterable[Mapping[str, object]] | None = None,
        metrics: Iterable[Mapping[str, object]] | None = None,
        call_logs: Iterable[Mapping[str, object]] | None = None,
        webhook_url: str | None = None,
        webhook_secret: str = "sandbox-secret",  # noqa: S107  (of a sandbox)
    ) -> None:
        own = any(rows is not None for rows in (agents, metrics, call_logs))
        if own and calls is not None:
            raise ValueError("calls says how many are made up, which none are beside your own data")
        self._settings = Settings.checked(
            calls=_MADE_UP if calls is None else calls,
            credits_left=credits,
            evaluation_seconds=evaluation_seconds,
            stale_replies=stale_replies,
            drift=drift,
            rate_limit=rate_limit,
            host=host,
            port=port,
            api_key=api_key,
            today=today,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
        )
        day = self._settings.today
        self._seed = (
            read_own(agents=agents, metrics=metrics, call_logs=call_logs, today=day)
            if own
            else Seed.made_up(self._settings.calls, day)
        )
        url = self._settings.webhook_url
        webhooks = None if url is None else Webhooks(url, webhook_secret, self._evaluated)
        self._state = State(
            self._seed,
            credits_left=self._settings.credits,
            evaluation_seconds=self._settings.evaluation_seconds,
            stale_replies=self._settings.stale_replies,
            drift=self._settings.drift,
            on_started=None if webhooks is None else webhooks.started,
        )
        limit = self._settings.rate_limit
        self._app = make_app(
            self._seed,
            self._state,
            keys=Keys(self.api_key, self.project_api_key),
            now=self._settings.now,
            rate_limit=None if limit is None else RateLimit(*limit),
        )
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._url: str | None = None

    def start(self) -> Self:
        """Start to serve; returns when the first request can be sent.

        What was charged before an earlier `stop` stays charged.

        Raises:
            OSError: The port cannot be had, because another program serves there, say.
            RuntimeError: It is running already.
        """
        if self._thread is not None:
            raise RuntimeError("The sandbox is running already")
        listener = self._listen()
        ready = threading.Event()
        config = uvicorn.Config(
            self._app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,  # logging belongs to the program that the sandbox is part of
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        server = _Server(config, ready)

        def serve() -> None:
            try:
                asyncio.run(server.serve(sockets=[listener]))
            finally:
                listener.close()
                ready.set()

        thread = threading.Thread(target=serve, name="cekura-sandbox", daemon=True)
        thread.start()
        if not ready.wait(_PATIENCE_SECONDS) or not server.started:
            server.should_exit = True
            raise RuntimeError("The sandbox did not start")
        self._server, self._thread = server, thread
        if self._settings.is_public:
            logger.warning(
                "The sandbox serves at %s, to every machine that reaches this one.",
                self._settings.host,
            )
        return self

    def _listen(self) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # With the protocol named, asyncio turns off the delay of small packets: 40 ms a reply.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if os.name == "posix":  # elsewhere this would let two servers share a port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(128)
        except OSError:
            listener.close()
            raise
        # To all addresses of this machine, its own programs go by the loopback one.
        reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (the user's)
        bracketed = f"[{reached}]" if ":" in reached else reached
        self._url = f"http://{bracketed}:{listener.getsockname()[1]}"
        return listener

    def stop(self) -> None:
        """Stop to serve, and close every connection; does nothing when it is not running."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is None or thread is None:
            return
        server.stop()
        thread.join(_PATIENCE_SECONDS)
        if thread.is_alive():
            raise RuntimeError("The sandbox did not stop")

    def __enter__(self) -> Self:
        """Start to serve."""
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop to serve."""
        self.stop()

    def __repr__(self) -> str:
        """Say where it serves; the key is not shown."""
        where = self._url if self.running else "not running"
        return f"<Sandbox {where}>"

    def _evaluated(self, call_id: int) -> dict[str, object] | None:
        view = self._state.retrieve(call_id)
        return None if view.status == "evaluating" else detail(view)

    @property
    def running(self) -> bool:
        """Whether it serves."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def url(self) -> str:
        """Where it serves, such as `http://127.0.0.1:8765`: the client's `base_url`.

        Raises:
            RuntimeError: It was never started.
        """
        if self._url is None:
            raise RuntimeError("The sandbox has no URL before it is started")
        return self._url

    @property
    def api_key(self) -> str:
        """The key that a client has to send."""
        return self._settings.api_key

    @property
    def project_api_key(self) -> str:
        """A key that is a project's: it may do all but read the balance."""
        return f"{self._settings.api_key}-of-a-project"

    @property
    def webhook_secret(self) -> str:
        """What its webhooks hold in the header `X-CEKURA-SECRET`."""
        return self._settings.webhook_secret

    @property
    def is_public(self) -> bool:
        """Whether other machines reach it, too."""
        return self._settings.is_public

    @property
    def credits(self) -> float:
        """What is left of the balance; kept exactly, so 0.2 charged five times is 1."""
        return float(self._state.credits_left)

    @property
    def metric_runs(self) -> int:
        """How many metric runs were charged, 0.2 credits each."""
        return self._state.metric_runs

    @property
    def flips(self) -> tuple[Flip, ...]:
        """The verdicts that turned when they were evaluated again, as far as that is over.

        They are in order of call and metric; of one that turned several times, the earliest first.
        """
        return self._state.flips

    @property
    def votes(self) -> tuple[Vote, ...]:
        """The votes on results, in the order that they came in."""
        return self._state.votes

    @property
    def requests(self) -> int:
        """How many requests arrived, refused ones included."""
        return self._state.requests

    @property
    def projects(self) -> tuple[Project, ...]:
        """The projects."""
        return tuple(self._seed.projects.values())

    @property
    def agents(self) -> tuple[Agent, ...]:
        """The agents; the last one has no calls."""
        return tuple(self._seed.agents.values())

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics."""
        return tuple(self._seed.metrics.values())

    @property
    def call_logs(self) -> tuple[SeededCall, ...]:
        """The calls, those that were sent to it included."""
        return tuple(self._seed.calls.values())
