"""What one attempt came to, and the error to raise for it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self, cast

import anyio
import httpx
from cekura_api.reading import DecodeError

from cekura_client.engine.retrying import Outcome, parse_retry_after
from cekura_client.engine.statuses import rule_of
from cekura_client.errors import (
    APIConnectionError,
    APIStatusError,
    BadRequestError,
    CekuraError,
    InvalidResponseError,
    OutcomeUnknownError,
    RateLimitError,
    StillEvaluatingError,
    named_ids,
    says_still_evaluating,
    words_of,
)

_TOO_MANY_REQUESTS = 429
_CLOSED = (anyio.BrokenResourceError, anyio.ClosedResourceError)
# What reading a reply may raise by itself; anything else comes from outside, such as a signal's.
READING_FAILURES = (
    DecodeError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    SystemError,
    TypeError,
    ValueError,
)
_LONGEST_EXPLANATION = 500  # characters of the server's words in a message; all are in `body`


@dataclass(slots=True)
class Reply:
    """A reply as it came, or as far as it came: `broken` says why the body ends early."""

    status: int
    headers: httpx.Headers
    body: bytes
    broken: Exception | None = None

    @classmethod
    def of(cls, response: httpx.Response, raw: bytes, broken: Exception | None) -> Self:
        """Take a response whose body came as these raw bytes; undo its Content-Encoding."""
        status, headers = response.status_code, response.headers
        if "Content-Encoding" not in headers:
            return cls(status, headers, raw, broken)
        try:
            body = httpx.Response(status, headers=headers, content=raw).content
        except (httpx.DecodingError, *READING_FAILURES) as error:
            return cls(status, headers, raw, broken or error)
        return cls(status, headers, body, broken)

    @classmethod
    def read_elsewhere(cls, response: httpx.Response, broken: Exception | None) -> Self:
        """Take a response whose body something else may have read, such as a hook."""
        try:
            body = response.content
        except httpx.ResponseNotRead as error:
            return cls(response.status_code, response.headers, b"", broken or error)
        return cls(response.status_code, response.headers, body)

    @property
    def accepted(self) -> bool:
        """Whether the status says that the server took the request."""
        return 200 <= self.status < 300  # noqa: PLR2004  (RFC 9110's class of successes)

    @property
    def retry_after(self) -> float | None:
        """Seconds that the reply asks to wait; the longest where it says so twice."""
        waits = [
            parse_retry_after(value, date=self.headers.get("Date"), now=datetime.now(UTC))
            for value in self.headers.get_list("Retry-After")
        ]
        return max((wait for wait in waits if wait is not None), default=None)


@dataclass(frozen=True, slots=True)
class Failure:
    """No reply: what sending raised, and whether nothing of the request was sent for certain."""

    cause: Exception
    unsent: bool = False


def foreign_cause(result: Reply | Failure) -> Exception | None:
    """Find what an attempt met that is no failure of sending, or of reading the reply."""
    if isinstance(result, Failure):
        return result.cause if is_foreign(result.cause) else None
    broken = result.broken
    ours = broken is None or isinstance(broken, READING_FAILURES) or not is_foreign(broken)
    return None if ours else broken


def is_foreign(error: Exception) -> bool:
    """Whether an error comes neither from httpx nor from the network.

    A time limit that a signal raises, or the fault of a hook: it is for whoever raised it.
    """
    # httpx and httpcore name a time-out of the network otherwise.
    if isinstance(error, TimeoutError):
        return True
    return not isinstance(error, (httpx.HTTPError, httpx.StreamError, OSError, *_CLOSED))


def may_have_run(result: Reply | Failure) -> bool:
    """Tell whether the attempt could have run; what is not known counts as run."""
    if isinstance(result, Failure):
        return not result.unsent
    return result.accepted or rule_of(result.status).may_have_run


def outcome_of(result: Reply | Failure) -> Outcome:
    """Tell what the attempt came to, as far as sending again is concerned."""
    if isinstance(result, Failure):
        if not result.unsent:
            return Outcome.FAILED
        hopeless = isinstance(result.cause, httpx.UnsupportedProtocol)
        return Outcome.FINAL if hopeless else Outcome.NOT_SENT
    if result.status == _TOO_MANY_REQUESTS:
        return Outcome.RATE_LIMITED
    again = result.accepted or rule_of(result.status).passing
    return Outcome.FAILED if again else Outcome.FINAL


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """What an error's message needs to know beside the attempt itself."""

    operation: str
    costs_credits: bool | None
    repeatable: bool
    attempts: int
    retry_after: float | None
    secret: str = field(repr=False)
    """The API key: it is replaced wherever the server's words repeat it."""
    request_body: bytes | None = field(default=None, repr=False)

    def nothing_charged(self) -> str:
        """The bill of a request that certainly did not run."""
        if self.costs_credits:
            return " Nothing was charged."
        return "" if self.repeatable else " It did not run."

    def bill_unknown(self) -> str:
        """The bill of a request that may have run; nothing where it may be repeated."""
        if self.repeatable:
            return ""
        look = look_words(self.costs_credits)
        return f" It {doubt_words(self.costs_credits)}: {look} before you send it again."

    def bill_due(self) -> str:
        """The bill of a request that was accepted; nothing where it may be repeated."""
        if self.repeatable:
            return ""
        charged = " and is charged" if self.costs_credits else ""
        return f" It ran{charged}: do not send it again."

    def tries(self) -> str:
        """How often it was tried, where that was more than once."""
        return f" after {self.attempts} attempts" if self.attempts > 1 else ""

    def cleaned(self, text: str) -> str:
        """The text without the API key, and without what no terminal can print."""
        return text.replace(self.secret, "***").encode("utf-8", "replace").decode()


def doubt_words(costs_credits: bool | None) -> str:  # noqa: FBT001  (as an operation says it)
    """Say what may have become of a request; None: nobody knows whether it costs credits."""
    if costs_credits is None:
        return "may have run, whatever that costs"
    return "may have run, and been charged" if costs_credits else "may have run"


def look_words(costs_credits: bool | None) -> str:  # noqa: FBT001  (as above)
    """Say where to look for what became of it."""
    return "look at the call logs" if costs_credits else "look whether it did"


def error_of(
    result: Reply | Failure, context: ErrorContext, unreadable: Exception | None = None
) -> CekuraError:
    """Make the error to raise when this attempt was the last.

    Args:
        result: The attempt.
        context: What the message tells beside it.
        unreadable: Why an accepted reply could not be read.
    """
    if isinstance(result, Failure):
        return _failure_error(result, context)
    if result.accepted:
        return _unreadable_error(result, context, unreadable)
    return _status_error(result, context)


def _failure_error(failure: Failure, context: ErrorContext) -> CekuraError:
    cause = failure.cause
    why = context.cleaned(f"{type(cause).__name__}: {cause}".rstrip(": "))
    if failure.unsent:
        return APIConnectionError(
            f"{context.operation} did not reach the server{context.tries()} ({why})."
            f"{context.nothing_charged()} Check the network, the proxy and base_url."
        )
    return OutcomeUnknownError(
        f"{context.operation} was sent, and no reply tells what became of it{context.tries()} "
        f"({why}).{context.bill_unknown()}",
        may_have_run=not context.repeatable,
    )


def _unreadable_error(
    reply: Reply, context: ErrorContext, unreadable: Exception | None
) -> InvalidResponseError:
    why = str(unreadable)
    if reply.broken is not None:
        why = f"it breaks off ({type(reply.broken).__name__})"
    elif not isinstance(unreadable, DecodeError):
        why = f"it cannot be read ({type(unreadable).__name__}: {unreadable})"
    return InvalidResponseError(
        f"{context.operation} was accepted ({reply.status}), but its reply is not the "
        f"contract's: {context.cleaned(why)}.{context.bill_due()} The reply is kept in `body`.",
        status_code=reply.status,
        headers=reply.headers,
        body=reply.body,
        may_have_run=not context.repeatable,
    )


def _status_error(reply: Reply, context: ErrorContext) -> APIStatusError:
    status, headers, body = reply.status, reply.headers, reply.body
    if status == _TOO_MANY_REQUESTS:
        wait = context.retry_after
        asked = "" if wait is None else f", and the API asks to wait {wait:g} s"
        return RateLimitError(
            f"{context.operation} is rate limited (429){context.tries()}{asked}."
            f"{context.nothing_charged()} Send it again later; how long a call waits by itself is "
            "for RetryPolicy to say: max_wait and deadline.",
            status_code=status,
            headers=headers,
            body=body,
            retry_after=wait,
            attempts=context.attempts,
        )
    rule = rule_of(status)
    advice = rule.advice
    unknown = not context.repeatable and rule.may_have_run
    bill = context.bill_unknown() if unknown else context.nothing_charged()
    why = f", and {rule.reason}" if unknown else ""
    error = rule.kind("", status_code=status, headers=headers, body=body, may_have_run=unknown)
    if type(error) is BadRequestError and says_still_evaluating(error):
        busy = named_ids(words_of(error), _call_logs_of(context.request_body))
        error = StillEvaluatingError(
            "", status_code=status, headers=headers, body=body, call_log_ids=busy
        )
        advice = "Send it again later: wait_if_busy of evaluate_metrics and rerun_evaluation does"
    said = _explanation(error, context)
    message = (
        f"{context.operation} failed{context.tries()}: the server answered {status}"
        f"{f' ({said})' if said else ''}{why}.{bill}{f' {advice}.' if advice else ''}"
    )
    error.args = (message,)
    return error


def _call_logs_of(request_body: bytes | None) -> frozenset[int]:
    """Read the ids of the call logs that a request named."""
    try:
        sent: object = json.loads(request_body or b"null")
    except ValueError:
        return frozenset()
    named = cast("dict[str, object]", sent).get("call_logs") if isinstance(sent, dict) else None
    ids = cast("list[object]", named) if isinstance(named, list) else []
    return frozenset(one for one in ids if type(one) is int)


def not_sent_error(refusal: Reply, context: ErrorContext) -> RateLimitError:
    """Make the error of a call that may not wait as long as the rate limit keeps everybody.

    Args:
        refusal: The 429 that this or another call of the client was answered with.
        context: What the message tells beside it; `retry_after` is what is left of the pause.
    """
    again = f" again after {context.attempts} attempts" if context.attempts else ""
    left = "" if context.retry_after is None else f", {context.retry_after:.3g} s more"
    return RateLimitError(
        f"{context.operation} was not sent{again}: a 429 keeps this client's requests waiting"
        f"{left}, which is longer than RetryPolicy lets this call wait (max_wait, deadline)."
        f"{context.nothing_charged()} Send it again later.",
        status_code=refusal.status,
        headers=refusal.headers,
        body=refusal.body,
        retry_after=context.retry_after,
        attempts=context.attempts,
    )


def _explanation(error: APIStatusError, context: ErrorContext) -> str:
    parts = [error.detail] if error.detail else []
    parts += [f"{field}: {' '.join(texts)}" for field, texts in error.field_errors.items()]
    # Cleaned before it is cut: half a key is too much of it.
    said = " ".join(context.cleaned("; ".join(parts)).split())
    return said if len(said) <= _LONGEST_EXPLANATION else f"{said[:_LONGEST_EXPLANATION]}…"
