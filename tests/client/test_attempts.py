"""What one attempt came to: whether it may have run, whether it is sent again, what is raised."""

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from cekura_api.reading import DecodeError
from cekura_client import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    CekuraError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    StillEvaluatingError,
)
from cekura_client.engine.attempts import (
    ErrorContext,
    Failure,
    Reply,
    error_of,
    foreign_cause,
    is_foreign,
    may_have_run,
    not_sent_error,
    outcome_of,
)
from cekura_client.engine.request_builder import RequestTrace, failed
from cekura_client.engine.retrying import Outcome

Attempt = Reply | Failure
CUT = httpx.RemoteProtocolError("peer closed connection")


def reply(status: int, body: bytes = b"", broken: Exception | None = None) -> Reply:
    return Reply(status, httpx.Headers({"X-Request-Id": "r1"}), body, broken)


def context(
    operation: str, *, costs: bool | None, repeatable: bool = False, **more: Any
) -> ErrorContext:
    fields: dict[str, Any] = {"attempts": 1, "retry_after": None, "secret": "s3cret"} | more
    return ErrorContext(operation, costs_credits=costs, repeatable=repeatable, **fields)


def paid(**more: Any) -> ErrorContext:
    return context("evaluate", costs=True, **more)


def free(**more: Any) -> ErrorContext:
    return context("retrieve", costs=False, repeatable=True, **more)


def other(*, costs: bool | None) -> ErrorContext:
    return context("PUT /a/", costs=costs)


@pytest.mark.parametrize(
    ("attempt", "ran", "outcome"),
    [
        (Failure(httpx.ConnectError("refused"), unsent=True), False, Outcome.NOT_SENT),
        (Failure(httpx.UnsupportedProtocol("ftp"), unsent=True), False, Outcome.FINAL),
        (Failure(httpx.UnsupportedProtocol("ftp")), True, Outcome.FAILED),
        (Failure(httpx.ConnectError("refused")), True, Outcome.FAILED),
        (Failure(httpx.ReadTimeout("late")), True, Outcome.FAILED),
        (reply(200), True, Outcome.FAILED),
        (reply(299), True, Outcome.FAILED),
        (reply(199), True, Outcome.FINAL),
        (reply(300), True, Outcome.FINAL),
        (reply(307), False, Outcome.FINAL),
        (reply(400), False, Outcome.FINAL),
        (reply(408), True, Outcome.FAILED),
        (reply(409), True, Outcome.FINAL),
        (reply(421), False, Outcome.FAILED),
        (reply(425), False, Outcome.FAILED),
        (reply(428), False, Outcome.FINAL),
        (reply(429), False, Outcome.RATE_LIMITED),
        (reply(499), True, Outcome.FINAL),
        (reply(500), True, Outcome.FAILED),
        (reply(503), True, Outcome.FAILED),
        (reply(999), True, Outcome.FAILED),
    ],
    ids=str,
)
def test_what_an_attempt_came_to(attempt: Attempt, outcome: Outcome, *, ran: bool) -> None:
    assert may_have_run(attempt) is ran
    assert outcome_of(attempt) is outcome


WORDS: list[tuple[Attempt, ErrorContext, type[CekuraError], str]] = [
    (
        Failure(httpx.ConnectError("refused"), unsent=True),
        paid(attempts=3),
        APIConnectionError,
        (
            "evaluate did not reach the server after 3 attempts (ConnectError: refused). Nothing "
            "was charged. Check the network, the proxy and base_url."
        ),
    ),
    (
        Failure(httpx.ConnectError(""), unsent=True),
        free(),
        APIConnectionError,
        (
            "retrieve did not reach the server (ConnectError). Check the network, the proxy and "
            "base_url."
        ),
    ),
    (
        Failure(httpx.ReadError("s3cret lost")),
        paid(),
        OutcomeUnknownError,
        (
            "evaluate was sent, and no reply tells what became of it (ReadError: *** lost). It may "
            "have run, and been charged: look at the call logs before you send it again."
        ),
    ),
    (
        Failure(httpx.ReadError("lost")),
        free(attempts=2),
        OutcomeUnknownError,
        (
            "retrieve was sent, and no reply tells what became of it after 2 attempts (ReadError: "
            "lost)."
        ),
    ),
    (
        Failure(httpx.ReadError("lost")),
        other(costs=None),
        OutcomeUnknownError,
        (
            "PUT /a/ was sent, and no reply tells what became of it (ReadError: lost). It may have "
            "run, whatever that costs: look whether it did before you send it again."
        ),
    ),
    (
        Failure(httpx.ReadError("lost")),
        other(costs=False),
        OutcomeUnknownError,
        (
            "PUT /a/ was sent, and no reply tells what became of it (ReadError: lost). It may have "
            "run: look whether it did before you send it again."
        ),
    ),
    (
        reply(200, b"[", CUT),
        paid(),
        InvalidResponseError,
        (
            "evaluate was accepted (200), but its reply is not the contract's: it breaks off "
            "(RemoteProtocolError). It ran and is charged: do not send it again. The reply is kept "
            "in `body`."
        ),
    ),
    (
        reply(201, b"["),
        other(costs=None),
        InvalidResponseError,
        (
            "PUT /a/ was accepted (201), but its reply is not the contract's: it cannot be read "
            "(ValueError: bad). It ran: do not send it again. The reply is kept in `body`."
        ),
    ),
    (
        reply(200, b"["),
        free(),
        InvalidResponseError,
        (
            "retrieve was accepted (200), but its reply is not the contract's: it cannot be read "
            "(ValueError: bad). The reply is kept in `body`."
        ),
    ),
    (
        reply(429),
        paid(attempts=4, retry_after=7.5),
        RateLimitError,
        (
            "evaluate is rate limited (429) after 4 attempts, and the API asks to wait 7.5 s. "
            "Nothing was charged. Send it again later; how long a call waits by itself is for "
            "RetryPolicy to say: max_wait and deadline."
        ),
    ),
    (
        reply(429),
        free(),
        RateLimitError,
        (
            "retrieve is rate limited (429). Send it again later; how long a call waits by itself "
            "is for RetryPolicy to say: max_wait and deadline."
        ),
    ),
    (
        reply(400, b'{"detail": "No  s3cret\\n.", "metrics": ["a", "b"]}'),
        paid(),
        BadRequestError,
        (
            "evaluate failed: the server answered 400 (No *** .; metrics: a b). Nothing was "
            "charged. Correct the arguments."
        ),
    ),
    (
        reply(400, b'{"detail": "3 is still being evaluated."}'),
        paid(request_body=b'{"call_logs": [3]}'),
        StillEvaluatingError,
        (
            "evaluate failed: the server answered 400 (3 is still being evaluated.). Nothing was "
            "charged. Send it again later: wait_if_busy of evaluate_metrics and rerun_evaluation "
            "does."
        ),
    ),
    (
        reply(400, b'{"detail": "half a pair: \\ud83d"}'),
        free(),
        BadRequestError,
        "retrieve failed: the server answered 400 (half a pair: ?). Correct the arguments.",
    ),
    (
        reply(401),
        other(costs=None),
        AuthenticationError,
        (
            "PUT /a/ failed: the server answered 401. It did not run. Check the API key "
            "(CEKURA_API_KEY)."
        ),
    ),
    (
        reply(403),
        free(),
        PermissionDeniedError,
        "retrieve failed: the server answered 403. Use a key that may do this.",
    ),
    (
        reply(404),
        free(),
        NotFoundError,
        "retrieve failed: the server answered 404. Check the ids and base_url.",
    ),
    (reply(402), free(), APIStatusError, "retrieve failed: the server answered 402."),
    (
        reply(302),
        paid(),
        APIStatusError,
        (
            "evaluate failed: the server answered 302, and a redirect may follow an action that "
            "was carried out. It may have run, and been charged: look at the call logs before you "
            "send it again. Redirects are not followed, since the API key would go along: check "
            "base_url."
        ),
    ),
    (
        reply(307),
        paid(),
        APIStatusError,
        (
            "evaluate failed: the server answered 307. Nothing was charged. Redirects are not "
            "followed, since the API key would go along: check base_url."
        ),
    ),
    (
        reply(503),
        paid(attempts=2),
        ServerError,
        (
            "evaluate failed after 2 attempts: the server answered 503, and a failure may come "
            "before it runs, while it does, or after. It may have run, and been charged: look at "
            "the call logs before you send it again."
        ),
    ),
    (reply(503), free(), ServerError, "retrieve failed: the server answered 503."),
]


@pytest.mark.parametrize(("attempt", "context", "kind", "words"), WORDS)
def test_what_is_raised_says_what_happened_what_it_costs_and_what_to_do(
    attempt: Attempt, context: ErrorContext, kind: type[CekuraError], words: str
) -> None:
    error = error_of(attempt, context, ValueError("bad"))
    assert type(error) is kind
    assert str(error) == words
    assert error.may_have_run is (may_have_run(attempt) and not context.repeatable)
    if isinstance(error, APIStatusError | InvalidResponseError):
        assert isinstance(attempt, Reply)
        assert (error.status_code, error.body) == (attempt.status, attempt.body)
        assert error.headers["x-request-id"] == "r1"
    if isinstance(error, RateLimitError):
        assert (error.retry_after, error.attempts) == (context.retry_after, context.attempts)


def test_what_the_contract_does_not_know_is_told_without_its_kind() -> None:
    error = error_of(reply(200), free(), DecodeError("[0].id is null or s3cret"))
    assert "not the contract's: [0].id is null or ***." in str(error)


@pytest.mark.parametrize("body", [None, b"[3]", b"3", b'{"call_logs": "all"}', b"{}"])
def test_a_refusal_names_no_call_that_was_not_asked_about(body: bytes | None) -> None:
    refusal = reply(400, b'{"detail": "3 is still being evaluated."}')
    error = error_of(refusal, context("POST /a/", costs=None, request_body=body))
    assert isinstance(error, StillEvaluatingError)
    assert error.call_log_ids == []


def test_the_key_and_what_was_said_are_in_no_repr() -> None:
    shown = repr(paid(request_body=b"what was said"))
    assert "s3cret" not in shown
    assert "what was said" not in shown


def test_an_explanation_of_500_characters_is_whole() -> None:
    for length, cut in ((500, False), (501, True)):
        body = b'{"detail": "%s"}' % (b"x" * length)
        said = str(error_of(reply(400, body), free())).count("x")
        assert (said, "…" in str(error_of(reply(400, body), free()))) == (500, cut)


@pytest.mark.parametrize(
    ("attempts", "left", "words"),
    [
        (0, None, "evaluate was not sent: a 429 keeps this client's requests waiting, which"),
        (2, 12.3456, ("evaluate was not sent again after 2 attempts: a 429 keeps this client's "
                     "requests waiting, 12.3 s more, which")),
    ],
)  # fmt: skip
def test_what_may_not_wait_for_the_rate_limit_is_not_sent(
    attempts: int, left: float | None, words: str
) -> None:
    refusal = reply(429, b'{"detail": "slow down"}')
    error = not_sent_error(refusal, paid(attempts=attempts, retry_after=left))
    assert str(error) == (
        f"{words} is longer than RetryPolicy lets this call wait (max_wait, deadline). "
        "Nothing was charged. Send it again later."
    )
    assert (error.status_code, error.body, error.may_have_run) == (429, refusal.body, False)
    assert error.headers["x-request-id"] == "r1"
    assert (error.retry_after, error.attempts) == (left, attempts)


OURS = [
    httpx.ReadTimeout("late"),
    httpx.StreamClosed(),
    ConnectionResetError(),
    anyio.BrokenResourceError(),
    anyio.ClosedResourceError(),
]


def test_what_comes_from_elsewhere_is_told_from_failures_of_sending() -> None:
    elsewhere = [RuntimeError("of a hook"), KeyError("x"), TimeoutError("of a signal")]
    assert [error for error in elsewhere if not is_foreign(error)] == []
    assert [error for error in OURS if is_foreign(error)] == []
    for error in [*elsewhere, *OURS]:
        met = foreign_cause(Failure(error))
        assert met is (error if error in elsewhere else None)
    # What reading a reply may raise by itself is a fault of the reply.
    broken: list[Exception | None] = [None, CUT, ValueError(), RuntimeError(), KeyError("x")]
    assert [foreign_cause(reply(200, b"[", why)) for why in broken] == [None] * 5
    limit = TimeoutError("of a signal")
    assert foreign_cause(reply(200, b"[", limit)) is limit


def test_a_body_is_unpacked_and_what_cannot_be_is_kept_as_it_came() -> None:
    raw = gzip.compress(b"[1, 2]")

    def taken(body: bytes, broken: Exception | None = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Reply.of(httpx.Response(201, headers=named), body, broken)

    assert taken(b"[1]").body == b"[1]"
    assert taken(b"[1").broken is None
    assert taken(b"[1", CUT).broken is CUT
    unpacked = taken(raw, content_encoding="gzip", x_request_id="r1")
    assert (unpacked.status, unpacked.body, unpacked.broken) == (201, b"[1, 2]", None)
    assert unpacked.headers["x-request-id"] == "r1"
    assert taken(raw, CUT, content_encoding="gzip").broken is CUT
    spoilt = taken(b"[1, 2]", content_encoding="gzip")
    assert (spoilt.status, spoilt.body) == (201, b"[1, 2]")
    assert isinstance(spoilt.broken, httpx.DecodingError)
    assert taken(b"[1, 2]", CUT, content_encoding="gzip").broken is CUT


def test_a_body_that_something_else_took_is_none() -> None:
    read = httpx.Response(400, content=b"{}")
    assert Reply.read_elsewhere(read, CUT) == Reply(400, read.headers, b"{}")
    unread = httpx.Response(400, stream=httpx.ByteStream(b"{}"))
    assert Reply.read_elsewhere(unread, CUT) == Reply(400, unread.headers, b"", CUT)
    error = Reply.read_elsewhere(unread, None).broken
    assert isinstance(error, httpx.ResponseNotRead)


def test_a_date_to_wait_for_is_held_against_the_replys_own() -> None:
    def asked(*waits: str, **headers: str) -> float | None:
        named = [*headers.items(), *(("Retry-After", wait) for wait in waits)]
        return Reply(429, httpx.Headers(named), b"").retry_after

    date = "Tue, 24 Nov 2026 10:00:00 GMT"
    assert asked("Tue, 24 Nov 2026 10:00:07 GMT", Date=date) == 7.0
    assert asked("1", "Tue, 24 Nov 2026 10:00:07 GMT", "soon", Date=date) == 7.0
    assert asked("soon") is None
    assert asked() is None
    soon = datetime.now(UTC) + timedelta(seconds=100)
    wait = asked(format_datetime(soon, usegmt=True))
    assert wait is not None
    assert 90 < wait < 101


def started(trace: RequestTrace, method: bytes) -> dict[str, Any]:
    """Have a request's headers be sent; returns the request's extensions."""
    extensions: dict[str, Any] = {"trace": trace.note}
    request = SimpleNamespace(method=method, extensions=extensions)
    trace.note("http11.send_request_headers.started", {"request": request})
    return extensions


def raised_from(cause: Exception, error: httpx.TransportError) -> httpx.TransportError:
    error.__cause__ = cause
    return error


STEP = OSError("refused")
NO_WAY = raised_from(STEP, httpx.ConnectError("refused"))


@pytest.mark.parametrize("by_httpx", [True, False])
def test_a_failed_step_before_the_request_proves_that_it_was_not_sent(*, by_httpx: bool) -> None:
    trace = RequestTrace()
    trace.note("connection.connect_tcp.started", {})
    assert not trace.proves_unsent(NO_WAY, by_httpx=by_httpx)
    trace.note("connection.connect_tcp.failed", {"exception": STEP})
    assert trace.proves_unsent(NO_WAY, by_httpx=by_httpx)
    for other_cause in (httpx.ConnectError("x"), raised_from(OSError(), httpx.ConnectError("x"))):
        assert not trace.proves_unsent(other_cause, by_httpx=by_httpx)


def test_without_a_step_that_failed_no_error_proves_anything() -> None:
    assert not RequestTrace().proves_unsent(httpx.ConnectError("refused"), by_httpx=True)
    assert not RequestTrace().proves_unsent(httpx.ProxyError("refused"), by_httpx=True)


@pytest.mark.parametrize("refusal", [httpx.PoolTimeout("full"), httpx.UnsupportedProtocol("ftp")])
def test_httpx_alone_is_believed_that_it_did_not_try(refusal: httpx.TransportError) -> None:
    assert RequestTrace().proves_unsent(refusal, by_httpx=True)
    assert not RequestTrace().proves_unsent(refusal, by_httpx=False)


def test_nothing_proves_unsent_what_was_begun() -> None:
    trace = RequestTrace()
    extensions = started(trace, b"POST")
    assert extensions == {}  # nothing more is told
    trace.note("http11.receive_response_headers.failed", {"exception": STEP})
    refusals = [NO_WAY, httpx.PoolTimeout("full"), httpx.UnsupportedProtocol("ftp")]
    assert not any(trace.proves_unsent(error, by_httpx=True) for error in refusals)
    started(trace, b"CONNECT")
    assert not trace.proves_unsent(httpx.ProxyError("refused"), by_httpx=True)


def test_what_was_asked_of_a_proxy_is_not_the_request() -> None:
    trace = RequestTrace()
    assert [*started(trace, b"CONNECT")] == ["trace"]
    assert trace.proves_unsent(httpx.ProxyError("refused"), by_httpx=False)
    assert not trace.proves_unsent(httpx.ReadError("lost"), by_httpx=False)
    started(trace, b"POST")
    assert not trace.proves_unsent(httpx.ProxyError("refused"), by_httpx=True)


def test_an_error_of_another_request_proves_nothing() -> None:
    request, elsewhere = (httpx.Request("POST", "https://a.example") for _ in range(2))
    trace = RequestTrace()

    def came_to(error: Exception) -> Attempt:
        return failed(error, request, trace, by_httpx=True)

    pool = httpx.PoolTimeout("full")
    assert came_to(pool) == Failure(pool)
    pool.request = elsewhere
    assert came_to(pool) == Failure(pool)
    pool.request = request
    assert came_to(pool) == Failure(pool, unsent=True)
    refused = httpx.Response(429, content=b"{}", request=elsewhere)
    for whose in (elsewhere, request):
        error = httpx.HTTPStatusError("429", request=whose, response=refused)
        met = came_to(error)
        assert met == (Reply(429, refused.headers, b"{}") if whose is request else Failure(error))
