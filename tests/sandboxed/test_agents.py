"""Agents and projects by name and id, so that nobody keeps a table of them."""

import json
from typing import Any

import pytest
from cekura_client import (
    InvalidRequestError,
    InvalidResponseError,
    RetryPolicy,
    ServerError,
)
from cekura_client.sandbox import Sandbox

from tests.support.twins import Twin
from tests.support.wire import WireServer, reply

ONCE = RetryPolicy(attempts=1)
PATH = "/test_framework/v2/aiagents/short_list/"


def page(*ids: int, count: int, following: str | None = None) -> bytes:
    rows = [{"id": number, "agent_name": f"agent {number}"} for number in ids]
    return json.dumps({"count": count, "next": following, "results": rows}).encode()


def test_agents_and_projects_have_names_and_ids(twin: Twin) -> None:
    with (
        Sandbox() as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        projects = {project.name: project.id for project in calls.projects()}
        everybody = [agent.id for agent in calls.agents()]
        dental = [agent.agent_name for agent in calls.agents(project_id=projects["Harbor Dental"])]
        (found,) = calls.agents(search="SUPPORT")
        assert [agent.id for agent in calls.agents(search="2144")] == [2144]
        assert [*calls.agents(project_id=1)] == []
    assert projects == {"Brightway Energy": 456, "Harbor Dental": 457}
    assert everybody == [224, 2142, 2144]
    assert dental == ["Harbor Dental front desk", "Harbor Dental after hours"]
    assert (found.id, found.project) == (224, 456)
    assert repr(found).startswith("Agent(id=224, agent_name='Brightway support line'")
    assert "+1555" not in repr(found)


def test_pages_are_asked_for_by_number_wherever_next_leads(twin: Twin) -> None:
    elsewhere = "https://elsewhere.example/?page=9"
    with (
        WireServer(
            reply(200, page(1, 2, count=4, following=elsewhere)),
            reply(200, page(2, 3, count=4, following=elsewhere)),
            reply(200, page(4, count=4)),
        ) as server,
        twin.open(base_url=server.url) as calls,
    ):
        agents = calls.agents(search="a & b")
        assert server.received == []
        assert [agent.id for agent in agents] == [1, 2, 3, 4]
        assert next(agents, None) is None
    assert [request.path for request in server.received] == [
        f"{PATH}?q=a+%26+b&page={number}&page_size=100" for number in (1, 2, 3)
    ]


def test_a_list_that_failed_goes_on_where_it_was(twin: Twin) -> None:
    with (
        WireServer(
            reply(200, page(1, count=2, following="?page=2")),
            reply(503),
            reply(200, page(2, count=2)),
        ) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
    ):
        agents = calls.agents()
        assert next(agents).id == 1
        with pytest.raises(ServerError):
            next(agents)
        assert [agent.id for agent in agents] == [2]


@pytest.mark.parametrize(
    "endless",
    [page(1, count=5, following="?page=2"), page(count=5, following="?page=2")],
    ids=["the same again", "empty"],
)
def test_pages_without_an_end_are_refused(twin: Twin, endless: bytes) -> None:
    first = page(1, 2, count=2, following="?page=2")
    for replies in ([endless, endless], [first, page(3, count=2, following="?page=3")]):
        with (
            WireServer(*[reply(200, body) for body in replies]) as server,
            twin.open(base_url=server.url, retries=ONCE) as calls,
        ):
            with pytest.raises(InvalidResponseError, match="no new agents or all") as caught:
                list(calls.agents())
            assert caught.value.body
            assert len(server.received) <= 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"project_id": 0},
        {"project_id": "456"},
        {"project_id": True},
        {"search": ""},
        {"search": " \t"},
        {"search": 224},
        {"search": b"support"},
    ],
)
def test_wrong_arguments_are_refused_before_sending(twin: Twin, wrong: dict[str, Any]) -> None:
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError):
            calls.agents(**wrong)
        assert server.received == []


@pytest.mark.parametrize("body", [[], {"results": []}, {"count": 1, "results": [{"id": "1"}]}])
def test_a_page_outside_the_contract_is_kept(twin: Twin, body: Any) -> None:
    with (
        WireServer(reply(200, json.dumps(body).encode())) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
        pytest.raises(InvalidResponseError) as caught,
    ):
        list(calls.agents())
    assert caught.value.body
    assert not caught.value.may_have_run


@pytest.mark.parametrize("body", [{"results": []}, [{"name": "Polite"}], [{"id": "1"}], [5]])
def test_projects_outside_the_contract_are_kept(twin: Twin, body: Any) -> None:
    with (
        WireServer(reply(200, json.dumps(body).encode())) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
        pytest.raises(InvalidResponseError) as caught,
    ):
        calls.projects()
    assert caught.value.body
