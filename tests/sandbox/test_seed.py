"""The data a sandbox begins with."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from cekura_client.sandbox import Sandbox, SeededCall
from cekura_client.sandbox.content.seed import Seed

from tests.sandbox.conftest import Serve


def test_there_is_some_of_everything() -> None:
    sandbox = Sandbox()
    assert len(sandbox.projects) == 2
    assert len(sandbox.agents) == 3
    assert {metric.kind for metric in sandbox.metrics} == {"binary", "numeric", "enum"}
    assert len(sandbox.metrics) == 8
    assert len(sandbox.call_logs) == 12
    assert {call.agent_id for call in sandbox.call_logs} == {224, 2142}
    assert sum(call.is_reviewed for call in sandbox.call_logs) == 3
    assert any(agent.assistant_id.startswith("asst_") for agent in sandbox.agents)


def test_everything_that_is_referred_to_exists() -> None:
    sandbox = Sandbox()
    projects = {project.id for project in sandbox.projects}
    agents = {agent.id: agent for agent in sandbox.agents}
    assert {agent.project_id for agent in sandbox.agents} == projects
    for metric in sandbox.metrics:
        for agent_id in metric.agent_ids:
            assert agents[agent_id].project_id == metric.project_id


@pytest.mark.parametrize("calls", [1, 5, 6, 1000, 100_000])
def test_any_number_of_calls_each_with_its_own_id(calls: int) -> None:
    ids = [call.id for call in Sandbox(calls=calls).call_logs]
    assert len(ids) == len(set(ids)) == calls


@pytest.mark.parametrize("calls", [1, 12, 1000, 100_000])
def test_the_calls_lie_in_order_in_the_90_days_before_today(calls: int) -> None:
    today = datetime(2026, 11, 24, tzinfo=UTC)
    moments = [call.started_at for call in Sandbox(calls=calls, today=today.date()).call_logs]
    assert moments == sorted(moments)
    assert len({*moments}) == calls
    assert moments[0] == today - timedelta(days=90)
    assert today - timedelta(days=90 / calls, seconds=2) < moments[-1] < today or calls == 1


def test_without_a_day_it_is_the_real_one() -> None:
    before = datetime.now(UTC).date()
    (first, *_) = Sandbox().call_logs
    after = datetime.now(UTC).date()
    assert before <= first.started_at.date() + timedelta(days=90) <= after


def test_the_last_of_many_calls_is_served(serve: Serve) -> None:
    caller = serve(Sandbox(calls=100_000))
    last = caller.sandbox.call_logs[-1]
    assert caller.call(last.id)["call_id"] == last.call_id


def test_two_sandboxes_begin_alike(serve: Serve) -> None:
    first, second = (serve(Sandbox(today=date(2026, 11, 24))) for _ in range(2))
    for call in first.sandbox.call_logs:
        assert first.call(call.id) == second.call(call.id)


def test_the_calls_look_like_calls(serve: Serve) -> None:
    caller = serve(Sandbox())
    details = [caller.call(call.id) for call in caller.sandbox.call_logs]
    turns = [turn for call in details for turn in call["transcript_object"]]
    (asked,) = (turn for turn in details[3]["transcript_object"] if turn["role"] == "Function Call")
    assert asked["data"]["name"] == "find_outage"
    results = [turn for turn in turns if turn["role"] == "Function Call Result"]
    assert results
    for turn in results:
        assert "content" not in turn
        assert re.fullmatch(r"\d:\d\d", turn["time"])
    assert {type(call["agent_id"]) for call in details} == {int, str}
    instants = [call["timestamp"] for call in details]
    assert {"." in instant for instant in instants} == {True, False}
    for call in details:
        assert re.fullmatch(r"\d\d:\d\d", call["duration"])
        assert call["transcript"].count("\n") + 1 == len(call["transcript_object"])
        assert len(call["trace_id"]) == 32
        for field in ["timestamp", "created_at", "updated_at"]:
            assert call[field].endswith("Z")
            assert datetime.fromisoformat(call[field]).tzinfo is not None
    categories = [category for call in details for category in call["critical_categories"]]
    assert {type(category["deviation"]) for category in categories} == {float, str}


def test_the_calls_are_made_once_for_all_threads() -> None:
    """Or else a call that is sent to one of two sets would be lost with it."""
    made: list[int] = []

    def make() -> list[SeededCall]:
        made.append(1)
        time.sleep(0.02)  # so that others come meanwhile
        return []

    seed = Seed(date(2026, 11, 24), [], [], [], make)

    def look(_turn: int) -> int:
        return id(seed.calls)

    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(look, range(4))]
    assert (len(made), len({*found})) == (1, 1)
