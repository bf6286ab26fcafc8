"""What `wait_until_evaluated` takes, and what it refuses before anything is sent."""

import json
from datetime import date, datetime
from typing import Any

import anyio
import pytest
from cekura_client import CallLog, EvaluationBaseline, InvalidRequestError

from tests.support.twins import Twin
from tests.support.wire import WireServer, reply

BUSY = CallLog.from_dict({"id": 1, "call_id": "a", "status": "evaluating"})
DONE = {"id": 1, "call_id": "a", "evaluation": {"metrics": [{"id": 1, "name": "a"}]}}
FOUND = reply(200, json.dumps(DONE).encode())


@pytest.mark.parametrize(
    ("calls", "options", "named"),
    [
        (["1"], {}, "holds a str"),
        ([1.0], {}, "holds a float"),
        ([True], {}, "holds True"),
        ([0], {}, "holds 0"),
        ([BUSY, -1], {}, "holds -1"),
        (1, {}, "calls is a int"),
        ([None], {}, "holds a NoneType"),
        (BUSY, {}, "calls is a CallLog"),
        ("12", {}, "calls is a str"),
        (None, {}, "calls is a NoneType"),
        ([EvaluationBaseline(id=0)], {}, "holds 0"),
        ([EvaluationBaseline(id=1, agent_id=0)], {}, "holds 0"),
        ([BUSY], {"metrics": []}, "metrics is empty"),
        ([BUSY], {"metrics": [" "]}, "metrics holds ' '"),
        ([BUSY], {"metrics": "a"}, "metrics is 'a'"),
        ([BUSY], {"metrics": 1}, "metrics is 1"),
        ([BUSY], {"timeout": 0}, "timeout"),
        ([BUSY], {"timeout": -1}, "timeout"),
        ([BUSY], {"timeout": None}, "timeout"),
        ([BUSY], {"timeout": True}, "timeout"),
        ([BUSY], {"timeout": float("nan")}, "timeout"),
        ([BUSY], {"timeout": float("inf")}, "timeout"),
        ([BUSY], {"missing_after": -1}, "missing_after"),
        ([BUSY], {"missing_after": True}, "missing_after"),
        ([BUSY], {"missing_after": "30"}, "missing_after"),
        ([BUSY], {"missing_after": float("nan")}, "missing_after"),
        ([BUSY], {"missing_after": float("inf")}, "missing_after"),
        ([BUSY], {"whole": None}, "whole is True or False"),
        ([BUSY], {"whole": 1}, "whole is True or False"),
        ([BUSY], {"whole": False}, "needs agent_id or project_id"),
        ([1, 2], {"whole": False}, "needs agent_id or project_id"),
        ([1], {"agent_id": 0}, "agent_id holds 0"),
        ([1], {"project_id": "1"}, "project_id holds '1'"),
        ([1], {"since": date(2026, 1, 1)}, "since says which calls"),
        ([1], {"agent_id": 1, "since": "2026-01-01"}, "since is '2026-01-01'"),
        ([1], {"agent_id": 1, "since": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001
        ([1], {"agent_id": 1, "since": date(9999, 1, 1)}, "is not before"),
        ([BUSY], {"max_concurrency": 0}, "max_concurrency"),
        ([BUSY], {"max_concurrency": 1.5}, "max_concurrency"),
        ([BUSY], {"max_concurrency": True}, "max_concurrency"),
        ([BUSY], {"on_evaluated": 1}, "on_evaluated is a function"),
        ([BUSY], {"on_progress": 1}, "on_progress is a function"),
    ],
)
def test_wrong_arguments_are_refused_and_nothing_is_sent(
    twin: Twin, calls: Any, options: dict[str, Any], named: str
) -> None:
    with (
        WireServer(FOUND) as server,
        twin.open(base_url=server.url) as client,
        pytest.raises(InvalidRequestError, match=named) as raised,
    ):
        client.wait_until_evaluated(calls, **options)
    assert "Nothing was sent" in str(raised.value)
    assert server.received == []


@pytest.mark.parametrize("name", ["on_evaluated", "on_progress"])
def test_a_coroutine_function_is_awaited_or_refused(twin: Twin, name: str) -> None:
    told: list[object] = []

    async def take(argument: object) -> None:
        await anyio.lowlevel.checkpoint()
        told.append(argument)

    with WireServer(FOUND) as server, twin.open(base_url=server.url) as calls:
        if twin.name == "sync":
            with pytest.raises(InvalidRequestError, match=f"{name} is a coroutine function"):
                calls.wait_until_evaluated([BUSY], **{name: take})
            assert (told, server.received) == ([], [])
        else:
            calls.wait_until_evaluated([BUSY], **{name: take})
            assert len(told) == (1 if name == "on_evaluated" else 2)
