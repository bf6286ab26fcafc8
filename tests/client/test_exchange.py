"""One call from its first attempt to its end, with a clock and a jitter of the test's own."""

import contextlib
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cekura_client import (
    APIConnectionError,
    CekuraError,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
    ServerError,
    StillEvaluatingError,
)
from cekura_client.engine.attempts import Failure, Reply
from cekura_client.engine.exchange import Done, Exchange
from cekura_client.engine.operation import Operation, RequestParts
from cekura_client.engine.rate_gate import RateGate
from cekura_client.engine.server_clock import ServerClock

from tests.support.twins import KEY

BODY = b'{"agent_id": 1, "call_logs": [5]}'
PAID: Operation[Any] = Operation(
    name="evaluate", costs_credits=True, request=RequestParts("POST", "/a/", BODY), read=json.loads
)
FREE: Operation[Any] = Operation(
    name="retrieve", costs_credits=False, request=RequestParts("GET", "/a/", None), read=json.loads
)
UNSENT = Failure(httpx.ConnectError("refused"), unsent=True)
LOST = Failure(httpx.ReadError("lost"))
DATE = "Tue, 24 Nov 2026 10:00:00 GMT"


def answer(status: int, body: bytes = b"[]", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, httpx.Headers(named), body)


class Desk:
    """What the calls of one client share, and the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.gate = RateGate(100, self.clock)
        self.server_clock = ServerClock()

    def clock(self) -> float:
        return self.now

    def call(self, operation: Operation[Any] = PAID, **limits: Any) -> Exchange[Any]:
        return Exchange(
            operation,
            RetryPolicy(**limits),
            secret=KEY,
            gate=self.gate,
            server_clock=self.server_clock,
            clock=self.clock,
            jitter=lambda: 1.0,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def send(call: Exchange[Any]) -> None:
    assert call.ask_to_send() is None
    call.sending()


def test_a_result_is_handed_over(desk: Desk) -> None:
    with desk.call() as call:
        send(call)
        assert call.after(answer(200, b"[7]")) == Done([7])


def test_what_never_left_is_sent_again_after_half_a_second_then_one(desk: Desk) -> None:
    with desk.call() as call:
        for wait in (0.5, 1.0):
            send(call)
            assert call.after(UNSENT) is None
            assert call.ask_to_send() == pytest.approx(wait)
            desk.now += wait - 0.1
            assert call.ask_to_send() == pytest.approx(0.1)
            desk.now += 0.1
        send(call)
        with pytest.raises(APIConnectionError, match=r"evaluate .* after 3 attempts") as raised:
            call.after(UNSENT)
    assert raised.value.__cause__ is UNSENT.cause
    assert raised.value.sent is None


def test_a_refusal_waits_at_the_gate_for_every_call(desk: Desk) -> None:
    call, other = desk.call(), desk.call()
    send(call)
    assert call.after(answer(429, Retry_After="20")) is None
    assert desk.gate.pause == pytest.approx(21.0)  # and a twentieth
    assert call.ask_to_send() == pytest.approx(21.0)
    assert other.ask_to_send() == pytest.approx(30 * 86400.0, rel=1)
    desk.now += 21.0
    send(call)
    assert call.after(answer(200)) == Done([])


def test_refusals_without_a_told_wait_double(desk: Desk) -> None:
    with desk.call() as call:
        for pause in (1.0, 2.0, 4.0):
            send(call)
            assert call.after(answer(429)) is None
            assert desk.gate.pause == pytest.approx(pause)
            desk.now += pause
        send(call)
        call.after(answer(200))
    assert desk.gate.refusals_in_a_row == 0


def test_a_second_refusal_that_asks_for_no_wait_is_not_believed(desk: Desk) -> None:
    with desk.call() as call:
        for pause in (0.01, 2.0, 4.0):
            send(call)
            assert call.after(answer(429, Retry_After="0")) is None
            assert desk.gate.pause == pytest.approx(pause)
            desk.now += pause


def test_refusals_use_up_no_attempt(desk: Desk) -> None:
    with desk.call(attempts=2) as call:
        for failure in (answer(429), answer(429), UNSENT, answer(429)):
            send(call)
            assert call.after(failure) is None
            desk.now += 60
        send(call)
        with pytest.raises(APIConnectionError, match="after 5 attempts"):
            call.after(UNSENT)


def test_a_call_that_gives_up_leaves_the_told_pause_to_the_others(desk: Desk) -> None:
    with desk.call(max_wait=5) as call:
        send(call)
        with pytest.raises(RateLimitError) as raised:
            call.after(answer(429, Retry_After="30"))
    assert raised.value.retry_after == 30.0
    assert desk.gate.pause == pytest.approx(30.0)
    with desk.call(max_wait=5) as hurried:
        with pytest.raises(RateLimitError, match=r"was not sent: .* 30 s more") as raised:
            hurried.ask_to_send()
        assert raised.value.retry_after == pytest.approx(30.0)
        assert raised.value.attempts == 0


def test_a_call_that_gives_up_without_a_told_wait_pauses_nobody(desk: Desk) -> None:
    with desk.call(deadline=0) as call:
        send(call)
        with pytest.raises(RateLimitError) as raised:
            call.after(answer(429))
    assert raised.value.retry_after is None
    assert desk.gate.pause == 0.0


@pytest.mark.parametrize(("came", "left"), [(answer(200), 0.0), (answer(400), 0.0), (LOST, 994.0)])
def test_one_call_tries_in_a_pause_that_is_too_long_and_its_reply_ends_that(
    desk: Desk, came: Reply | Failure, left: float
) -> None:
    with desk.call(max_wait=5) as call:
        send(call)
        with pytest.raises(RateLimitError):
            call.after(answer(429, Retry_After="1000"))
    desk.now += 6.0
    with desk.call(max_wait=5) as trying, contextlib.suppress(CekuraError):
        send(trying)
        trying.after(came)
    assert desk.gate.pause == pytest.approx(left)


def test_the_refusal_of_a_busy_call_names_it(desk: Desk) -> None:
    with desk.call() as call:
        send(call)
        with pytest.raises(StillEvaluatingError) as raised:
            call.after(answer(400, b'{"detail": "5 and 6 are still being evaluated."}'))
    assert raised.value.call_log_ids == [5]


def test_a_deadline_that_passes_at_the_gate_names_no_pause(desk: Desk) -> None:
    with desk.call(deadline=1.02) as call:
        send(call)
        call.after(answer(429, Retry_After="1"))
        desk.now += 1.02
        for _ in range(2):
            send(desk.call())
        with pytest.raises(RateLimitError, match="was not sent again after 1 attempts") as raised:
            call.ask_to_send()
    assert raised.value.retry_after is None


def test_the_patience_of_a_call_ends_with_its_deadline(desk: Desk) -> None:
    call = desk.call(deadline=10)
    assert call.patience == 10.0
    desk.now += 9.5
    assert call.patience == 0.5
    desk.now += 100
    assert call.patience == 0.0


def test_a_place_at_the_gate_is_given_up_at_the_end(desk: Desk) -> None:
    desk.gate = RateGate(1, desk.clock)
    with desk.call() as call:
        send(call)
        following = desk.call()
        assert following.ask_to_send() is not None
    assert following.ask_to_send() is None


@pytest.mark.parametrize("failure", [LOST, answer(500), answer(408)])
def test_what_may_have_run_is_not_sent_again_and_carries_its_request(
    desk: Desk, failure: Reply | Failure
) -> None:
    earlier = datetime.now(UTC)
    with desk.call() as call:
        send(call)
        with pytest.raises(CekuraError) as raised:
            call.after(failure)
    sent = raised.value.sent
    assert sent is not None
    assert (sent.operation, sent.call_logs, sent.at_server) == ("evaluate", [5], None)
    assert earlier <= sent.at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("body", "parameters"),
    [(b'{"a": 1}', {"a": 1}), (b"[1]", {"json": [1]}), (b"0", {"json": 0}), (None, {})],
)
def test_what_was_sent_is_kept_whatever_it_was(
    desk: Desk, body: bytes | None, parameters: dict[str, Any]
) -> None:
    operation: Operation[Any] = Operation(
        name="PUT /a/",
        costs_credits=None,
        request=RequestParts("PUT", "/a/", body),
        read=json.loads,
    )
    with desk.call(operation) as call:
        send(call)
        with pytest.raises(OutcomeUnknownError) as raised:
            call.after(LOST)
    assert raised.value.sent is not None
    assert raised.value.sent.parameters == parameters


def test_the_moment_is_told_by_the_servers_clock_too(desk: Desk) -> None:
    with desk.call(FREE) as earlier:
        send(earlier)
        earlier.after(answer(200, Date=DATE))
    with desk.call() as call:
        send(call)
        with pytest.raises(OutcomeUnknownError) as raised:
            call.after(LOST)
    assert raised.value.sent is not None
    at_server = raised.value.sent.at_server
    assert at_server is not None
    assert abs(at_server - datetime(2026, 11, 24, 10, tzinfo=UTC)) < timedelta(seconds=10)


def test_what_costs_nothing_is_sent_again_and_waits_as_told(desk: Desk) -> None:
    with desk.call(FREE) as call:
        send(call)
        assert call.after(answer(503, Retry_After="10")) is None
        assert call.ask_to_send() == pytest.approx(10.5)
        assert desk.gate.pause == 0.0  # the others do not wait for it
        desk.now += 10.5
        send(call)
        assert call.after(LOST) is None
        assert call.ask_to_send() == pytest.approx(1.0)
        desk.now += 1.0
        send(call)
        with pytest.raises(ServerError, match="after 3 attempts") as raised:
            call.after(answer(500))
    assert not raised.value.may_have_run
    assert raised.value.sent is None


def test_a_cause_that_names_the_key_is_in_no_traceback(desk: Desk) -> None:
    for text in ("lost", f"lost {KEY}"):
        with desk.call() as call:
            send(call)
            failure = Failure(httpx.ReadError(text))
            with pytest.raises(OutcomeUnknownError) as raised:
                call.after(failure)
        assert raised.value.__cause__ is (failure.cause if text == "lost" else None)


def test_an_interruption_is_marked_from_the_sending_to_the_result(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def notes(call: Exchange[Any]) -> tuple[list[str], dict[str, Any]]:
        interruption = KeyboardInterrupt()
        call.mark(interruption)
        return getattr(interruption, "__notes__", []), vars(interruption)

    call = desk.call()
    assert notes(call) == ([], {})
    assert call.ask_to_send() is None
    assert notes(call) == ([], {})
    call.sending()
    (note,), facts = notes(call)
    assert note == (
        "evaluate was in flight: it may have run, and been charged. "
        "Look at the call logs before you send it again."
    )
    assert [*facts] == ["__notes__", "sent"]
    assert caplog.messages == [
        "evaluate was interrupted in flight (KeyboardInterrupt): it may have run, and been charged"
    ]
    assert call.after(answer(200, b"[7]")) is not None
    (note,), facts = notes(call)
    assert note == (
        "evaluate had been accepted (200): it may have run, and been charged. "
        "Do not send it again. The reply is kept in `body`."
    )
    assert facts["body"] == b"[7]"
    told = OutcomeUnknownError("told", may_have_run=True)
    call.mark(told)
    assert not hasattr(told, "__notes__")


@pytest.mark.parametrize(
    ("operation", "refusal"), [(PAID, answer(429)), (PAID, UNSENT), (FREE, answer(503))]
)
def test_an_interruption_of_what_did_not_run_or_only_reads_is_not_marked(
    desk: Desk, operation: Operation[Any], refusal: Reply | Failure
) -> None:
    call = desk.call(operation)
    send(call)
    assert call.after(refusal) is None
    interruption = KeyboardInterrupt()
    call.mark(interruption)
    assert vars(interruption) == {}


def test_a_client_that_is_closed_during_a_wait_raises_what_the_call_waited_for(desk: Desk) -> None:
    call = desk.call()
    assert call.interrupted() is None
    send(call)
    call.after(UNSENT)
    error = call.interrupted()
    assert isinstance(error, APIConnectionError)
    assert error.__notes__ == ["The client was closed while it waited to send this again."]


def test_each_wait_is_told_in_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="cekura_client")
    with desk.call() as call:
        send(call)
        call.after(UNSENT)
        desk.now += 1
        send(call)
        call.after(answer(429, Retry_After="4"))
    desk.now += 9
    with desk.call(FREE) as call:
        send(call)
        call.after(answer(503))
    assert caplog.messages == [
        "evaluate: not sent; waiting 0.50 s before attempt 2",
        "evaluate: rate limited; waiting 4.20 s before attempt 3",
        "retrieve: failed; waiting 0.50 s before attempt 2",
    ]


def test_how_long_an_attempt_took_is_told_in_milliseconds(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="cekura_client")
    with desk.call() as call:
        send(call)
        desk.now += 2.5
        call.after(answer(200))
    assert caplog.messages == ["POST /a/: 200 after 2500 ms, attempt 1"]
