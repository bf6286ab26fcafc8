"""What `list` and `count` refuse before anything is sent, and what they take."""

import math
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from cekura_client import Filter, InvalidRequestError
from cekura_client.call_logs.listing.query import ListQuery

from tests.support.list_server import ListServer
from tests.support.twins import Twin

NOWHERE = "http://127.0.0.1:9"  # discard: nothing is sent there
NAIVE = datetime(2026, 11, 1)  # noqa: DTZ001  (refused is the point)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"agent_id": None}, "needs agent_id or project_id"),
        ({"agent_id": None, "assistant_id": "asst_1"}, "needs agent_id or project_id"),
        ({"agent_id": "1"}, "agent_id"),
        ({"project_id": 0}, "project_id"),
        ({"assistant_id": " "}, "assistant_id is empty"),
        ({"assistant_id": "\ud800"}, "assistant_id cannot be sent"),
        ({"assistant_id": "a" * 4_000}, "3500 are the most"),
        ({"since": NAIVE}, "has no time zone"),
        ({"until": NAIVE}, "has no time zone"),
        ({"since": "2026-11-01"}, "since is '2026-11-01'; it takes a date"),
        ({"since": 1_700_000_000}, "it takes a date"),
        ({"since": date(2026, 11, 2), "until": date(2026, 11, 2)}, "is not before"),
        ({"since": date(2026, 11, 3), "until": date(2026, 11, 2)}, "is not before"),
        ({"since": date(9999, 1, 1)}, "is not before"),
        ({"until": date(1, 1, 2)}, "before any call"),
        ({"since": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))}, "out of the range"),
        ({"call_ids": []}, "call_ids is empty"),
        ({"call_ids": [1, "2"]}, "call_ids"),
        ({"call_ids": "1,2"}, "call_ids"),
        ({"filters": {}}, "filters is a Filter or a dict"),
        ({"filters": '{"field": "success"}'}, "filters is a Filter or a dict"),
        ({"filters": [Filter.isnull("success")]}, "filters is a Filter or a dict"),
        ({"filters": {"field": "duration", "op": "gt", "value": math.nan}}, "as JSON"),
        ({"filters": {"field": "id", "op": "in", "value": {1, 2}}}, "as JSON: set is no value"),
        ({"filters": {"field": "timestamp", "op": "gt", "value": NAIVE}}, "no time zone"),
        ({"filters": Filter.in_("id", range(2_000))}, "Give ids as call_ids"),
    ],
)
def test_what_is_refused(twin: Twin, arguments: dict[str, Any], said: str) -> None:
    with twin.open(base_url=NOWHERE) as calls:
        # By the call itself, before the first row is asked for.
        with pytest.raises(InvalidRequestError, match=said) as refused:
            calls.listed(**{"agent_id": 1} | arguments)
        assert "Nothing was sent" in str(refused.value)
        with pytest.raises(InvalidRequestError, match=said):
            calls.counted(**{"agent_id": 1} | arguments)


@pytest.mark.parametrize("page_size", [0, 201, -1, True, 1.0, "10", None])
def test_page_sizes_that_are_refused(twin: Twin, page_size: object) -> None:
    with (
        twin.open(base_url=NOWHERE) as calls,
        pytest.raises(InvalidRequestError, match="page_size is a whole number from 1 to 200"),
    ):
        calls.listed(agent_id=1, page_size=page_size)


def asked(**arguments: Any) -> list[tuple[str | None, str | None]]:
    """The ends of the windows that are asked for at noon, 2026-11-24."""
    names = ("project_id", "assistant_id", "since", "until", "call_ids", "filters")
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    settings: dict[str, Any] = dict.fromkeys(names) | {"agent_id": 1, "page_size": 1, "now": now}
    query = ListQuery.checked(**settings | arguments)
    server = ListServer([])
    for window in query.windows(timedelta(seconds=1)):
        server.answer(query.request(window, None).path)
    return [(one.get("timestamp_from"), one.get("timestamp_to")) for one in server.asked]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, (None, None)),
        ({"since": date(2026, 11, 1)}, ("2026-11-01T00:00:00+00:00", "2026-11-24T12:00:00+00:00")),
        ({"until": date(2026, 11, 1)}, ("2026-10-02T00:00:00+00:00", "2026-11-01T00:00:00+00:00")),
        (
            {
                "since": datetime(2026, 11, 1, 1, tzinfo=timezone(timedelta(hours=2))),
                "until": datetime(2026, 11, 1, 0, 0, 0, 1, tzinfo=UTC),
            },
            ("2026-10-31T23:00:00+00:00", "2026-11-01T00:00:00.000001+00:00"),
        ),
        (
            {"since": date(2026, 10, 1), "until": date(2026, 11, 3)},  # 33 days
            ("2026-10-01T00:00:00+00:00", "2026-11-03T00:00:00+00:00"),
        ),
    ],
)
def test_ranges(arguments: dict[str, Any], expected: tuple[str | None, str | None]) -> None:
    assert asked(**arguments) == [expected]


def test_a_filter_is_written_as_the_api_takes_it() -> None:
    moment = datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    one, two = Filter.gt("created_at", moment), Filter.lte("duration", 60)
    three = Filter.neq("customer_number", None)
    assert one.to_dict() == {"field": "created_at", "op": "gt", "value": "2026-11-01T00:00:00Z"}
    group = (one & two & three).to_dict()
    assert group["operator"] == "and"
    assert group["conditions"] == [one.to_dict(), two.to_dict(), three.to_dict()]
    mixed = (one & two | three).to_dict()
    assert mixed["operator"] == "or"
    assert mixed["conditions"] == [(one & two).to_dict(), three.to_dict()]
    for name, value in (
        ("contains", "x"),
        ("startswith", "x"),
        ("gte", 1.5),
        ("lt", date(2026, 11, 1)),
    ):
        made: Filter = getattr(Filter, name)("topic", value)
        assert made.to_dict() == {"field": "topic", "op": name, "value": made.to_dict()["value"]}
    assert Filter.in_("id", iter([1, 2])).to_dict()["value"] == [1, 2]
    assert Filter.lt("x", date(2026, 11, 1)).to_dict()["value"] == "2026-11-01"


def test_a_filter_is_a_value() -> None:
    one, same = (
        Filter.eq("success", value=True),
        Filter({"field": "success", "op": "eq", "value": True}),
    )
    assert one == same != Filter.eq("success", 1)
    assert len({one, same}) == 1
    assert pickle.loads(pickle.dumps(one & same)) == one & same  # noqa: S301  (our own)
    one.to_dict()["field"] = "changed"
    assert one == same


def test_what_would_drop_a_condition_unseen_raises() -> None:
    one, two = Filter.isnull("success"), Filter.isnull("feedback")
    with pytest.raises(TypeError, match="joined with & and"):
        _ = one and two
    with pytest.raises(TypeError):
        assert not one
    with pytest.raises(TypeError):
        _ = one & cast("Filter", {"field": "success"})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("eq", ("", 1)), ("eq", (1, 1)), ("in_", ("id", "12")), ("gt", ("id", object()))],
)
def test_a_filter_that_says_nothing_is_refused(name: str, arguments: Any) -> None:
    with pytest.raises(InvalidRequestError):
        getattr(Filter, name)(*arguments)
