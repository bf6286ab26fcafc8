"""What can go wrong, as a tree of exceptions that each say what it means for the bill."""

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpx

if TYPE_CHECKING:
    from cekura_api.models import CallLog, CallLogSummary

_ErrorT = TypeVar("_ErrorT", bound="CekuraError")
NOTHING_SENT = " Nothing was sent."
_SHOWN_IDS = 5


def _rebuild(kind: type[_ErrorT], arguments: tuple[Any, ...], state: dict[str, Any]) -> _ErrorT:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


def shown_ids(ids: list[int]) -> str:
    """Name some ids in a message, five at most.

    Example:
        >>> shown_ids([1, 2, 3, 4, 5, 6, 7])
        '1, 2, 3, 4, 5 and 2 more'
    """
    more = f" and {len(ids) - _SHOWN_IDS} more" if len(ids) > _SHOWN_IDS else ""
    return ", ".join(map(str, ids[:_SHOWN_IDS])) + more


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that may have run.

    Attributes:
        operation: Which one: `evaluate_metrics`, say; of `request`, its method and path.
        parameters: What it said, as it went out: `call_logs` and so on. What is no JSON object is
            under `json`.
        at: When it was sent, by the clock of this machine; where that was repeated, when it was
            sent first.
        at_server: The same moment by the server's clock, as the `Date` of its replies tells it;
            None where no reply had come.

    Example:
        >>> from datetime import UTC
        >>> SentRequest("evaluate_metrics", {"call_logs": [1]}, datetime.now(UTC)).call_logs
        [1]
    """

    operation: str
    parameters: dict[str, Any]
    at: datetime
    at_server: datetime | None = None

    @property
    def call_logs(self) -> list[int] | str:
        """Ids of the calls it was about, or `"all"`; empty where it names none."""
        named: list[int] | str = self.parameters.get("call_logs", [])
        return named


class CekuraError(Exception):
    """Anything that this package raises.

    Example:
        >>> error = CekuraError("The server did not answer.", may_have_run=True)
        >>> error.may_have_run
        True

    Attributes:
        may_have_run: Whether the server could have carried out the request, and charged credits
            for it where it costs any; False where it only reads. Where it is True, look what
            became of it before you send it again; `call_logs.reconcile` does, for call logs.
        sent: The request, where it may have run; else None.
    """

    may_have_run: bool
    sent: SentRequest | None = None

    def __init__(self, message: str, *, may_have_run: bool = False) -> None:
        super().__init__(message)
        self.may_have_run = may_have_run

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state: the constructors' keyword arguments are not in `args`."""
        return _rebuild, (type(self), self.args, self.__dict__)


class InvalidRequestError(CekuraError, ValueError):
    """The arguments were refused here; nothing was sent and nothing was charged.

    The message says so at its end.
    """

    _ending = NOTHING_SENT

    def __init__(self, message: str, *, may_have_run: bool = False) -> None:
        # A journal makes an error again from its whole message.
        super().__init__(
            message.removesuffix(self._ending) + self._ending, may_have_run=may_have_run
        )


class ClientClosedError(InvalidRequestError):
    """The client is closed. Make a new one.

    A request that was under way when it was closed is left to end; what waited to be sent again
    raises the error that it waited for.

    Example:
        >>> from cekura_client import Cekura
        >>> cekura = Cekura("key")
        >>> cekura.close()
        >>> try:
        ...     cekura.call_logs.retrieve(123)
        ... except ClientClosedError as error:
        ...     print(error)
        The client is closed. Make a new one. Nothing was sent.
    """

    def __init__(
        self, message: str = "The client is closed. Make a new one.", *, may_have_run: bool = False
    ) -> None:
        super().__init__(message, may_have_run=may_have_run)


class APIConnectionError(CekuraError):
    """The request never reached the server; nothing was charged."""


class OutcomeUnknownError(CekuraError):
    """The request was sent, and no reply tells what became of it.

    `may_have_run` is True, unless the request only reads.
    """


class _ReplyError(CekuraError):
    """Keeps the whole reply that an error is about."""

    status_code: int
    headers: httpx.Headers
    body: bytes

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        headers: Mapping[str, str],
        body: bytes,
        may_have_run: bool = False,
    ) -> None:
        super().__init__(message, may_have_run=may_have_run)
        self.status_code = status_code
        self.headers = httpx.Headers(headers)
        self.body = body

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 in it shows as U+FFFD."""
        return self.body.decode("utf-8", errors="replace")


class InvalidResponseError(_ReplyError):
    """The server accepted the request, but its reply is not what the contract says.

    `may_have_run` is True, unless the request only reads: it ran, and what costs credits was
    charged. Nothing of the reply is lost: it is in `body`.

    Attributes:
        status_code: The reply's status, 200 to 299.
        headers: The reply's headers; names in any case.
        body: The reply's bytes, as far as they arrived.
    """


class MissingRowsError(InvalidResponseError):
    """The server accepted a batch, and its reply shows nothing of some of its calls.

    Those may have run, and been charged. The whole reply is in `body`.
    """


def was_accepted(error: CekuraError) -> bool:
    """Whether the server has accepted the request, so that it ran on every call it named."""
    return isinstance(error, InvalidResponseError) and not isinstance(error, MissingRowsError)


class APIStatusError(_ReplyError):
    """The server answered with a status that is not a success.

    Attributes:
        status_code: The reply's status.
        headers: The reply's headers; names in any case.
        body: The reply's bytes, as far as they arrived.
        detail: What the API says in `detail`, or a body that is only a text; None without either.
        field_errors: What the API says of each field of the request, `non_field_errors` included.
    """

    detail: str | None
    field_errors: dict[str, list[str]]

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        headers: Mapping[str, str],
        body: bytes,
        may_have_run: bool = False,
    ) -> None:
        super().__init__(
            message,
            status_code=status_code,
            headers=headers,
            body=body,
            may_have_run=may_have_run,
        )
        self.detail, self.field_errors = read_error_body(body)


class BadRequestError(APIStatusError):
    """400: the API refused the request; nothing was charged. See `field_errors`."""


class StillEvaluatingError(BadRequestError):
    """400: a call of the request is still being evaluated, so all of it was refused.

    Nothing ran and nothing was charged. The same request may be sent again later; `wait_if_busy` of
    `evaluate_metrics` and `rerun_evaluation` does.

    Attributes:
        call_log_ids: Ids of those calls, as far as the API's words name calls of the request;
            empty where they name none.
    """

    call_log_ids: list[int]

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        headers: Mapping[str, str],
        body: bytes,
        may_have_run: bool = False,
        call_log_ids: Iterable[int] = (),
    ) -> None:
        super().__init__(
            message,
            status_code=status_code,
            headers=headers,
            body=body,
            may_have_run=may_have_run,
        )
        self.call_log_ids = list(call_log_ids)


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong or revoked; nothing was charged."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this; nothing was charged."""


class NotFoundError(APIStatusError):
    """404: there is no such thing, or the key may not see it; nothing was charged."""


class RateLimitError(APIStatusError):
    """429: too many requests, and the wait asked for is longer than the policy allows.

    Nothing was charged. Sending the same request again later is safe.

    Attributes:
        retry_after: Seconds that the API asked to wait; None where it named none.
        attempts: How often the request was sent; each time it was refused.
    """

    retry_after: float | None
    attempts: int

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        headers: Mapping[str, str],
        body: bytes,
        retry_after: float | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message, status_code=status_code, headers=headers, body=body)
        self.retry_after = retry_after
        self.attempts = attempts


class ServerError(APIStatusError):
    """500 and above: the server, or something before it, failed.

    `may_have_run` is True, unless the request only reads.
    """


class WaitError(CekuraError):
    """Not every call log that was waited for was seen evaluated; `__cause__` tells why.

    Waiting costs nothing and changes nothing, so wait again for what is `pending`.

    Attributes:
        done: The call logs that were evaluated, in the order given, or with `whole=False` their
            summaries; empty where each was handed to `on_evaluated`.
        pending: Ids of those that were not evaluated when the wait ended.
        failed: What `retrieve` raised for those that it will not read, a 404 say, by id.
    """

    done: "list[CallLog] | list[CallLogSummary]"
    pending: list[int]
    failed: dict[int, CekuraError]

    def __init__(
        self,
        message: str,
        *,
        done: "Sequence[CallLog] | Sequence[CallLogSummary]" = (),
        pending: Sequence[int] = (),
        failed: Mapping[int, CekuraError] | None = None,
    ) -> None:
        super().__init__(message)
        self.done = cast("list[CallLog] | list[CallLogSummary]", list(done))
        self.pending = list(pending)
        self.failed = dict(failed or {})


class WaitTimeoutError(WaitError, TimeoutError):
    """The time allowed was over before every call log was evaluated.

    Attributes:
        last: The last reading of each call that is `pending` and was read, by id: a call log, or a
            row of a list. Empty where `on_evaluated` was given, since then no call is kept.
        missing: Which of the metrics asked for had no result in the last reading of each call that
            is `pending` and was read, by id, whatever its status. `missing_metrics` tells of a call
            that has a result why it has no score.
    """

    last: "dict[int, CallLog | CallLogSummary]"
    missing: dict[int, set[int]]

    def __init__(
        self,
        message: str,
        *,
        done: "Sequence[CallLog] | Sequence[CallLogSummary]" = (),
        pending: Sequence[int] = (),
        failed: Mapping[int, CekuraError] | None = None,
        last: "Mapping[int, CallLog | CallLogSummary] | None" = None,
        missing: Mapping[int, set[int]] | None = None,
    ) -> None:
        super().__init__(message, done=done, pending=pending, failed=failed)
        self.last = dict(last or {})
        self.missing = {call_id: set(metrics) for call_id, metrics in (missing or {}).items()}


class RetrieveManyError(CekuraError):
    """Some of many call logs could not be read; raised after the last one that could.

    Its `__cause__` is the first of the errors.

    Attributes:
        failed: What `retrieve` raised for each, a 404 say, by id, in the order asked for.

    Example:
        >>> try:
        ...     for call in cekura.call_logs.retrieve_many([123, 999999, 456]):
        ...         print(call.id)
        ... except RetrieveManyError as error:
        ...     print("not read:", list(error.failed))
        123
        456
        not read: [999999]
    """

    failed: dict[int, CekuraError]

    def __init__(self, failed: Mapping[int, CekuraError]) -> None:
        count = "1 call log" if len(failed) == 1 else f"{len(failed)} call logs"
        said = [f"{count} could not be read ({shown_ids([*failed])}); see `failed`."]
        said += [f"The first: {first}" for first in [*failed.values()][:1]]
        super().__init__(" ".join(said))
        self.failed = dict(failed)


_STILL = re.compile(r"\bstill\b", re.IGNORECASE)
_EVALUATING = re.compile(r"\bevaluat", re.IGNORECASE)
# A whole number that stands alone, no part of a date, a time, a fraction or a name; nor how many.
_ID = re.compile(
    r"(?<![\w/-])(?<![0-9][.:/])[1-9][0-9]{0,18}"
    r"(?![\w/-]|[.:/][0-9]|\s+(?:of [0-9]|calls?\b|more\b|others?\b))",
    re.ASCII,
)
# "Call log 123 does not belong to agent 224." names one call.
_OTHER_IDS = re.compile(
    r"\b(?:agent|assistant|project|metric|organization)s?(?:[ _]ids?)?[\s:=#\"'(]*[0-9]+",
    re.IGNORECASE,
)


def says_still_evaluating(error: APIStatusError) -> bool:
    """Whether a refusal says that a call is still being evaluated.

    Example:
        >>> body = b'{"call_logs": ["Call log 3 is still being evaluated."]}'
        >>> says_still_evaluating(BadRequestError("", status_code=400, headers={}, body=body))
        True
    """
    text = "\n".join(words_of(error))
    # In two steps, each of which reads the text once, however long it is.
    still = _STILL.search(text)
    return still is not None and _EVALUATING.search(text, still.end()) is not None


def named_ids(texts: Iterable[str], among: Container[int]) -> list[int]:
    """List the ids of calls that a refusal's texts name, each once, of those that were asked about.

    Example:
        >>> named_ids(["2 calls of agent 6 are still being evaluated: 5, 7."], {2, 5, 6, 7})
        [5, 7]
    """
    found = (int(number) for text in texts for number in _ID.findall(_OTHER_IDS.sub("", text)))
    return list(dict.fromkeys(number for number in found if number in among))


def words_of(error: APIStatusError) -> list[str]:
    """List what a refusal says: its detail, and the messages of each field."""
    said = [message for messages in error.field_errors.values() for message in messages]
    return [error.detail or "", *said]


def read_error_body(body: bytes) -> tuple[str | None, dict[str, list[str]]]:
    """Find the detail and the field errors in an error reply.

    Args:
        body: The reply's bytes: JSON of any shape, HTML, or nothing.

    Returns:
        `detail`, or None, and the messages of each field. A nested field is named with dots:
        `call_logs.0`. A list of messages without a field comes under `non_field_errors`.

    Example:
        >>> read_error_body(b'{"call_logs": ["This list may not be empty."]}')
        (None, {'call_logs': ['This list may not be empty.']})
    """
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return None, {}
    if isinstance(parsed, str):
        return parsed, {}
    detail: str | None = None
    rest: object = parsed
    if isinstance(parsed, dict):
        members = cast("dict[str, object]", parsed)
        found = members.get("detail")
        if isinstance(found, str):
            detail = found
            rest = {name: value for name, value in members.items() if name != "detail"}
    field_errors: dict[str, list[str]] = {}
    try:
        for field, message in _messages("", rest):
            field_errors.setdefault(field, []).append(message)
    except RecursionError:
        # Nested deeper than any message is meant to be.
        return detail, {}
    return detail, field_errors


def _messages(field: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, member in cast("dict[str, object]", value).items():
            yield from _messages(f"{field}.{name}" if field else name, member)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _messages(field, item)
    elif value is not None:
        yield field or "non_field_errors", value if isinstance(value, str) else json.dumps(value)
