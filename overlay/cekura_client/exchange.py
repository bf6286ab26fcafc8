"""One call from its first attempt to its end, without I/O.

A client's shell sends and waits; here is decided what comes next. So the sync and the async
client differ in how they send and how they wait, and in nothing else.
"""

import logging
import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from cekura_client.errors import CekuraError
from cekura_client.operations import Operation
from cekura_client.outcomes import ErrorContext, Failure, Reply, error_of, outcome_of
from cekura_client.replies import UnexpectedReplyError
from cekura_client.retries import History, RetryPolicy, decide

ResultT = TypeVar("ResultT")

logger = logging.getLogger("cekura_client")


@dataclass(frozen=True, slots=True)
class Done(Generic[ResultT]):
    """The call is over; this is its result."""

    result: ResultT


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait this long, then send again."""

    seconds: float
    error: CekuraError

    def interrupted(self) -> CekuraError:
        """Return what to raise when the client was closed during the wait."""
        self.error.add_note("The client was closed while it waited to send this again.")
        return self.error


class Exchange(Generic[ResultT]):
    """The state of one call.

    Args:
        operation: What is sent, and how its reply is read.
        retries: How long the call may wait.
        secret: The API key, to be kept out of messages.
        clock: Seconds that only grow.
        jitter: A random number from 0 to 1.
    """

    def __init__(
        self,
        operation: Operation[ResultT],
        retries: RetryPolicy,
        *,
        secret: str,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._operation = operation
        self._retries = retries
        self._secret = secret
        self._clock = clock
        self._jitter = jitter
        self._started = clock()
        self._history = History()

    @contextmanager
    def in_flight(self) -> Generator[None]:
        """Mark a cancellation while a request that costs credits is under way."""
        try:
            yield
        except BaseException as interruption:
            if self._operation.costs_credits:
                interruption.add_note(
                    f"{self._operation.name} was in flight: it may have run, and been charged. "
                    "Look at the call logs before you send it again."
                )
                logger.warning(
                    "%s was interrupted in flight (%s): it may have run, and been charged",
                    self._operation.name,
                    type(interruption).__name__,
                )
            raise

    def after(self, result: Reply | Failure) -> Done[ResultT] | Wait:
        """Take in what an attempt came to, and say what is next.

        Raises:
            CekuraError: The call is over without a result.
            Exception: What is no failure of sending passes through an operation that costs
                nothing: it is for whoever raised it.
        """
        if isinstance(result, Failure) and result.is_foreign and not self._operation.costs_credits:
            raise result.cause
        unreadable: UnexpectedReplyError | None = None
        if isinstance(result, Reply) and result.accepted and result.broken is None:
            try:
                return Done(self._operation.read(result.body))
            except UnexpectedReplyError as unexpected:
                unreadable = unexpected
        outcome = outcome_of(result)
        retry_after = result.retry_after if isinstance(result, Reply) else None
        history = self._history.after(outcome, retry_after)
        attempts = history.rate_limited + history.failures
        error = error_of(
            result,
            ErrorContext(
                operation=self._operation.name,
                costs_credits=self._operation.costs_credits,
                attempts=attempts,
                retry_after=retry_after,
                secret=self._secret,
            ),
            str(unreadable or ""),
        )
        cause = result.cause if isinstance(result, Failure) else result.broken or unreadable
        # A traceback prints the cause, too.
        error.__cause__ = None if self._secret in str(cause) else cause
        wait = decide(
            self._retries,
            outcome,
            history=self._history,
            costs_credits=self._operation.costs_credits,
            retry_after=retry_after,
            elapsed=self._clock() - self._started,
            jitter=self._jitter(),
        )
        if wait is None:
            raise error
        logger.info(
            "%s: %s; waiting %.2f s before attempt %d",
            self._operation.name,
            outcome.value,
            wait,
            attempts + 1,
        )
        self._history = history
        return Wait(wait, error)
