"""Lists of the sandbox's calls: whole, lazy, in windows and by ids; what goes over the wire."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from cekura_client import (
    BadRequestError,
    CallLogSummary,
    Filter,
    NotFoundError,
    PermissionDeniedError,
)
from cekura_client.sandbox import Sandbox

from tests.conformance.recorder import Recorder
from tests.support.twins import Twin

TODAY = date(2026, 11, 24)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
QUARTER: dict[str, Any] = {"since": TODAY - timedelta(days=90), "until": TODAY}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(calls=600, today=TODAY) as sandbox:
        yield sandbox


def ids_of(sandbox: Sandbox, agent_id: int, since: datetime) -> list[int]:
    """The ids that the sandbox itself knows, the newest call first."""
    found = [
        call for call in sandbox.call_logs if call.agent_id == agent_id and call.started_at >= since
    ]
    return [call.id for call in reversed(found)]


def queries(recorder: Recorder) -> list[httpx.QueryParams]:
    return [exchange.request.url.params for exchange in recorder.exchanges]


def test_all_calls_of_months_come_once_the_newest_first(twin: Twin, sandbox: Sandbox) -> None:
    with twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls:
        rows = [*calls.listed(agent_id=224, **QUARTER)]
        assert calls.counted(agent_id=224, **QUARTER) == len(rows) == 300
    since = MIDNIGHT - timedelta(days=90)
    assert [row.id for row in rows] == ids_of(sandbox, 224, since)
    assert {row.agent for row in rows} == {224}


def test_windows_of_33_days_go_over_the_wire(twin: Twin, sandbox: Sandbox) -> None:
    before = sandbox.requests
    recorder = Recorder(sandbox.url)
    options = {"api_key": sandbox.api_key, "base_url": sandbox.url}
    with twin.open(http={"transport": recorder}, **options) as calls:
        assert len([*calls.listed(agent_id=224, page_size=80, **QUARTER)]) == 300
        listed = queries(recorder)
        assert calls.counted(agent_id=224, **QUARTER) == 300
        counted = queries(recorder)[len(listed) :]
    # 110, 110 and 80 calls in the three windows.
    assert [params.get("page", "1") for params in listed] == ["1", "2", "1", "2", "1"]
    ends = [(params["timestamp_from"], params["timestamp_to"]) for params in listed]
    assert [*dict.fromkeys(ends)] == [
        ("2026-10-22T00:00:00+00:00", "2026-11-24T00:00:00+00:00"),
        ("2026-09-19T00:00:01+00:00", "2026-10-22T00:00:01+00:00"),
        ("2026-08-26T00:00:00+00:00", "2026-09-19T00:00:02+00:00"),
    ]
    assert [(params["timestamp_from"], params["timestamp_to"]) for params in counted] == [
        ("2026-10-22T00:00:00+00:00", "2026-11-24T00:00:00+00:00"),
        ("2026-09-18T23:59:59.999999+00:00", "2026-10-21T23:59:59.999999+00:00"),
        ("2026-08-26T00:00:00+00:00", "2026-09-18T23:59:59.999998+00:00"),
    ]
    assert {params["page_size"] for params in counted} == {"1"}
    assert sandbox.requests - before == len(listed) + len(counted)


def test_without_a_range_the_api_is_left_to_show_the_last_30_days(
    twin: Twin, sandbox: Sandbox
) -> None:
    recorder = Recorder(sandbox.url)
    options = {"api_key": sandbox.api_key, "base_url": sandbox.url}
    with twin.open(http={"transport": recorder}, **options) as calls:
        rows = [*calls.listed(agent_id=2142)]
    # The sandbox's day is not over.
    last = MIDNIGHT - timedelta(days=29)
    assert [row.id for row in rows] == ids_of(sandbox, 2142, last)
    assert not {"timestamp_from", "timestamp_to"} & {*queries(recorder)[0]}


def test_a_page_is_asked_for_when_its_turn_comes(twin: Twin, sandbox: Sandbox) -> None:
    with twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls:
        before = sandbox.requests
        rows = calls.listed(agent_id=224, page_size=10)
        assert sandbox.requests == before
        for number in range(1, 26):
            assert next(rows)
            assert sandbox.requests - before == -(-number // 10)


def test_ids_are_asked_for_200_at_a_time_and_no_longer_than_needed(
    twin: Twin, sandbox: Sandbox
) -> None:
    mine = ids_of(sandbox, 224, MIDNIGHT - timedelta(days=90))
    recorder = Recorder(sandbox.url)
    options = {"api_key": sandbox.api_key, "base_url": sandbox.url}
    with twin.open(http={"transport": recorder}, **options) as calls:
        found = [row.id for row in calls.listed(agent_id=224, call_ids=mine[:290], **QUARTER)]
        asked = queries(recorder)
        assert calls.counted(agent_id=224, call_ids=mine[:290], **QUARTER) == 290
        recorder.exchanges.clear()
        assert len([*calls.listed(agent_id=224, call_ids=mine[:150], **QUARTER)]) == 150
    assert sorted(map(str, found)) == sorted(map(str, mine[:290]))
    # 110 are in the newest window, and 110 in the one before it.
    assert [len(params["call_ids"].split(",")) for params in asked] == [200, 90, 180, 70]
    assert [len(params["call_ids"].split(",")) for params in queries(recorder)] == [150, 40]


def test_the_longest_addresses_fit_what_servers_take(twin: Twin, sandbox: Sandbox) -> None:
    recorder = Recorder(sandbox.url)
    long = Filter.in_("customer_number", [f"+1555010{n:04}" for n in range(150)])
    options = {"api_key": sandbox.api_key, "base_url": sandbox.url}
    with twin.open(http={"transport": recorder}, **options) as calls:
        ids = range(2**63 - 300, 2**63 - 1)
        with pytest.raises(BadRequestError):  # the sandbox has no ids as long as that
            next(calls.listed(agent_id=224, call_ids=ids, filters=long, **QUARTER), None)
    assert 7_000 < len(str(recorder.last.request.url)) < 8_000


Row = CallLogSummary
DAYS_AGO = MIDNIGHT - timedelta(days=3)
FILTERS: dict[str, tuple[object, Callable[[Row], bool]]] = {
    "eq": (Filter.eq("success", value=False), lambda row: row.success is False),
    "dict": (
        {"field": "success", "op": "eq", "value": True},
        lambda row: row.success is True,
    ),
    "and": (
        Filter.eq("is_reviewed", value=False) & Filter.startswith("status", "fail"),
        lambda row: row.status == "failure",
    ),
    "moment": (
        Filter.gte("timestamp", DAYS_AGO),
        lambda row: bool(row.timestamp and row.timestamp >= DAYS_AGO),
    ),
    "or": (
        Filter.isnull("feedback", null=False) | Filter.in_("topic", ["power_outage"]),
        lambda row: row.feedback is not None or row.topic == "power_outage",
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters(twin: Twin, sandbox: Sandbox, name: str) -> None:
    filters, expected = FILTERS[name]
    with twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls:
        every = [*calls.listed(agent_id=224)]
        found = [*calls.listed(agent_id=224, filters=filters)]
        assert calls.counted(agent_id=224, filters=filters) == len(found)
    assert 0 < len(found) < len(every)
    assert found == [row for row in every if expected(row)]


def test_scopes(twin: Twin, sandbox: Sandbox) -> None:
    with twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls:
        assert {row.agent for row in calls.listed(project_id=457)} == {2142}
        assert calls.counted(project_id=457, assistant_id=2143) > 0
        assert calls.counted(project_id=457, agent_id=2144) == 0
        assert [*calls.listed(project_id=457, assistant_id="asst_abc123")] == []


def test_what_the_api_refuses_is_raised_as_ever(twin: Twin, sandbox: Sandbox) -> None:
    with twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls:
        rows = calls.listed(agent_id=224, filters={"field": "mood", "op": "eq", "value": 1})
        with pytest.raises(BadRequestError, match="Unknown field") as refused:
            next(rows)
        assert [*refused.value.field_errors] == ["filters_v2"]
        with pytest.raises(BadRequestError):
            calls.counted(agent_id=999)


def test_the_balance_is_for_the_organization_alone(twin: Twin, sandbox: Sandbox) -> None:
    with twin.open(api_key=sandbox.project_api_key, base_url=sandbox.url) as calls:
        assert calls.counted(agent_id=224) > 0
        with pytest.raises(PermissionDeniedError, match="Project-scoped"):
            calls.billing_info()


def test_an_address_without_lists_is_an_error(twin: Twin, sandbox: Sandbox) -> None:
    with (
        twin.open(api_key=sandbox.api_key, base_url=f"{sandbox.url}/elsewhere") as calls,
        pytest.raises(NotFoundError),
    ):
        next(calls.listed(agent_id=224))
