"""`wait_until_evaluated` of all three twins, where lists tell of many calls at once."""

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cekura_client import (
    AuthenticationError,
    EvaluationBaseline,
    RetryPolicy,
    WaitError,
    WaitTimeoutError,
)

from tests.support.twins import Twin
from tests.support.wire import Script, WireServer, reply, then_silence

LONG_ENOUGH = 5.0  # seconds that no prompt end takes, on however busy a machine
ONCE = RetryPolicy(attempts=1, deadline=0)
AGENT = 224
IDS = list(range(1, 7))
BASELINES = [EvaluationBaseline(id=number, status="evaluating", agent_id=AGENT) for number in IDS]


@pytest.fixture(autouse=True)
def polls_begin_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """How the polls are spread is tested with a clock that is moved by hand."""
    monkeypatch.setattr("cekura_client.call_logs.waiting.evaluation_wait._FIRST_INTERVAL", 0.02)
    monkeypatch.setattr("cekura_client.call_logs.waiting.poll_schedule._JITTER", 0.0)


def shown(number: int, status: str = "success") -> dict[str, Any]:
    results = [] if status == "evaluating" else [{"id": 1, "name": "a"}]
    return {"id": number, "call_id": "a", "status": status, "evaluation": {"metrics": results}}


def body(content: object) -> Script:
    return reply(200, json.dumps(content).encode())


def page(rows: list[dict[str, Any]], following: str | None = None, count: int = -1) -> Script:
    length = len(rows) if count < 0 else count
    return body({"count": length, "next": following, "previous": None, "results": rows})


class Api:
    """Shows every call evaluated, unless told otherwise; keeps what it was asked.

    For waits that have one poll of a time under way.

    Args:
        listed: Answers a list, by its query and how many lists came before it.
        retrieved: Answers a poll of one call, by its id and how often it was polled before.
            Either may return None: nothing special.
    """

    def __init__(
        self,
        listed: Callable[[dict[str, list[str]], int], Script | None] | None = None,
        retrieved: Callable[[int, int], Script | None] | None = None,
    ) -> None:
        self.lists: list[dict[str, list[str]]] = []
        self.polls: list[int] = []
        self.url = ""
        self._listed = listed
        self._retrieved = retrieved

    def _answer(self, server: WireServer, connection: Any) -> None:
        address = urlsplit(server.received[-1].path)
        last = address.path.split("/")[-2]
        script = self._poll(int(last)) if last.isdigit() else self._list(address.query)
        script(connection)

    def _poll(self, number: int) -> Script:
        before = self.polls.count(number)
        self.polls.append(number)
        script = self._retrieved(number, before) if self._retrieved else None
        return script or body(shown(number))

    def _list(self, text: str) -> Script:
        query, before = parse_qs(text), len(self.lists)
        self.lists.append(query)
        script = self._listed(query, before) if self._listed else None
        return script or page([shown(number, "success") for number in ids_of(query)])

    @contextmanager
    def serving(self) -> Generator["Api"]:
        def answer(connection: Any) -> None:
            self._answer(server, connection)

        with WireServer(answer) as server:
            self.url = server.url
            yield self


def ids_of(query: dict[str, list[str]]) -> list[int]:
    return [int(number) for number in query["call_ids"][0].split(",")]


def pending_at_first(query: dict[str, list[str]], before: int) -> Script | None:
    return None if before else page([shown(number, "evaluating") for number in ids_of(query)])


def test_one_list_polls_all_calls_and_each_is_retrieved_once(twin: Twin) -> None:
    with Api(pending_at_first).serving() as api, twin.open(base_url=api.url) as calls:
        done = calls.wait_until_evaluated(BASELINES, [1], max_concurrency=1)
    assert [call.id for call in done] == IDS
    assert [ids_of(query) for query in api.lists] == [IDS, IDS]
    assert api.lists[0]["agent_id"] == [str(AGENT)]
    assert sorted(api.polls) == IDS


def test_a_list_that_runs_ahead_makes_no_call_count_too_early(twin: Twin) -> None:
    def lagging(number: int, before: int) -> Script | None:
        return body(shown(number, "evaluating")) if before < 2 else None

    with Api(None, lagging).serving() as api, twin.open(base_url=api.url) as calls:
        done = calls.wait_until_evaluated(BASELINES, [1], max_concurrency=1)
    assert [str(call.status) for call in done] == ["success"] * len(IDS)
    assert sorted(api.polls) == sorted(IDS * 3)
    assert len(api.lists) == 1


def test_a_list_of_several_pages_is_read_to_its_end(twin: Twin) -> None:
    def halves(query: dict[str, list[str]], _before: int) -> Script:
        number = int(query.get("page", ["1"])[0])
        rows = [shown(one) for one in ids_of(query)[3 * number - 3 : 3 * number]]
        text = "&".join(f"{name}={value[0]}" for name, value in query.items() if name != "page")
        following = f"/observability/v2/call-logs/?{text}&page=2" if number == 1 else None
        return page(rows, following, len(IDS))

    with Api(halves).serving() as api, twin.open(base_url=api.url) as calls:
        assert len(calls.wait_until_evaluated(BASELINES, [1], max_concurrency=1)) == len(IDS)
    assert len(api.lists) == 2
    assert sorted(api.polls) == IDS


REFUSED = [
    pytest.param(reply(400, b'{"detail": "No."}'), id="400"),
    pytest.param(reply(403, b'{"detail": "No."}'), id="403"),
    pytest.param(reply(404, b'{"detail": "No."}'), id="404"),
    pytest.param(reply(307, b"", {"Location": "/elsewhere"}), id="moved"),
    pytest.param(page([]), id="none of them"),
    pytest.param(page([shown(number) for number in range(1, 9)]), id="others too"),
    pytest.param(page([shown(1)], None, 6), id="fewer than it says"),
    pytest.param(body([shown(number) for number in IDS]), id="another shape"),
    pytest.param(body({"count": 6, "results": [{"id": 1}] * 6}), id="rows without call_id"),
    pytest.param(reply(200, b"<html>"), id="no JSON"),
    pytest.param(page([], "https://elsewhere.example/?page=2", 6), id="leads elsewhere"),
]


@pytest.mark.parametrize("script", REFUSED)
def test_calls_of_a_list_that_cannot_be_used_are_polled_one_by_one(
    twin: Twin, script: Script
) -> None:
    def pending_once(number: int, before: int) -> Script | None:
        return None if before else body(shown(number, "evaluating"))

    with (
        Api(lambda _query, _before: script, pending_once).serving() as api,
        twin.open(base_url=api.url, retries=ONCE) as calls,
    ):
        assert [
            call.id for call in calls.wait_until_evaluated(BASELINES, [1], max_concurrency=1)
        ] == IDS
    assert len(api.lists) == 1
    assert sorted(api.polls) == sorted(IDS * 2)


@pytest.mark.parametrize("failure", [reply(500, b""), reply(429, b"")], ids=["500", "429"])
def test_a_list_that_fails_in_passing_is_asked_for_again(twin: Twin, failure: Script) -> None:
    def failing_once(query: dict[str, list[str]], before: int) -> Script | None:
        return pending_at_first(query, before - 1) if before else failure

    with (
        Api(failing_once).serving() as api,
        twin.open(base_url=api.url, retries=ONCE) as calls,
    ):
        assert len(calls.wait_until_evaluated(BASELINES, [1], max_concurrency=1)) == len(IDS)
    assert len(api.lists) == 3
    assert sorted(api.polls) == IDS


def test_a_list_that_always_fails_hides_no_call(twin: Twin) -> None:
    with (
        Api(lambda _query, _before: reply(500, b"")).serving() as api,
        twin.open(base_url=api.url, retries=ONCE) as calls,
    ):
        assert len(calls.wait_until_evaluated(BASELINES, [1], max_concurrency=1)) == len(IDS)
    assert len(api.lists) == 2
    assert sorted(api.polls) == IDS


def test_a_refused_key_ends_it_at_once(twin: Twin) -> None:
    with (
        Api(lambda _query, _before: reply(401, b"{}")).serving() as api,
        twin.open(base_url=api.url) as calls,
        pytest.raises(WaitError) as raised,
    ):
        calls.wait_until_evaluated(BASELINES, [1], max_concurrency=1)
    assert isinstance(raised.value.__cause__, AuthenticationError)
    assert raised.value.pending == IDS
    assert (len(api.lists), api.polls) == (1, [])


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(then_silence(), id="a list that hangs"),
        pytest.param(reply(429, b"", {"Retry-After": "20"}), id="the rate limit"),
    ],
)
def test_the_time_counts_lists_too(twin: Twin, script: Script) -> None:
    with (
        Api(lambda _query, _before: script).serving() as api,
        twin.open(base_url=api.url) as calls,
    ):
        started = time.monotonic()
        with pytest.raises(WaitTimeoutError) as raised:
            calls.wait_until_evaluated(BASELINES, [1], timeout=0.3, max_concurrency=1)
        assert 0.3 <= time.monotonic() - started < LONG_ENOUGH
    assert raised.value.pending == IDS
    assert (len(api.lists), api.polls) == (1, [])


def test_closing_the_client_ends_a_list(twin: Twin) -> None:
    limited = reply(429, b"", {"Retry-After": "20"})
    with (
        Api(lambda _query, _before: limited).serving() as api,
        twin.open(base_url=api.url) as calls,
    ):
        closer = threading.Timer(0.5, calls.close)
        closer.start()
        started = time.monotonic()
        with pytest.raises(WaitError, match="closed") as raised:
            calls.wait_until_evaluated(BASELINES, timeout=60, max_concurrency=1)
        assert time.monotonic() - started < LONG_ENOUGH
        closer.join()
    assert raised.value.pending == IDS
