"""One call from its first attempt to its end, without I/O: decides what comes next.

What sends and waits is in `_async/performing.py`, and so in `_sync/performing.py`.
"""

import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar, cast

from cekura_client.config import RetryPolicy
from cekura_client.engine.attempts import (
    READING_FAILURES,
    ErrorContext,
    Failure,
    Reply,
    doubt_words,
    error_of,
    foreign_cause,
    look_words,
    may_have_run,
    not_sent_error,
    outcome_of,
)
from cekura_client.engine.operation import Operation
from cekura_client.engine.rate_gate import ClosedGateError, RateGate
from cekura_client.engine.retrying import History, Outcome, decide
from cekura_client.engine.server_clock import Moment, ServerClock
from cekura_client.errors import CekuraError, SentRequest

ResultT = TypeVar("ResultT")

_NO_HISTORY = History()

logger = logging.getLogger("cekura_client")


class AttemptObserver(Protocol):
    """Is told of each attempt of one call, by who runs many calls; may give the call up."""

    @property
    def blocks(self) -> bool:
        """Whether what it notes takes as long as a disk does."""
        ...

    @property
    def stopped(self) -> bool:
        """Whether the call is to be given up before it is sent (again)."""
        ...

    def sending(self, now: Moment) -> None:
        """Note that the request is sent now; raises where it must not be."""

    def not_run(self) -> None:
        """Note that the request certainly did not run, and is sent again later."""

    def give_up(self) -> Exception:
        """Make what is raised where the call is given up."""
        ...


@dataclass(slots=True)
class Done(Generic[ResultT]):
    """The call is over; this is its result."""

    result: ResultT


class Exchange(Generic[ResultT]):
    """The state of one call; a context manager, which gives up its place at the gate.

    Who carries it out asks `ask_to_send` until it may send, says that it is `sending`, and hands
    what came of it to `after`; then again, until `after` returns a result or something raises.

    Args:
        operation: What is sent, and how its reply is read.
        retries: How long the call may wait.
        secret: The API key, to be kept out of messages.
        gate: What the calls of one client pass through.
        server_clock: Learns from the replies what time it is at the server.
        clock: Seconds that only grow; the gate's.
        jitter: A random number from 0 to 1.
    """

    def __init__(
        self,
        operation: Operation[ResultT],
        retries: RetryPolicy,
        *,
        secret: str,
        gate: RateGate,
        server_clock: ServerClock,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._operation = operation
        self._retries = retries
        self._secret = secret
        self._gate = gate
        self._server_clock = server_clock
        self._clock = clock
        self._jitter = jitter
        self._started = clock()
        self._ticket = gate.ticket(
            max_wait=retries.max_wait, deadline=self._started + retries.deadline
        )
        self._history = _NO_HISTORY
        self._sent_at: datetime | None = None
        self._attempt_began: float | None = None  # where attempts are logged
        self._came: Reply | None = None
        # Whether a request that may not be repeated may have run, and its result is not handed
        # over yet.
        self._is_open = False
        self._not_before = self._started
        self._waits_for: CekuraError | None = None

    def __enter__(self) -> Self:
        """Return the exchange itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the next call have the place at the gate."""
        self._gate.withdraw(self._ticket)

    def wakes(self, wake: Callable[[], None]) -> None:
        """Say what ends a wait, from any thread; call `ask_to_send` once more before you wait."""
        self._ticket.wake = wake

    def ask_to_send(self) -> float | None:
        """Ask whether the request may be sent now.

        Returns:
            None: send it now. Else how many seconds to wait, at most, before asking again.

        Raises:
            RateLimitError: The wait for the rate limit is longer than the policy allows.
        """
        left = self._not_before - self._clock()
        if left > 0:
            return left
        try:
            return self._gate.enter(self._ticket)
        except ClosedGateError as closed:
            context = self._context(self._history, closed.seconds or None)
            raise not_sent_error(closed.refusal, context) from None

    @property
    def patience(self) -> float:
        """Seconds that the call may still wait, such as for a connection; 0 or more."""
        return max(0.0, self._started + self._retries.deadline - self._clock())

    def interrupted(self) -> CekuraError | None:
        """Return what to raise when the client was closed during the wait, if it has been sent."""
        if self._waits_for is not None:
            self._waits_for.add_note("The client was closed while it waited to send this again.")
        return self._waits_for

    def sending(self) -> None:
        """Take down when a request is sent: one that may not be repeated, or for the log."""
        if logger.isEnabledFor(logging.DEBUG):
            self._attempt_began = self._clock()
        if not self._operation.repeatable:
            self._came = None
            self._sent_at = datetime.now(UTC)
            self._is_open = True

    def mark(self, interruption: BaseException) -> None:
        """Mark what interrupts a request that may not be repeated, from its sending to its result.

        A note tells that the request may have run. As an error of this package does, it carries
        the request in `sent`, and in `body` the reply, where that had come.
        """
        # The package's own errors say it themselves.
        if not self._is_open or isinstance(interruption, CekuraError):
            return
        name, reply = self._operation.name, self._came
        costs = self._operation.costs_credits
        doubt, look = doubt_words(costs), look_words(costs).capitalize()
        note = f"{name} was in flight: it {doubt}. {look} before you send it again."
        facts: dict[str, object] = {"sent": self._sent_request()}
        if reply is not None and reply.accepted:
            facts["body"] = reply.body
            note = (
                f"{name} had been accepted ({reply.status}): it {doubt}. Do not send it again. "
                "The reply is kept in `body`."
            )
        interruption.add_note(note)
        vars(interruption).update(facts)
        logger.warning(
            "%s was interrupted in flight (%s): it %s",
            name,
            type(interruption).__name__,
            doubt,
        )

    def _sent_request(self) -> SentRequest | None:
        if self._sent_at is None:
            return None
        body = self._operation.request.body
        said: object = json.loads(body) if body else {}
        is_object = isinstance(said, dict)
        parameters = cast("dict[str, Any]", said) if is_object else {"json": said}
        sent = self._server_clock.moment(self._sent_at)
        return SentRequest(self._operation.name, parameters, sent.local, sent.server)

    def after(self, result: Reply | Failure) -> Done[ResultT] | None:
        """Take in what an attempt came to.

        Returns:
            The call's result; or None where the request is to be sent again: call `ask_to_send`.

        Raises:
            CekuraError: The call is over without a result.
            Exception: What is no failure of sending passes through: it is for whoever raised it.
        """
        self._log_attempt(result)
        self._came = result if isinstance(result, Reply) else None
        if self._came is not None:
            self._server_clock.note(self._came.headers.get("Date"))
        self._is_open = self._is_open and may_have_run(result)
        outcome = outcome_of(result)
        if outcome is not Outcome.RATE_LIMITED:
            self._gate.leave(self._ticket, answered=isinstance(result, Reply))
        foreign = foreign_cause(result)
        # An error of this package that a hook raises would tell of another request.
        if foreign is not None and not isinstance(foreign, CekuraError):
            raise foreign
        unreadable: Exception | None = None
        if isinstance(result, Reply) and result.accepted and result.broken is None:
            try:
                return Done(self._operation.result_of(result))
            except READING_FAILURES as failure:
                unreadable = failure
        retry_after = result.retry_after if isinstance(result, Reply) else None
        history = self._history.after(outcome)
        error = error_of(result, self._context(history, retry_after), unreadable)
        if error.may_have_run:
            error.sent = self._sent_request()
        cause = result.cause if isinstance(result, Failure) else result.broken or unreadable
        # A traceback prints the cause, too.
        error.__cause__ = None if self._secret in str(cause) else cause
        wait = self._decide(outcome, retry_after)
        if isinstance(result, Reply) and outcome is Outcome.RATE_LIMITED:
            pause = wait if wait is not None else retry_after
            self._gate.refuse(self._ticket, result, pause or 0.0)
        if wait is None:
            raise error
        logger.info(
            "%s: %s; waiting %.2f s before attempt %d",
            self._operation.name,
            outcome.value,
            wait,
            history.attempts + 1,
        )
        self._history = history
        self._waits_for = error
        if outcome is not Outcome.RATE_LIMITED:
            self._not_before = self._clock() + wait
        return None

    def _log_attempt(self, result: Reply | Failure) -> None:
        if self._attempt_began is None:
            return
        request = self._operation.request
        if isinstance(result, Reply):
            came = f"{result.status}"
            if result.broken is not None:
                came += f", and breaks off ({type(result.broken).__name__})"
        else:
            came = f"{'not sent' if result.unsent else 'no reply'} ({type(result.cause).__name__})"
        logger.debug(
            "%s %s: %s after %.0f ms, attempt %d",
            request.method,
            request.path.partition("?")[0],  # what a query says may be secret
            came,
            (self._clock() - self._attempt_began) * 1000,
            self._history.attempts + 1,
        )

    def _decide(self, outcome: Outcome, retry_after: float | None) -> float | None:
        return decide(
            self._retries,
            outcome,
            history=self._history,
            repeatable=self._operation.repeatable,
            retry_after=retry_after,
            elapsed=self._clock() - self._started,
            jitter=self._jitter(),
            # Each call meets a few of the refusals that all of them meet.
            refusals_in_a_row=self._gate.refusals_in_a_row,
        )

    def _context(self, history: History, retry_after: float | None) -> ErrorContext:
        return ErrorContext(
            operation=self._operation.name,
            costs_credits=self._operation.costs_credits,
            repeatable=self._operation.repeatable,
            attempts=history.attempts,
            retry_after=retry_after,
            secret=self._secret,
            request_body=self._operation.request.body,
        )
