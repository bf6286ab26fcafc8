"""Many call logs, read several at once: in order, no more held than needed, failures at the end."""

import contextlib
import json
import pickle
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing
from typing import Any, cast

import anyio
import pytest
from cekura_client import (
    APIConnectionError,
    AsyncCekura,
    AuthenticationError,
    CallLog,
    Cekura,
    ClientClosedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RetrieveManyError,
    RetryPolicy,
    ServerError,
)

from tests.support.twins import KEY, Twin
from tests.support.wire import Answer, Received, Script, WireServer, reply

ONCE = RetryPolicy(attempts=1)


def number_of(request: Received) -> int:
    return int(request.path.rstrip("/").rpartition("/")[2])


def shown(call_id: int) -> Script:
    return reply(200, json.dumps({"id": call_id, "call_id": f"c{call_id}"}).encode())


class Calls:
    """Shows every call but those that have a status of their own; counts who is asked at once."""

    def __init__(self, statuses: dict[int, int] | None = None, *, together: int = 1) -> None:
        self.statuses = statuses or {}
        self.most = self._now = 0
        self._lock = threading.Lock()
        self._barrier = threading.Barrier(together)

    def __call__(self, request: Received) -> Script:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        with contextlib.suppress(threading.BrokenBarrierError):
            self._barrier.wait(0.2)
        with self._lock:
            self._now -= 1
        call_id = number_of(request)
        status = self.statuses.get(call_id)
        return shown(call_id) if status is None else reply(status, b'{"detail": "No."}')


def ids_of(server: WireServer) -> list[int]:
    return sorted(map(number_of, server.received))


def test_they_come_in_the_order_asked_for(twin: Twin) -> None:
    asked = [5, 1, 9, 1, 7, 3, 2]
    with WireServer(Answer(Calls())) as server, twin.open(base_url=server.url) as calls:
        for ids in (asked, iter(asked), (call_id for call_id in asked)):
            assert [call.id for call in calls.retrieve_many(ids)] == asked
        assert [*calls.retrieve_many([])] == []
        assert [call.id for call in calls.retrieve_many({4: None}, max_concurrency=1)] == [4]
    assert len(server.received) == 3 * len(asked) + 1


@pytest.mark.parametrize("at_once", [1, 3])
def test_so_many_are_read_at_once_and_no_more_ids_are_taken(twin: Twin, at_once: int) -> None:
    taken: list[int] = []

    def ids() -> Iterator[int]:
        for call_id in range(1, 10**9):
            taken.append(call_id)
            yield call_id

    answer = Calls(together=at_once)
    with WireServer(Answer(answer)) as server, twin.open(base_url=server.url) as calls:
        reading = calls.retrieve_many(ids(), max_concurrency=at_once)
        assert taken == []
        ahead: list[int] = []
        for call in reading:
            ahead.append(len(taken) - call.id)
            if call.id == 2 * at_once:
                break
        assert max(ahead) < at_once
    assert answer.most == at_once
    assert ids_of(server) == [*range(1, 2 * at_once + 1)]


def test_what_cannot_be_read_is_told_after_the_last_that_can(twin: Twin) -> None:
    answer = Calls({2: 404, 9: 404, 3: 500})
    ids = iter([1, 9, 2, 3, 8])
    read: list[int] = []
    with (
        WireServer(Answer(answer)) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
        pytest.raises(RetrieveManyError, match=r"3 call logs .* \(9, 2, 3\)") as told,
    ):
        read.extend(call.id for call in calls.retrieve_many(ids, max_concurrency=2))
    assert read == [1, 8]
    failed = told.value.failed
    assert [(call_id, type(error)) for call_id, error in failed.items()] == [
        (9, NotFoundError),
        (2, NotFoundError),
        (3, ServerError),
    ]
    assert told.value.__cause__ is failed[9]
    assert not told.value.may_have_run
    copy = pickle.loads(pickle.dumps(told.value))  # noqa: S301  (our own)
    assert [*copy.failed] == [9, 2, 3]


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
def test_a_key_that_may_not_read_ends_it_at_once(
    twin: Twin, status: int, kind: type[Exception]
) -> None:
    read: list[int] = []
    with WireServer(Answer(Calls({2: status}))) as server, twin.open(base_url=server.url) as calls:
        reading = calls.retrieve_many(range(1, 100), max_concurrency=2)
        with pytest.raises(kind):
            read.extend(call.id for call in reading)
        assert next(reading, None) is None
    assert read == [1]
    assert ids_of(server) == [1, 2]


def test_a_server_that_is_not_there_ends_it_at_once(twin: Twin) -> None:
    with (
        twin.open(base_url="http://127.0.0.1:9", retries=ONCE) as calls,
        pytest.raises(APIConnectionError),
    ):
        next(calls.retrieve_many(range(1, 100)))


def test_a_closed_client_ends_it_at_once(twin: Twin) -> None:
    with WireServer(Answer(Calls())) as server, twin.open(base_url=server.url) as calls:
        reading = calls.retrieve_many(iter([1, 2]), max_concurrency=1)
        assert next(reading).id == 1
        calls.close()
        with pytest.raises(ClientClosedError):
            next(reading)


def breaking() -> Iterator[int]:
    yield from (1, 2, 3)
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("ids", "kind"),
    [(breaking(), ZeroDivisionError), (iter([1, 2, 3, "4", 5]), InvalidRequestError)],
)
def test_what_is_wrong_with_an_iterator_comes_after_what_came_before(
    ids: Iterator[int], kind: type[Exception]
) -> None:
    read: list[int] = []
    with (
        WireServer(Answer(Calls())) as server,
        Cekura(KEY, base_url=server.url) as client,
        pytest.raises(kind),
    ):
        read.extend(call.id for call in client.call_logs.retrieve_many(ids, max_concurrency=2))
    assert read == [1, 2, 3]


@pytest.mark.parametrize(
    ("ids", "options", "said"),
    [
        ("123", {}, "ids is '123'; it takes several"),
        (b"1", {}, "it takes several"),
        (123, {}, "it takes several"),
        (None, {}, "it takes several"),
        ([1, "2"], {}, "ids holds '2', a str"),
        ([1, True], {}, "ids holds True"),
        ([0], {}, "ids holds 0"),
        ([1], {"max_concurrency": 0}, "max_concurrency"),
        ([1], {"max_concurrency": 1001}, "max_concurrency"),
        ([1], {"max_concurrency": "4"}, "max_concurrency"),
        ([1], {"max_concurrency": None}, "max_concurrency"),
    ],
)
def test_what_is_refused_by_the_call_itself(
    twin: Twin, ids: Any, options: dict[str, Any], said: str
) -> None:
    with (
        WireServer(Answer(Calls())) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match=said) as refused,
    ):
        calls.retrieve_many(ids, **options)
    assert str(refused.value).endswith("Nothing was sent.")
    assert server.received == []


async def asynchronous() -> AsyncIterator[int]:
    for call_id in (1, 2, 3):
        yield call_id


def test_ids_may_come_from_an_asynchronous_iterable(twin: Twin) -> None:
    with WireServer(Answer(Calls())) as server, twin.open(base_url=server.url) as calls:
        if twin.name == "sync":
            with pytest.raises(InvalidRequestError, match="only AsyncCekura"):
                calls.retrieve_many(asynchronous())
            return
        read = calls.retrieve_many(asynchronous(), max_concurrency=2)
        assert [call.id for call in read] == [1, 2, 3]


def test_nothing_is_left_when_it_is_closed_early() -> None:
    def threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "cekura"]

    with WireServer(Answer(Calls())) as server, Cekura(KEY, base_url=server.url) as client:
        reading = cast("Generator[CallLog]", client.call_logs.retrieve_many(range(1, 100)))
        assert next(reading).id == 1
        reading.close()
        end = time.monotonic() + 5
        while threads() and time.monotonic() < end:  # they have told, and are about to end
            time.sleep(0.001)
        assert threads() == []
        assert next(reading, None) is None
    assert ids_of(server) == [1, 2, 3, 4]


LIMITED = reply(429, b"", {"Retry-After": "30"})


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancellation_waits_for_nothing(backend: str) -> None:
    async def main() -> bool:
        with anyio.move_on_after(0.2) as scope:
            async with aclosing(
                cast("AsyncGenerator[CallLog]", client.call_logs.retrieve_many([1, 2, 3]))
            ) as reading:
                await anext(reading)
        await client.aclose()
        return scope.cancelled_caught

    with WireServer(LIMITED) as server:
        client = AsyncCekura(KEY, base_url=server.url)
        assert anyio.run(main, backend=backend)
        assert server.is_left_alone()
