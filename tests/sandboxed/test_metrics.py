"""Metrics by name, id and price, so that nobody keeps a table of them."""

import json
from typing import Any

import pytest
from cekura_client import InvalidRequestError, InvalidResponseError, RetryPolicy
from cekura_client.sandbox import Sandbox

from tests.support.twins import Twin
from tests.support.wire import WireServer, reply

PRICED = [
    {"id": 1, "name": "Polite", "metric_cost": 0.2, "observability_enabled": True, "new": [1]},
    {"id": 2, "name": None, "metric_cost": None},
    {"id": 3},
]


@pytest.mark.parametrize(
    ("scope", "ids"),
    [
        ({}, [789, 790, 791, 792, 801, 802, 803, 804]),
        ({"agent_id": 224}, [789, 790, 791, 792]),
        ({"agent_id": 2142}, [801, 802, 803]),
        ({"project_id": 457}, [801, 802, 803, 804]),
        ({"project_id": 1}, []),
    ],
)
def test_each_scope_has_its_metrics(twin: Twin, scope: dict[str, int], ids: list[int]) -> None:
    with (
        Sandbox() as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        metrics = calls.metrics(**scope)
    assert [metric.id for metric in metrics] == ids
    assert all(metric.metric_cost == 0.2 and metric.observability_enabled for metric in metrics)
    assert sandbox.metric_runs == 0


def test_names_are_looked_up_among_the_metrics_of_the_assistant(twin: Twin) -> None:
    agents = [{"id": agent, "agent_name": f"No. {agent}"} for agent in (1, 2)]
    metrics = [{"id": 10 + agent, "name": "Polite?!", "agents": [agent]} for agent in (1, 2)]
    with (
        Sandbox(agents=agents, metrics=metrics, evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        assert [metric.slug for metric in calls.metrics()] == ["polite_11", "polite_12"]
        turns = [{"role": "Main Agent", "content": "Hi", "start_time": 0, "end_time": 1}]
        sent = calls.observe(
            assistant_id="asst_2", call_id="c-1", transcript=turns, metrics=["Polite?!"]
        )
        (call,) = calls.wait_until_evaluated([sent], [12])
    assert call.agent == 2
    assert sandbox.metric_runs == 1


def test_what_the_api_leaves_out_is_none_and_what_it_adds_is_kept(twin: Twin) -> None:
    with (
        WireServer(reply(200, json.dumps(PRICED).encode())) as server,
        twin.open(base_url=server.url) as calls,
    ):
        first, second, third = calls.metrics(agent_id=5)
    assert (first.name, first.metric_cost, first["new"]) == ("Polite", 0.2, [1])
    assert (second.name, second.metric_cost, third.metric_cost) == (None, None, None)
    assert [request.path for request in server.received] == [
        "/test_framework/v2/metrics/?agent_id=5"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent_id": 1, "project_id": 2},
        {"agent_id": 0},
        {"agent_id": "224"},
        {"project_id": True},
        {"project_id": 1.5},
    ],
)
def test_wrong_scopes_are_refused_before_sending(twin: Twin, wrong: dict[str, Any]) -> None:
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError):
            calls.metrics(**wrong)
        assert server.received == []


@pytest.mark.parametrize("body", [{"results": []}, [{"name": "Polite"}], [{"id": "1"}], [5]])
def test_a_reply_outside_the_contract_is_kept(twin: Twin, body: Any) -> None:
    once = RetryPolicy(attempts=1)
    with (
        WireServer(reply(200, json.dumps(body).encode())) as server,
        twin.open(base_url=server.url, retries=once) as calls,
        pytest.raises(InvalidResponseError) as caught,
    ):
        calls.metrics()
    assert caught.value.body
    assert not caught.value.may_have_run
