"""`observe`, `vote` and `update`: what goes out, what is refused, and what is never sent twice."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from cekura_client import (
    APIConnectionError,
    BadRequestError,
    CekuraError,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
    ServerError,
)

from tests.support.twins import Calls, Twin
from tests.support.wire import Script, WireServer, reply, then_close, then_reset, then_silence

ROW = b'{"id": 7, "call_id": "c-1", "status": "evaluating", "new": [1]}'
VOTED = b'{"detail": "Vote recorded."}'
TURNS = [
    {"role": "Main Agent", "content": "Hello?", "start_time": 0, "end_time": 1.5},
    {"role": "Testing Agent", "content": "", "start_time": 1.5, "end_time": 2, "mood": "calm"},
]
SENT = {"agent_id": 224, "call_id": "c-1", "transcript": TURNS}
VOTE = {"metric_id": 789, "thumbs_up": True}


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer(reply(201, ROW)) as server:
        yield server


@pytest.fixture
def calls(server: WireServer, twin: Twin) -> Iterator[Calls]:
    with twin.open(base_url=server.url) as calls:
        yield calls


def only_request(server: WireServer) -> tuple[str, str, Any]:
    (received,) = server.received
    return received.method, received.path, json.loads(received.body)


def test_a_call_is_sent_as_little_as_it_is(calls: Calls, server: WireServer) -> None:
    row = calls.observe(**SENT)
    assert (row.id, row.call_id, row.status, row["new"]) == (7, "c-1", "evaluating", [1])
    assert only_request(server) == (
        "POST",
        "/observability/v1/observe/",
        {"agent": 224, "call_id": "c-1", "transcript_json": TURNS, "transcript_type": "cekura"},
    )


def test_a_call_is_sent_with_all_that_is_known_of_it(calls: Calls, server: WireServer) -> None:
    calls.observe(
        assistant_id=2143,
        call_id="c-1",
        transcript={"turns": [{"role": "bot"}]},
        transcript_type="vapi",
        metrics=iter([790, 789, 790]),
        timestamp=datetime(2026, 11, 28, 9, 30, tzinfo=timezone(timedelta(hours=2))),
        call_ended_reason="",
        customer_number="+15550101",
        metadata={"ticket": None, "deep": {"a": [1.5, True]}},
        dynamic_variables={"plan": "flex"},
        feedback="great “call” 👍",
    )
    assert only_request(server)[2] == {
        "assistant_id": "2143",
        "call_id": "c-1",
        "transcript_json": {"turns": [{"role": "bot"}]},
        "transcript_type": "vapi",
        "metric_ids": "790,789",
        "timestamp": "2026-11-28T07:30:00+00:00",
        "call_ended_reason": "",
        "customer_number": "+15550101",
        "metadata": {"ticket": None, "deep": {"a": [1.5, True]}},
        "dynamic_variables": {"plan": "flex"},
        "feedback": "great “call” 👍",
    }


@pytest.mark.parametrize(
    ("said", "body"),
    [
        ({"thumbs_up": True}, {"thumbs_up": True, "expected_value": None}),
        (
            {"thumbs_up": False, "expected_value": {"a": [1]}, "feedback": ""},
            {"thumbs_up": False, "expected_value": {"a": [1]}, "feedback": ""},
        ),
        (
            {"thumbs_up": None, "expected_value": 0},
            {"thumbs_up": None, "expected_value": 0},
        ),
    ],
)
@pytest.mark.parametrize("answer", [VOTED, b"{}", b'{"detail": null, "new": 1}'])
def test_a_vote_says_null_of_what_it_does_not_say(
    twin: Twin, said: dict[str, Any], body: dict[str, Any], answer: bytes
) -> None:
    with WireServer(reply(200, answer)) as server, twin.open(base_url=server.url) as calls:
        calls.vote(123, metric_id=789, **said)
    assert only_request(server) == (
        "POST",
        "/observability/v2/call-logs/123/mark_metric_vote/",
        {"metric_id": 789, **body},
    )


def test_an_update_sends_what_changes_and_nothing_else(calls: Calls, server: WireServer) -> None:
    call = calls.update(123, status="reviewed_success", feedback="")
    assert (call.id, call["new"]) == (7, [1])
    assert only_request(server) == (
        "PATCH",
        "/observability/v2/call-logs/123/",
        {"status": "reviewed_success", "feedback": ""},
    )


def test_an_update_of_everything(calls: Calls, server: WireServer) -> None:
    calls.update(
        123,
        call_id="c-2",
        transcript=tuple(TURNS),
        transcript_type="cekura",
        timestamp=datetime(2026, 11, 28, tzinfo=UTC),
        duration=0,
        call_ended_reason="x" * 100,
        customer_number="",
        metadata={"ticket": None},
        dynamic_variables={"plan": "flex"},
        reevaluate_metrics=True,
    )
    assert only_request(server)[2] == {
        "call_id": "c-2",
        "transcript_json": TURNS,
        "transcript_type": "cekura",
        "timestamp": "2026-11-28T00:00:00+00:00",
        "duration": 0.0,
        "call_ended_reason": "x" * 100,
        "customer_number": "",
        "metadata": {"ticket": None},
        "dynamic_variables": {"plan": "flex"},
        "reevaluate_metrics": True,
    }


def turned(**changes: Any) -> list[Any]:
    """A transcript whose second turn is another one."""
    return [TURNS[0], {**TURNS[1], **changes}]


FACTS: list[dict[str, Any]] = [
    {"call_id": ""},
    {"call_id": " "},
    {"call_id": 5},
    {"call_id": "x" * 101},
    {"transcript": []},
    {"transcript": ""},
    {"transcript": {}},
    {"timestamp": "2026-11-28"},
    {"timestamp": date(2026, 11, 28)},
    {"timestamp": datetime(2026, 11, 28)},  # noqa: DTZ001  (on purpose)
    {"call_ended_reason": 5},
    {"customer_number": 15550101},
    {"feedback": True},
    {"metadata": {}},
    {"metadata": [("a", 1)]},
    {"metadata": {1: "a"}},
    {"metadata": {"a": float("nan")}},
    {"metadata": {"a": datetime(2026, 11, 28, tzinfo=UTC)}},
    {"metadata": {"a": {1, 2}}},
    {"dynamic_variables": {}},
    {"dynamic_variables": "a"},
    {"transcript_type": ""},
    {"transcript_type": 5},
    {"transcript_type": "cekura", "transcript": "Hello"},
    {"transcript_type": "cekura", "transcript": {"turns": TURNS}},
    {"transcript_type": "cekura", "transcript": ["Hello"]},
    {"transcript_type": "cekura", "transcript": turned(role="agent")},
    {"transcript_type": "cekura", "transcript": turned(role="user")},
    {"transcript_type": "cekura", "transcript": turned(content=None)},
    {"transcript_type": "cekura", "transcript": turned(start_time="0:19")},
    {"transcript_type": "cekura", "transcript": turned(end_time=None)},
    {"transcript_type": "cekura", "transcript": turned(end_time=-1)},
    {"transcript_type": "cekura", "transcript": turned(end_time=True)},
    {"transcript_type": "vapi", "transcript": [float("inf")]},
]
OF_OBSERVE: list[dict[str, Any]] = [
    {"agent_id": None},
    {"assistant_id": "a"},
    {"agent_id": 0},
    {"agent_id": "224"},
    {"agent_id": None, "assistant_id": " "},
    {"agent_id": None, "assistant_id": 1.5},
    {"transcript": None},
    {"call_id": None},
    {"transcript_type": None},
    {"metrics": []},
    {"metrics": [" "]},
    {"metrics": "1,2"},
    {"metrics": 789},
]
OF_UPDATE: list[dict[str, Any]] = [
    {},
    {"reevaluate_metrics": False},
    {"reevaluate_metrics": 1},
    {"reevaluate_metrics": None},
    {"status": "evaluating"},
    {"status": ""},
    {"status": True},
    {"duration": -1},
    {"duration": float("nan")},
    {"duration": "1.5"},
    {"duration": True},
    {"duration": timedelta(minutes=1)},
    {"transcript_type": "vapi"},
    {"call_ended_reason": "x" * 101},
    {"customer_number": "x" * 101},
]
OF_VOTE: list[dict[str, Any]] = [
    {"metric_id": "789"},
    {"metric_id": None},
    {"metric_id": 0},
    {"thumbs_up": None},
    {"thumbs_up": 1},
    {"thumbs_up": "yes"},
    {"expected_value": {1, 2}},
    {"expected_value": float("inf")},
    {"feedback": 5},
]


def observed(calls: Calls, wrong: dict[str, Any]) -> None:
    calls.observe(**SENT | wrong)


def updated(calls: Calls, wrong: dict[str, Any]) -> None:
    calls.update(wrong.get("id", 123), **{name: wrong[name] for name in wrong if name != "id"})


def voted(calls: Calls, wrong: dict[str, Any]) -> None:
    said = VOTE | {name: wrong[name] for name in wrong if name != "id"}
    calls.vote(wrong.get("id", 123), **said)


REFUSED: list[tuple[Callable[[Calls, dict[str, Any]], None], dict[str, Any]]] = [
    *((observed, wrong) for wrong in (*FACTS, *OF_OBSERVE)),
    *((updated, wrong) for wrong in (*FACTS, *OF_UPDATE)),
    *((updated, {"id": wrong, "status": "success"}) for wrong in (None, 1.0, "c-1")),
    *((voted, wrong) for wrong in OF_VOTE),
    *((voted, {"id": wrong}) for wrong in (0, "1")),
]


def test_wrong_arguments_are_refused_before_sending(calls: Calls, server: WireServer) -> None:
    for call, wrong in REFUSED:
        with pytest.raises(InvalidRequestError, match="Nothing was sent") as raised:
            call(calls, wrong)
        named = "a vote needs|update has nothing|whole number|" + "|".join(wrong or {"update": 0})
        assert any(word in str(raised.value).lower() for word in named.split("|")), wrong
    assert server.received == []


Write = Callable[[Calls], object]
WRITES: dict[str, tuple[Write, bytes, bool]] = {
    "observe": (lambda calls: calls.observe(**SENT), ROW, True),
    "update, again": (lambda calls: calls.update(1, reevaluate_metrics=True), ROW, True),
    "update": (lambda calls: calls.update(1, status="failure"), ROW, False),
    "vote": (lambda calls: calls.vote(1, **VOTE), VOTED, False),
}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (reply(500, b""), ServerError),
        (reply(502, b"<html>"), ServerError),
        (then_close(), OutcomeUnknownError),
        (then_reset(), OutcomeUnknownError),
        (reply(200, b"<html>"), InvalidResponseError),
        (reply(201, b"[]"), InvalidResponseError),
        (reply(204, b""), InvalidResponseError),
    ],
    ids=["500", "502", "closed", "reset", "HTML", "a list", "nothing"],
)
def test_what_may_have_run_is_sent_once(
    twin: Twin, name: str, script: Script, kind: type[CekuraError]
) -> None:
    write, _, costs = WRITES[name]
    with (
        WireServer(script) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(kind) as raised,
    ):
        write(calls)
    assert len(server.received) == 1
    error = raised.value
    assert error.may_have_run
    assert error.sent is not None
    assert error.sent.parameters == json.loads(server.received[0].body)
    assert ("charged" in str(error)) == costs
    if isinstance(error, InvalidResponseError):
        assert error.body is not None


@pytest.mark.parametrize("name", WRITES)
def test_a_reply_that_is_late_is_waited_for_once(twin: Twin, name: str) -> None:
    with (
        WireServer(then_silence()) as server,
        twin.open(base_url=server.url, timeout=0.3) as calls,
        pytest.raises(OutcomeUnknownError) as raised,
    ):
        WRITES[name][0](calls)
    assert len(server.received) == 1
    assert raised.value.may_have_run


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    ("status", "kind"), [(400, BadRequestError), (404, NotFoundError), (429, RateLimitError)]
)
def test_a_refusal_did_not_run(twin: Twin, name: str, status: int, kind: type[CekuraError]) -> None:
    write, _, costs = WRITES[name]
    with (
        WireServer(reply(status, b'{"detail": "no"}', {"Retry-After": "9999"})) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(kind) as raised,
    ):
        write(calls)
    assert len(server.received) == 1
    assert not raised.value.may_have_run
    assert ("charged" in str(raised.value)) == costs


@pytest.mark.usefixtures("short_backoff")
@pytest.mark.parametrize("name", WRITES)
def test_what_certainly_did_not_run_is_sent_again(twin: Twin, name: str) -> None:
    write, body, _ = WRITES[name]
    with (
        WireServer(reply(429, b""), reply(429, b""), reply(200, body)) as server,
        twin.open(base_url=server.url, retries=RetryPolicy(max_wait=1)) as calls,
    ):
        write(calls)
    bodies = [request.body for request in server.received]
    assert len(bodies) == 3
    assert len({*bodies}) == 1


@pytest.mark.parametrize("name", WRITES)
def test_a_server_that_is_not_there_was_told_nothing(twin: Twin, name: str) -> None:
    with WireServer(reply()) as server:
        url = server.url
    once = RetryPolicy(attempts=1)
    with (
        twin.open(base_url=url, retries=once) as calls,
        pytest.raises(APIConnectionError) as raised,
    ):
        WRITES[name][0](calls)
    assert not raised.value.may_have_run


def test_what_is_unknown_of_a_call_that_was_sent_is_not_reconciled_by_its_error(
    twin: Twin,
) -> None:
    with WireServer(then_close()) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(OutcomeUnknownError) as raised:
            calls.observe(**SENT)
        with pytest.raises(InvalidRequestError, match="observe names no call logs"):
            calls.reconcile(raised.value)
    assert len(server.received) == 1
