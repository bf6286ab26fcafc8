"""Lists of calls, and the balance, over plain HTTP."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from cekura_client.sandbox import Sandbox, SeededCall
from cekura_client.sandbox.content.seed import Seed
from cekura_client.sandbox.replies.call_list import CallList
from cekura_client.sandbox.requests.bodies import RerunRequest
from cekura_client.sandbox.requests.lists import read_list
from cekura_client.sandbox.state import CallView, State

from tests.sandbox.caller import BILLING, LIST, Caller, Row, errors
from tests.sandbox.conftest import Serve

TODAY = date(2026, 11, 24)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
LATER = "2026-10-25T00:00:00Z"


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """90 calls, one each day at midnight, the odd ones half a second later and of agent 224."""
    with Sandbox(calls=90, today=TODAY, evaluation_seconds=0) as sandbox, Caller(sandbox) as caller:
        yield caller


def day(days_ago: float) -> str:
    return (MIDNIGHT - timedelta(days=days_ago)).isoformat()


def days_ago(page: Row) -> list[int]:
    """How many days ago each call of a page was."""
    moments = [datetime.fromisoformat(row["timestamp"]) for row in page["results"]]
    return [-((moment - MIDNIGHT) // timedelta(days=1)) for moment in moments]


def filtered(caller: Caller, condition: object, **query: object) -> Row:
    query = {"project_id": 457, "page_size": 200} | query
    return caller.page(filters_v2=json.dumps(condition), **query)


def test_the_last_30_days_by_default_the_newest_first(caller: Caller) -> None:
    # It is the end of the 24th there.
    assert days_ago(caller.page(project_id=456, page_size=200)) == [*range(1, 30, 2)]
    assert days_ago(caller.page(agent_id=2142)) == [*range(2, 30, 2)]


def test_both_ends_belong_to_a_range(caller: Caller) -> None:
    page = caller.page(project_id=457, timestamp_from=day(10), timestamp_to=day(4))
    assert days_ago(page) == [4, 6, 8, 10]
    micro = timedelta(microseconds=1)
    inner = {
        "timestamp_from": (MIDNIGHT - timedelta(days=10) + micro).isoformat(),
        "timestamp_to": (MIDNIGHT - timedelta(days=4) - micro).isoformat(),
    }
    assert days_ago(caller.page(project_id=457, **inner)) == [6, 8]
    assert caller.page(project_id=457, timestamp_from=day(4), timestamp_to=day(10))["count"] == 0


def test_pages_lead_to_one_another(caller: Caller) -> None:
    url: str | None = f"{caller.sandbox.url}{LIST}?agent_id=224&page_size=4"
    seen: list[int] = []
    pages: list[Row] = []
    while url is not None:
        reply = caller.http.get(url)
        assert reply.status_code == 200
        pages.append(reply.json())
        seen += days_ago(pages[-1])
        url = pages[-1]["next"]
    assert seen == [*range(1, 30, 2)]
    assert {page["count"] for page in pages} == {15}
    assert [len(page["results"]) for page in pages] == [4, 4, 4, 3]
    back = caller.http.get(pages[2]["previous"]).json()
    assert back["results"] == pages[1]["results"]
    assert pages[0]["previous"] is None
    assert httpx.URL(pages[0]["next"]).host == "127.0.0.1"


def test_rows_are_those_of_evaluate_metrics(serve: Serve) -> None:
    caller = serve(Sandbox(evaluation_seconds=3600))
    reply = caller.evaluate({"agent_id": 224, "call_logs": [507], "metrics": [789]})
    assert caller.page(agent_id=224, call_ids=507)["results"] == reply.json()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, {"non_field_errors": ["Provide either agent_id or project_id."]}),
        (
            {"agent_id": 224, "timestamp_from": day(33.1), "timestamp_to": day(0)},
            {"non_field_errors": ["The range must not exceed 33 days."]},
        ),
        (
            {"agent_id": 224, "timestamp_from": "2026-01-01T00:00:00Z"},
            {"non_field_errors": ["The range must not exceed 33 days."]},
        ),
        (
            {"agent_id": 224, "timestamp_to": "0001-01-01T00:00:00Z"},
            {"non_field_errors": ["The range lies outside of all dates."]},
        ),
        ({"agent_id": 999}, {"agent_id": ['Invalid pk "999" - object does not exist.']}),
        ({"project_id": 1}, {"project_id": ['Invalid pk "1" - object does not exist.']}),
        ({"agent_id": "a"}, {"agent_id": ["A valid integer is required."]}),
        ({"agent_id": 224, "page": "last"}, {"page": ["A valid integer is required."]}),
        (
            {"agent_id": 224, "page_size": 201},
            {"page_size": ["Ensure this value is from 1 to 200."]},
        ),
        ({"agent_id": 224, "call_ids": "1,,2"}, {"call_ids": ["A valid integer is required."]}),
        ({"agent_id": 224, "assistant_id": ""}, {"assistant_id": ["This field may not be blank."]}),
        *(
            (
                {"agent_id": 224, "timestamp_to": text},
                {"timestamp_to": ["Enter a valid date/time."]},
            )
            for text in ("2026-11-24", "2026-11-24T00:00:00", "2026-13-01T00:00:00Z", "soon")
        ),
    ],
)
def test_what_is_refused(caller: Caller, query: dict[str, object], message: Row) -> None:
    assert errors(caller.list(**query)) == message


def test_33_days_are_not_too_many(caller: Caller) -> None:
    page = caller.page(project_id=457, timestamp_from=day(33), timestamp_to=day(0), page_size=50)
    assert days_ago(page) == [*range(2, 33, 2)]


@pytest.mark.parametrize("page", [0, -1, 3, 10**9])
def test_a_page_that_is_not_there(caller: Caller, page: int) -> None:
    reply = caller.list(agent_id=224, page=page, page_size=10)
    assert (reply.status_code, reply.json()) == (404, {"detail": "Invalid page."})


def test_the_first_page_of_nothing_is_empty(caller: Caller) -> None:
    empty: Row = {"count": 0, "next": None, "previous": None, "results": []}
    assert caller.page(agent_id=2144, page=1) == empty
    assert caller.page(agent_id=2144, project_id=456) == empty
    assert caller.page(project_id=457, assistant_id="asst_none") == empty


def test_ids_are_looked_for_within_the_range_and_the_scope(caller: Caller) -> None:
    calls = {call.id: call for call in caller.sandbox.call_logs}
    newest = [*reversed(calls)][:6]
    page = caller.page(project_id=456, call_ids=",".join(map(str, [7, *newest, *calls])))
    mine = [call_id for call_id in reversed(calls) if calls[call_id].agent_id == 224]
    assert [row["id"] for row in page["results"]] == mine[:15]


FILTERS: list[tuple[Row, Callable[[Row], bool]]] = [
    ({"field": "success", "op": "eq", "value": False}, lambda row: row["success"] is False),
    (
        {"field": "success", "op": "neq", "value": False},
        lambda row: row["success"] is not False,
    ),
    ({"field": "id", "op": "gt", "value": 575}, lambda row: row["id"] > 575),
    ({"field": "id", "op": "in", "value": [571, 572.0, "574"]}, lambda row: row["id"] == 572),
    ({"field": "duration", "op": "lte", "value": 20}, lambda row: row["duration"] <= "00:20"),
    ({"field": "topic", "op": "contains", "value": "app"}, lambda row: "app" in row["topic"]),
    (
        {"field": "topic", "op": "startswith", "value": "new_"},
        lambda row: row["topic"].startswith("new_"),
    ),
    ({"field": "feedback", "op": "isnull", "value": True}, lambda row: row["feedback"] is None),
    (
        {"field": "timestamp", "op": "lt", "value": LATER},
        lambda row: row["timestamp"] < LATER,
    ),
    (
        {
            "operator": "or",
            "conditions": [
                {"field": "is_reviewed", "op": "eq", "value": True},
                {
                    "operator": "and",
                    "conditions": [
                        {"field": "success", "op": "eq", "value": True},
                        {"field": "agent", "op": "eq", "value": 2142},
                    ],
                },
            ],
        },
        lambda row: row["is_reviewed"] or row["success"],
    ),
]


@pytest.mark.parametrize(
    ("condition", "expected"), FILTERS, ids=[str(one.get("op", "or")) for one, _ in FILTERS]
)
def test_a_filter(caller: Caller, condition: Row, expected: Callable[[Row], bool]) -> None:
    bounds = {"timestamp_from": day(33), "timestamp_to": day(0)}
    every = caller.page(project_id=457, page_size=200, **bounds)["results"]
    found = filtered(caller, condition, **bounds)
    assert found["results"] == [row for row in every if expected(row)]
    assert 0 < found["count"] == len(found["results"]) < len(every)


@pytest.mark.parametrize(
    "condition",
    [
        *("text", 1, None, [], {}, {"field": "success"}, {"field": "mood", "op": "eq"}),
        {"field": "success", "op": "is", "value": True},
        {"field": ["success"], "op": "eq", "value": True},
        {"field": "id", "op": "in", "value": 1},
        {"field": "id", "op": "isnull", "value": 1},
        {"field": "timestamp", "op": "gt", "value": "soon"},
        {"field": "timestamp", "op": "gt", "value": "2026-11-24"},
        {"operator": "not", "conditions": [{"field": "id", "op": "eq", "value": 1}]},
        {"operator": "and", "conditions": []},
        {"operator": "and", "conditions": {"field": "id", "op": "eq", "value": 1}},
    ],
    ids=str,
)
def test_a_filter_that_is_refused(caller: Caller, condition: object) -> None:
    reply = caller.list(agent_id=224, filters_v2=json.dumps(condition))
    assert list(errors(reply)) == ["filters_v2"]


def test_filters_that_are_no_json_or_too_deep(caller: Caller) -> None:
    deep: Any = {"field": "id", "op": "eq", "value": 1}
    for _ in range(20):
        deep = {"operator": "and", "conditions": [deep]}
    for text in ("{", "[" * 3000, json.dumps(deep)):
        assert list(errors(caller.list(agent_id=224, filters_v2=text))) == ["filters_v2"]


def test_a_filter_sees_what_has_changed() -> None:
    seed, moments = Seed.made_up(12, TODAY), [0]
    state = State(
        seed, credits_left=Decimal(9), evaluation_seconds=(60, 60), clock=lambda: moments[-1]
    )
    calls = CallList(seed, state)

    def evaluating() -> list[int]:
        text = '{"field": "status", "op": "eq", "value": "evaluating"}'
        query = {"agent_id": "2142", "filters_v2": text}
        return [view.call.id for view in calls.page(read_list(query, MIDNIGHT))[1]]

    assert evaluating() == []
    state.rerun(RerunRequest(agent_id=2142, assistant_id=None, call_logs=[506]))
    assert evaluating() == [506]
    moments.append(59_999_999_999)
    assert evaluating() == [506]
    moments.append(60_000_000_000)
    assert evaluating() == []
    state.rerun(RerunRequest(agent_id=2142, assistant_id=None, call_logs=[506]))
    assert evaluating() == [506]


def test_no_more_calls_are_looked_at_than_a_page_has() -> None:
    seed = Seed.made_up(10_000, TODAY)
    state = CountingState(seed, credits_left=Decimal(0), evaluation_seconds=(0, 0))
    calls = CallList(seed, state)
    query = {"agent_id": "224", "page_size": "50", "timestamp_to": day(0)}
    for page in ("1", "2", "30"):
        calls.page(read_list(query | {"page": page}, MIDNIGHT))
    assert state.looked_at == 150
    query["filters_v2"] = '{"field": "success", "op": "eq", "value": false}'
    for page in ("1", "2", "10"):
        calls.page(read_list(query | {"page": page}, MIDNIGHT))
    # All of 30 days for the first page, since only a look tells; not again for the others.
    assert 150 + 1_667 <= state.looked_at - 150 <= 150 + 1_668


class CountingState(State):
    """A state that counts the calls that were looked at."""

    looked_at = 0

    def views(self, calls: Iterable[SeededCall]) -> list[CallView]:
        found = super().views(calls)
        self.looked_at += len(found)
        return found


def test_the_balance(serve: Serve) -> None:
    caller = serve(Sandbox(credits=7, today=TODAY))
    before = caller.http.get(BILLING).json()
    assert before["credits_remaining"] == before["initial_balance"] == "7.00"
    assert before["credits_used"] == "0.00"
    assert before["balance_expiry"] == "2027-01-23T10:00:00Z"
    caller.evaluate({"agent_id": 224, "call_logs": [123], "metrics": [789, 790]})
    after = caller.http.get(BILLING).json()
    assert (after["credits_remaining"], after["credits_used"]) == ("6.60", "0.40")
    assert after["initial_balance"] == "7.00"


def test_a_project_s_key_may_do_all_but_read_the_balance(caller: Caller) -> None:
    headers = {"X-CEKURA-API-KEY": caller.sandbox.project_api_key}
    reply = caller.http.get(BILLING, headers=headers)
    assert (reply.status_code, [*reply.json()]) == (403, ["detail"])
    reply = caller.http.get(LIST, headers=headers, params={"agent_id": 224})
    assert reply.status_code == 200
