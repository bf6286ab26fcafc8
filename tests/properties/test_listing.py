"""A list is read completely and once, however the API reads ends, orders rows and cuts pages."""

import gc
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import FunctionType, ModuleType
from typing import Any

import httpx
from cekura_client import CallLogSummary, NotFoundError
from cekura_client.call_logs.listing.finding import CallSearch
from cekura_client.call_logs.listing.query import LONGEST_WINDOW, ListQuery
from cekura_client.call_logs.listing.reader import ListReader, count_operations
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.properties.budget import examples
from tests.support.list_server import BASE, Call, ListServer, whole_seconds

LISTS = examples(60, 200)
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def query(**arguments: Any) -> ListQuery:
    names = ("project_id", "assistant_id", "since", "until", "call_ids", "filters")
    settings: dict[str, Any] = dict.fromkeys(names) | {"agent_id": 1, "page_size": 200}
    return ListQuery.checked(**settings | {"now": UNTIL} | arguments)


def listed(server: ListServer, asked: ListQuery) -> Iterator[CallLogSummary]:
    """Read a list as the clients do."""
    reader = ListReader(asked, BASE)
    while (operation := reader.operation()) is not None:
        status, body = server.answer(operation.request.path)
        if status == 404:
            reader.not_found(NotFoundError("", status_code=404, headers={}, body=body))
        else:
            yield from reader.take(operation.read(body))


def ids_of(server: ListServer, asked: ListQuery) -> list[int]:
    return [row.id for row in listed(server, asked)]


def seams(since: datetime) -> list[datetime]:
    """Where windows begin, or would if they did not overlap."""
    found = [since, UNTIL]
    for overlap in (timedelta(), timedelta(seconds=1)):
        moment = UNTIL - LONGEST_WINDOW
        while moment > since:
            found.append(moment)
            moment += overlap - LONGEST_WINDOW
    return found


@st.composite
def ranges(draw: DrawFn) -> tuple[datetime, list[Call]]:
    """Draw a range, and calls in it, many of which are near a seam."""
    days = draw(st.sampled_from([0.5, 32.99, 33, 33.00001, 40, 66, 99, 120]))
    since = UNTIL - timedelta(days=days)
    near = st.tuples(
        st.sampled_from(seams(since)),
        st.sampled_from([*range(-3, 4), *(n * 500_000 for n in range(-5, 6))]),
    ).map(lambda drawn: drawn[0] + drawn[1] * MICROSECOND)
    anywhere = st.floats(0, 1).map(lambda share: since + share * (UNTIL - since))
    moments = draw(st.lists(st.one_of(near, anywhere), max_size=30))
    # Within the range itself, of whose own ends the API decides.
    inside = [moment for moment in moments if since < moment < UNTIL]
    return since, [Call(number, moment) for number, moment in enumerate(inside, 1)]


@LISTS
@given(
    drawn=ranges(),
    ends=st.tuples(st.booleans(), st.booleans()),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    reading=st.tuples(st.booleans(), st.booleans()),
)
def test_every_call_comes_once_whatever_the_ends_mean(
    drawn: tuple[datetime, list[Call]],
    ends: tuple[bool, bool],
    sizes: tuple[int, int],
    reading: tuple[bool, bool],
) -> None:
    since, calls = drawn
    (page_size, most_rows), (newest_first, coarse) = sizes, reading
    server = ListServer(calls, *ends, newest_first, most_rows)
    if coarse:
        server.read = whole_seconds
        # The last second of the whole range is then not asked for by anything.
        calls[:] = [call for call in calls if call.moment < UNTIL - timedelta(seconds=1)]
    found = ids_of(server, query(since=since, until=UNTIL, page_size=page_size))
    assert Counter(found) == Counter(call.id for call in calls)
    for params in server.asked:
        begin, end = params["timestamp_from"], params["timestamp_to"]
        span = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
        assert timedelta() < span <= LONGEST_WINDOW


@LISTS
@given(drawn=ranges())
def test_the_counts_of_windows_add_up_where_both_ends_belong_to_a_range(
    drawn: tuple[datetime, list[Call]],
) -> None:
    since, calls = drawn
    server = ListServer(calls)
    operations = [*count_operations(query(since=since, until=UNTIL, page_size=1))]
    counted = [one.read(server.answer(one.request.path)[1]) for one in operations]
    assert sum(counted) == len(calls)
    assert len(counted) == max(1, -(-(UNTIL - since) // LONGEST_WINDOW))


@LISTS
@given(drawn=ranges(), page_size=st.integers(1, 200), unknown=st.integers(0, 500))
def test_of_ids_those_that_are_there_come_once(
    drawn: tuple[datetime, list[Call]], page_size: int, unknown: int
) -> None:
    since, calls = drawn
    server = ListServer(calls)
    ids = [call.id for call in calls] + [*range(1000, 1000 + unknown)]
    assume(ids)
    found = ids_of(server, query(since=since, until=UNTIL, call_ids=ids, page_size=page_size))
    assert sorted(found) == [call.id for call in calls]
    for params in server.asked:
        assert len(params["call_ids"].split(",")) <= 200


def numbered(count: int, first: int = 1) -> list[Call]:
    return [Call(n, UNTIL - timedelta(minutes=n)) for n in range(first, first + count)]


@LISTS
@given(
    count=st.integers(0, 60),
    page_size=st.integers(1, 9),
    arrivals=st.lists(st.integers(0, 12), max_size=20),
)
def test_calls_that_arrive_meanwhile_make_none_come_twice_and_none_be_missed(
    count: int, page_size: int, arrivals: list[int]
) -> None:
    coming = [*reversed(arrivals)]

    def arrive(server: ListServer) -> None:
        number = coming.pop() if coming else 0
        newest = min((call.id for call in server.calls), default=1)
        server.calls += [
            Call(newest - n, UNTIL - timedelta(minutes=newest - n)) for n in range(1, number + 1)
        ]

    server = ListServer(numbered(count), between=arrive)
    found = ids_of(server, query(page_size=page_size))
    assert len(found) == len({*found})
    assert {*range(1, count + 1)} <= {*found}


@LISTS
@given(
    count=st.integers(1, 80),
    page_size=st.integers(1, 9),
    most=st.integers(0, 30),
    data=st.data(),
)
def test_calls_that_leave_meanwhile_make_no_other_be_missed(
    count: int, page_size: int, most: int, data: st.DataObject
) -> None:
    def leave(server: ListServer) -> None:
        there = [call.id for call in server.calls]
        leaving: set[int] = set()
        if there:
            leaving = data.draw(st.sets(st.sampled_from(there), max_size=most))
        server.calls = [call for call in server.calls if call.id not in leaving]

    server = ListServer(numbered(count), between=leave)
    found = ids_of(server, query(page_size=page_size))
    assert len(found) == len({*found})
    assert {call.id for call in server.calls} <= {*found}
    assert len(server.asked) < 10 * count + 10


def test_evaluating_what_is_listed_misses_nothing_while_it_keeps_up() -> None:
    """The calls of a page leave the list as soon as the next one is asked for."""
    came: list[int] = []

    def evaluated(server: ListServer) -> None:
        done = {*came}
        server.calls = [call for call in server.calls if call.id not in done]

    server = ListServer(numbered(3_000), between=evaluated)
    for row in listed(server, query(page_size=200)):
        assert isinstance(row.id, int)
        came.append(row.id)
    assert sorted(came) == [*range(1, 3_001)]


def objects_in(root: object) -> int:
    """Count what an object holds, directly or not; types and modules belong to everybody."""
    found: dict[int, object] = {}
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) not in found and not isinstance(one, (type, ModuleType, FunctionType)):
            found[id(one)] = one
            waiting += gc.get_referents(one)
    return len(found)


def test_memory_does_not_grow_with_the_list() -> None:
    server = ListServer(numbered(9_000))
    reader = ListReader(query(since=UNTIL - timedelta(days=9)), BASE)
    sizes: list[int] = []
    while (operation := reader.operation()) is not None:
        reader.take(operation.read(server.answer(operation.request.path)[1]))
        del operation
        sizes.append(objects_in(reader))
    assert len(sizes) == 45
    assert max(sizes[20:]) < 1.1 * sizes[20] < 10_000


@LISTS
@given(
    st.lists(st.text(min_size=1, max_size=200).filter(str.strip), min_size=1, max_size=40),
    st.integers(1, 100),
    st.data(),
)
def test_calls_are_looked_for_in_addresses_of_bounded_length(
    call_ids: list[str], days: int, data: st.DataObject
) -> None:
    since = UNTIL - timedelta(days=days)
    search = CallSearch(call_ids, query(since=since, until=UNTIL), BASE)
    wanted = list(dict.fromkeys(call_ids))
    known = data.draw(st.sets(st.sampled_from(wanted)))
    asked: Counter[str] = Counter()
    for portion in search.queries():
        (window,) = portion.windows(timedelta())
        address = f"{BASE}{portion.request(window, None).path}"
        # However the API writes it anew in its link to the next page.
        again = str(httpx.URL(address).copy_set_param("page", 1234))
        assert max(len(address), len(again)) <= 6_000
        named: list[str] = json.loads(httpx.URL(address).params["filters_v2"])["value"]
        assert 1 <= len(named) <= 200
        asked.update(named)
        for number, call_id in enumerate(named, start=1):
            if call_id in known:
                search.take(CallLogSummary(id=number, call_id=call_id))
    assert {*asked} == {*wanted}
    # Who was found is not asked for in the windows that follow.
    assert all(asked[call_id] == 1 for call_id in known)
    assert [*search.found()] == [call_id for call_id in wanted if call_id in known]
