"""`wait_until_evaluated` with rows of lists alone, against a server that counts requests."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cekura_client import (
    CallLog,
    CallLogSummary,
    NotFoundError,
    WaitError,
    WaitProgress,
    WaitTimeoutError,
    missing_metrics,
)

from tests.support.twins import Twin
from tests.support.wire import Answer, Received, Script, WireServer, reply

AGENT = 224
NOW = datetime.now(UTC)
QUARTER = timedelta(days=90)


@pytest.fixture(autouse=True)
def polls_begin_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cekura_client.call_logs.waiting.evaluation_wait._FIRST_INTERVAL", 0.02)


def result(metric: int, **fields: Any) -> dict[str, Any]:
    return {"id": metric, "name": "a", "eval_type": "binary", "score": 5} | fields


def rows(count: int, *results: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Calls of a quarter that are at rest, the newest with the greatest id."""
    made: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        moment = NOW - QUARTER * ((count - number + 0.5) / count)
        shown = {"id": number, "call_id": f"c{number}", "agent": AGENT, "status": "success"}
        shown |= {"timestamp": moment.isoformat(), "metrics": [*results]}
        made.append(shown | fields)
    return made


class Api:
    """Lists calls as the API does, in ranges of 33 days at most, and counts."""

    def __init__(self, calls: list[dict[str, Any]]) -> None:
        self.calls = {call["id"]: call for call in calls}
        self.lists = self.retrieved = 0
        self._lock = threading.Lock()

    def answer(self, request: Received) -> Script:
        address = urlsplit(request.path)
        last = address.path.split("/")[-2]
        with self._lock:
            if last.isdigit():
                self.retrieved += 1
            else:
                self.lists += 1
        if last.isdigit():
            call = self.calls[int(last)]
            return reply(
                200, json.dumps(call | {"evaluation": {"metrics": call["metrics"]}}).encode()
            )
        query = {name: value for name, (value,) in parse_qs(address.query).items()}
        begin = datetime.fromisoformat(query.get("timestamp_from", str(NOW - timedelta(days=30))))
        end = datetime.fromisoformat(query.get("timestamp_to", str(NOW + timedelta(days=1))))
        ids = [int(one) for one in query["call_ids"].split(",")]
        if end - begin > timedelta(days=33) or len(ids) > 200 or query["agent_id"] != str(AGENT):
            return reply(400, b"{}")
        found = [self.calls[one] for one in ids if one in self.calls]
        found = [one for one in found if begin <= datetime.fromisoformat(one["timestamp"]) <= end]
        page = {"count": len(found), "next": None, "previous": None, "results": found}
        return reply(200, json.dumps(page).encode())

    @contextmanager
    def serving(self) -> Generator[str]:
        with WireServer(Answer(self.answer)) as server:
            yield server.url


def test_two_thousand_calls_take_thirty_requests_at_most(twin: Twin) -> None:
    api = Api(rows(2000, result(1), result(2)))
    replies = [
        CallLogSummary.from_dict(call | {"status": "evaluating"}) for call in api.calls.values()
    ]
    told: list[WaitProgress] = []
    with api.serving() as url, twin.open(base_url=url) as calls:
        done = calls.wait_until_evaluated(
            replies,
            [1, 2],
            whole=False,
            on_progress=told.append,
        )
        of_replies = api.lists
        again = calls.wait_until_evaluated(
            [*api.calls], [1, 2], whole=False, agent_id=AGENT, since=NOW - QUARTER
        )
    assert [call.id for call in done] == [call.id for call in again] == [*api.calls]
    assert all(isinstance(call, CallLogSummary) for call in done)
    assert [progress.evaluated for progress in told] == [*range(2001)]
    assert of_replies <= 14
    assert api.lists - of_replies <= 30
    assert api.retrieved == 0


def test_a_metric_that_never_comes_is_waited_for_so_long_and_no_longer(twin: Twin) -> None:
    skipped = result(2, score=None, explanation=["Sampling skipped for this call."])
    api = Api(rows(6, result(1), skipped, evaluation=None))
    with api.serving() as url, twin.open(base_url=url) as calls:
        for whole in (True, False):
            started = time.monotonic()
            done = calls.wait_until_evaluated(
                [3, 5], [1, 2, 9], whole=whole, agent_id=AGENT, since=NOW - QUARTER,
                missing_after=0.3, timeout=60,
            )  # fmt: skip
            assert 0.3 <= time.monotonic() - started < 5
            assert [call.id for call in done] == [3, 5]
            assert isinstance(done[0], CallLog) is whole
            assert missing_metrics(done[0], [1, 2, 9]) == {2: "sampled out", 9: None}


def test_with_all_results_nothing_is_waited_for(twin: Twin) -> None:
    api = Api(rows(3, result(1), result(2, score=None)))
    with api.serving() as url, twin.open(base_url=url) as calls:
        done = calls.wait_until_evaluated([1, 2, 3], [1, 2], missing_after=3600)
    assert [call.id for call in done] == [1, 2, 3]
    assert (api.lists, api.retrieved) == (0, 3)


def test_ids_and_replies_may_be_mixed_and_what_is_nowhere_is_told(twin: Twin) -> None:
    api = Api(rows(4, result(1)))
    given = [CallLogSummary.from_dict(api.calls[4] | {"metrics": []}), 77, 3]
    with (
        api.serving() as url,
        twin.open(base_url=url) as calls,
        pytest.raises(WaitError, match=r"Call log 77 is in no list of agent 224, from") as raised,
    ):
        calls.wait_until_evaluated(
            given, [1], whole=False, agent_id=AGENT, since=NOW - QUARTER, timeout=60
        )
    assert not isinstance(raised.value, WaitTimeoutError)
    assert [call.id for call in raised.value.done] == [4, 3]
    assert [*raised.value.failed] == [77]


def test_what_is_not_done_in_time_is_handed_over_as_it_was_read(twin: Twin) -> None:
    api = Api(rows(2, result(1), status="evaluating", metrics=[]))
    found: list[CallLogSummary] = []
    with api.serving() as url, twin.open(base_url=url) as calls:
        options: dict[str, Any] = {"whole": False, "agent_id": AGENT, "since": NOW - QUARTER}
        with pytest.raises(WaitTimeoutError) as raised:
            calls.wait_until_evaluated([1, 2], [1], timeout=0.2, **options)
        api.calls[2] |= {"status": "failure", "metrics": [result(1)]}
        calls.wait_until_evaluated([2], [1], on_evaluated=found.append, **options)
    error = raised.value
    assert {number: str(row.status) for number, row in error.last.items()} == {
        1: "evaluating", 2: "evaluating",
    }  # fmt: skip
    assert error.missing == {1: {1}, 2: {1}}
    assert [type(row) for row in found] == [CallLogSummary]


def test_a_list_that_is_not_there_refuses_its_calls(twin: Twin) -> None:
    with (
        WireServer(reply(404, b"{}")) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(WaitError) as raised,
    ):
        calls.wait_until_evaluated([1, 2], whole=False, project_id=5)
    assert len(server.received) == 1
    assert [type(error) for error in raised.value.failed.values()] == [NotFoundError] * 2
