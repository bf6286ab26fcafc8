"""Waits for metrics by name, and what ran without having been asked for."""

import json
import logging
from typing import Any

import pytest
from cekura_client import (
    CallLog,
    CallLogSummary,
    EvaluationBaseline,
    InvalidRequestError,
    PermissionDeniedError,
    WaitTimeoutError,
)

from tests.support.twins import Calls, Twin
from tests.support.wire import Answer, Received, Script, WireServer, reply

METRICS = [
    {"id": 1, "name": "Polite"},
    {"id": 2, "name": "Empathy"},
    {"id": 3, "name": "Twice"},
    {"id": 4, "name": "Twice"},
]


@pytest.fixture(autouse=True)
def polls_begin_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cekura_client.call_logs.waiting.evaluation_wait._FIRST_INTERVAL", 0.02)
    monkeypatch.setattr("cekura_client.call_logs.waiting.poll_schedule._JITTER", 0.0)


def having(*metrics: int, lists: Script | None = None) -> Answer:
    """List the metrics, and show any call at rest with results of these."""

    def answer(request: Received) -> Script:
        if "/metrics/" in request.path:
            return lists or reply(200, json.dumps(METRICS).encode())
        number = int(request.path.split("/")[-2])
        results = [{"id": metric, "name": f"m{metric}", "score": 5} for metric in metrics]
        call = {
            "id": number,
            "call_id": "a",
            "status": "success",
            "updated_at": "2026-11-28T09:00:00Z",
        }
        return reply(200, json.dumps(call | {"evaluation": {"metrics": results}}).encode())

    return Answer(answer)


def row(number: int, *metrics: int, status: str = "evaluating", **fields: Any) -> CallLogSummary:
    shown = [{"id": metric} for metric in metrics]
    call = {"id": number, "call_id": "a", "status": status, "metrics": shown}
    return CallLogSummary.from_dict(call | {"updated_at": "2026-11-28T08:00:00Z"} | fields)


def listed(server: WireServer) -> list[str]:
    return [
        request.path.partition("?")[2] for request in server.received if "/metrics/" in request.path
    ]


def wait(calls: Calls, *waited: Any, **options: Any) -> list[CallLog]:
    return calls.wait_until_evaluated([*waited], **{"timeout": 5} | options)


@pytest.mark.parametrize(
    ("waited", "options", "scope"),
    [
        ((row(7, agent=224), row(8, agent=224)), {}, "agent_id=224"),
        ((row(7, agent=224), row(8, agent=225)), {}, ""),
        ((7,), {}, ""),
        ((7,), {"agent_id": 9, "project_id": 5}, "agent_id=9"),
        ((row(7, agent=224),), {"project_id": 5}, "project_id=5"),
    ],
)
def test_names_are_looked_up_once_in_the_scope_of_the_calls(
    twin: Twin, waited: tuple[Any, ...], options: dict[str, Any], scope: str
) -> None:
    with WireServer(having(1, 2)) as server, twin.open(base_url=server.url) as calls:
        found = wait(calls, *waited, metrics=["Polite", 2], **options)
    assert len(found) == len(waited)
    assert listed(server) == [scope]
    assert "/metrics/" in server.received[0].path


def test_a_name_that_is_none_ends_it_before_the_first_poll(twin: Twin) -> None:
    with WireServer(having(1)) as server, twin.open(base_url=server.url) as calls:
        for wrong, message in (("polite", "Close to it: 'Polite'"), ("Twice", "3 and 4")):
            with pytest.raises(InvalidRequestError, match=message):
                wait(calls, 7, metrics=[wrong])
        with pytest.raises(InvalidRequestError, match="timeout"):
            wait(calls, 7, metrics=["Polite"], timeout=0)
    assert len(listed(server)) == len(server.received) == 2


def test_a_list_that_is_kept_waiting_takes_no_longer_than_the_wait(twin: Twin) -> None:
    later = having(1, lists=reply(429, b"{}", {"Retry-After": "0.4"}))
    with WireServer(later) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(WaitTimeoutError) as raised:
            wait(calls, 7, metrics=["Polite"], timeout=0.1)
        assert raised.value.pending == [7]
        assert calls.retrieve(7).id == 7  # once the pause is over
    assert len(listed(server)) == 1


def test_a_list_that_is_refused_ends_it(twin: Twin) -> None:
    refused = having(1, lists=reply(403, b"{}"))
    with (
        WireServer(refused) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(PermissionDeniedError),
    ):
        wait(calls, 7, metrics=["Polite"])
    assert len(server.received) == 1


def test_what_is_missing_is_told_by_id(twin: Twin) -> None:
    with (
        WireServer(having(1)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(WaitTimeoutError) as raised,
    ):
        wait(calls, 7, metrics=["Polite", "Empathy"], timeout=0.3, missing_after=None)
    assert raised.value.missing == {7: {2}}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_what_was_not_asked_for_is_told_once(twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    before = [row(number, 1, status="success") for number in (7, 8)]
    with WireServer(having(1, 2, 5, 6)) as server, twin.open(base_url=server.url) as calls:
        wait(calls, *before, metrics=[2])
    (warning,) = warnings(caplog)
    assert warning == (
        "2 of 2 call logs have results of metrics that were not asked for: 5, 6. They ran, too, "
        "and may be charged: by a known issue, the API may run every metric of the agent."
    )


def test_what_may_have_been_there_before_is_told_as_such(
    twin: Twin, caplog: pytest.LogCaptureFixture
) -> None:
    with WireServer(having(1, 2)) as server, twin.open(base_url=server.url) as calls:
        wait(calls, row(7), metrics=["Empathy"])
    (warning,) = warnings(caplog)
    assert ": 1. Unless these are from before, they ran, too, and may be charged: by" in warning


@pytest.mark.parametrize(
    ("waited", "options"),
    [
        (row(7, 1, status="success"), {"metrics": [2]}),
        (row(7), {"metrics": [1, 2]}),
        (row(7), {}),
        # A re-run was asked for all; of the others nobody knows.
        (CallLog.from_dict({"id": 7, "call_id": "a", "status": "evaluating"}), {"metrics": [2]}),
        (EvaluationBaseline(id=7, status="evaluating"), {"metrics": [2]}),
        (7, {"metrics": [2]}),
    ],
)
def test_nothing_is_told_of_what_was_asked_for_or_there_before(
    twin: Twin, caplog: pytest.LogCaptureFixture, waited: Any, options: dict[str, Any]
) -> None:
    with WireServer(having(1, 2)) as server, twin.open(base_url=server.url) as calls:
        wait(calls, waited, **options)
    assert warnings(caplog) == []
