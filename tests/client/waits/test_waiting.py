"""`wait_until_evaluated` of all three twins, against replies that are written byte by byte."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from cekura_client import (
    AuthenticationError,
    CallLog,
    CekuraError,
    EvaluationBaseline,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    WaitError,
    WaitProgress,
    WaitTimeoutError,
)

from tests.support.twins import Calls, Twin
from tests.support.wire import Script, WireServer, reply, then_silence

LONG_ENOUGH = 5.0  # seconds that no prompt end takes, on however busy a machine
ONCE = RetryPolicy(attempts=1, deadline=0)


@pytest.fixture(autouse=True)
def polls_begin_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """How the polls are spread is tested with a clock that is moved by hand."""
    monkeypatch.setattr("cekura_client.call_logs.waiting.evaluation_wait._FIRST_INTERVAL", 0.02)
    monkeypatch.setattr("cekura_client.call_logs.waiting.poll_schedule._JITTER", 0.0)


def shown(number: int, status: str = "success", **fields: Any) -> Script:
    results = [] if status == "evaluating" else [{"id": 1, "name": "a"}]
    call = {"id": number, "call_id": "a", "status": status, "evaluation": {"metrics": results}}
    return reply(200, json.dumps(call | fields).encode())


def busy(number: int) -> CallLog:
    return CallLog.from_dict({"id": number, "call_id": "a", "status": "evaluating"})


@contextmanager
def serving(answers: dict[int, list[Script]]) -> Generator[WireServer]:
    """Answer the polls of each call with its own scripts; its last one serves all that follow.

    For waits that have one poll of a time under way.
    """

    def answer(connection: Any) -> None:
        scripts = answers[polled(server)[-1]]
        (scripts.pop(0) if len(scripts) > 1 else scripts[0])(connection)

    with WireServer(answer) as server:
        yield server


def polled(server: WireServer) -> list[int]:
    return [int(request.path.split("/")[-2]) for request in server.received]


@contextmanager
def prompt() -> Generator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < LONG_ENOUGH


def test_each_call_is_polled_until_it_is_evaluated(twin: Twin) -> None:
    answers = {
        5: [shown(5, "evaluating"), shown(5, "pending"), shown(5)],
        3: [shown(3)],
        8: [shown(8, evaluation=None), shown(8, "failure")],
    }
    told: list[WaitProgress] = []
    with serving(answers) as server, twin.open(base_url=server.url) as calls:
        done = calls.wait_until_evaluated(
            (busy(number) for number in (5, 3, 8, 5)), max_concurrency=1, on_progress=told.append
        )
    assert [(call.id, str(call.status)) for call in done] == [
        (5, "success"), (3, "success"), (8, "failure"),
    ]  # fmt: skip
    assert sorted(polled(server)) == [3, 5, 5, 5, 8, 8]
    assert told == [WaitProgress(3, number, 0) for number in range(4)]


def test_calls_are_handed_over_as_they_come(twin: Twin) -> None:
    found: list[CallLog] = []
    answers = {5: [shown(5, "evaluating"), shown(5)], 3: [shown(3)]}
    with serving(answers) as server, twin.open(base_url=server.url) as calls:
        done = calls.wait_until_evaluated(
            [busy(5), EvaluationBaseline(id=3)], [1], max_concurrency=1, on_evaluated=found.append
        )
    assert done == []
    assert [call.id for call in found] == [3, 5]


def test_no_call_is_no_wait(twin: Twin) -> None:
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        assert calls.wait_until_evaluated([]) == []
    assert server.received == []


def test_no_more_polls_are_under_way_than_allowed(twin: Twin) -> None:
    lock, under_way, most = threading.Lock(), [0], [0]

    def answer(connection: Any) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.03)
        with lock:
            under_way[0] -= 1
        shown(1)(connection)

    with WireServer(answer) as server, twin.open(base_url=server.url) as calls:
        done = calls.wait_until_evaluated(map(busy, range(1, 21)), max_concurrency=3)
    assert len(done) == 20
    assert 1 < most[0] <= 3


def test_a_call_that_is_gone_does_not_lose_the_others(twin: Twin) -> None:
    answers = {
        1: [shown(1, "evaluating"), shown(1)],
        2: [reply(404, b'{"detail": "Not found."}')],
        3: [shown(3)],
    }
    with (
        serving(answers) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(WaitError, match="Not found") as raised,
    ):
        calls.wait_until_evaluated(map(busy, (1, 2, 3)), max_concurrency=1)
    assert [call.id for call in raised.value.done] == [1, 3]
    assert raised.value.pending == []
    assert isinstance(raised.value.failed[2], NotFoundError)
    assert polled(server).count(2) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
def test_a_refused_key_ends_it_at_once(twin: Twin, status: int, kind: type[CekuraError]) -> None:
    answers = {1: [shown(1)], 2: [shown(2, "evaluating"), reply(status, b"{}")]}
    with (
        serving(answers) as server,
        twin.open(base_url=server.url) as calls,
        prompt(),
        pytest.raises(WaitError) as raised,
    ):
        calls.wait_until_evaluated(map(busy, (1, 2)), max_concurrency=1)
    assert isinstance(raised.value.__cause__, kind)
    assert [call.id for call in raised.value.done] == [1]
    assert (raised.value.pending, raised.value.failed) == ([2], {})
    assert len(server.received) == 3


@pytest.mark.parametrize("failure", [reply(500, b""), reply(503, b""), reply(429, b"")])
def test_a_failure_that_passes_is_survived(twin: Twin, failure: Script) -> None:
    with (
        serving({1: [failure, failure, shown(1)]}) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
    ):
        assert len(calls.wait_until_evaluated([busy(1)])) == 1
    assert len(server.received) == 3


def test_no_poll_is_sent_before_the_api_allows_it(twin: Twin) -> None:
    limited = reply(429, b"", {"Retry-After": "0.6"})
    with (
        serving(
            {number: [shown(number)] for number in (1, 2)} | {1: [limited, shown(1)]}
        ) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
    ):
        assert len(calls.wait_until_evaluated(map(busy, (1, 2)), max_concurrency=1)) == 2
    assert polled(server)[0] == 1
    assert server.received[1].moment - server.received[0].moment >= 0.6


def test_a_pause_that_outlasts_the_time_ends_it_at_once(twin: Twin) -> None:
    with (
        WireServer(reply(429, b"", {"Retry-After": "3600"})) as server,
        twin.open(base_url=server.url) as calls,
        prompt(),
        pytest.raises(WaitTimeoutError, match="outlasts the 30 s") as raised,
    ):
        calls.wait_until_evaluated([busy(1)], timeout=30)
    assert isinstance(raised.value.__cause__, RateLimitError)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(shown(2, "evaluating"), id="evaluating"),
        pytest.param(
            shown(2, evaluation={"metrics": [{"id": 9, "name": "b"}]}), id="another metric"
        ),
        pytest.param(then_silence(), id="a poll that hangs"),
        pytest.param(reply(429, b"", {"Retry-After": "20"}), id="the rate limit"),
        pytest.param(reply(500, b""), id="failing"),
    ],
)
def test_the_time_counts_everything(twin: Twin, script: Script) -> None:
    with (
        serving({1: [shown(1)], 2: [script]}) as server,
        twin.open(base_url=server.url) as calls,
        prompt(),
    ):
        started = time.monotonic()
        with pytest.raises(TimeoutError) as raised:
            calls.wait_until_evaluated(map(busy, (1, 2)), [1], timeout=0.3, max_concurrency=1)
        assert time.monotonic() - started >= 0.3
    assert isinstance(raised.value, WaitTimeoutError)
    # A busy machine may not even have come to the first call.
    assert [*(call.id for call in raised.value.done), *raised.value.pending] == [1, 2]
    assert 2 in raised.value.pending


def close_after_two_polls(server: WireServer, calls: Calls) -> None:
    for _ in range(1000):
        if len(server.received) >= 2:
            break
        time.sleep(0.01)
    time.sleep(0.2)  # the second poll has come to what this is about
    calls.close()


TOO_SOON = reply(429, b"", {"Retry-After": "20"})


@pytest.mark.parametrize(
    ("script", "options"),
    [
        pytest.param(shown(2, "evaluating"), {}, id="between two polls"),
        pytest.param(TOO_SOON, {}, id="in a poll that waits"),
        pytest.param(TOO_SOON, {"retries": ONCE}, id="in a pause of all polls"),
    ],
)
def test_closing_the_client_ends_it_and_keeps_what_is_done(
    twin: Twin, script: Script, options: dict[str, Any]
) -> None:
    answers = {1: [shown(1)], 2: [script]}
    with serving(answers) as server, twin.open(base_url=server.url, **options) as calls:
        closer = threading.Thread(target=close_after_two_polls, args=(server, calls))
        closer.start()
        with prompt(), pytest.raises(WaitError, match="closed") as raised:
            calls.wait_until_evaluated(map(busy, (1, 2)), timeout=60, max_concurrency=1)
        closer.join()
    assert not isinstance(raised.value, WaitTimeoutError)
    assert [call.id for call in raised.value.done] == [1]
    assert raised.value.pending == [2]


@pytest.mark.parametrize("name", ["on_evaluated", "on_progress"])
def test_an_exception_of_a_callback_passes_through(twin: Twin, name: str) -> None:
    def fail(told: object) -> None:
        if not isinstance(told, WaitProgress) or told.evaluated:
            raise ZeroDivisionError("on purpose")

    with (
        serving({1: [shown(1)]}) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(ZeroDivisionError, match="on purpose") as raised,
    ):
        calls.wait_until_evaluated([busy(1)], **{name: fail})
    (note,) = raised.value.__notes__
    assert "1 call logs were seen evaluated" in note


def hooks(twin: Twin) -> Any:
    def fail(_request: object) -> None:
        raise ZeroDivisionError("in a hook")

    async def fail_later(request: object) -> None:
        fail(request)

    return {"event_hooks": {"request": [fail if twin.name == "sync" else fail_later]}}


def test_an_exception_of_a_hook_passes_through(twin: Twin) -> None:
    with (
        WireServer(shown(1)) as server,
        twin.open(base_url=server.url, http=hooks(twin)) as calls,
        pytest.raises(ZeroDivisionError, match="in a hook"),
    ):
        calls.wait_until_evaluated(map(busy, range(1, 9)))
