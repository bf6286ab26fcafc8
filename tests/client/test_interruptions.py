"""Whatever interrupts a paid call, from its sending to its result, says what it may have cost."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import anyio
import anyio.lowlevel
import httpx
import pytest
from cekura_client import AsyncCekura, Cekura, InvalidResponseError

from tests.support.twins import KEY, Twin
from tests.support.wire import WireServer, reply

ROWS = b'[{"id": 1, "call_id": "a"}]'
ONE = b'{"id": 1, "call_id": "a"}'


class TimeIsUpError(Exception):
    """What a job queue's time limit raises in the middle of anything."""


def reader_that_raises(failure: BaseException) -> Callable[[object], Callable[[bytes], NoReturn]]:
    def read(_: bytes) -> NoReturn:
        raise failure

    return lambda _: read


def test_a_moment_out_of_range_loses_no_reply(twin: Twin) -> None:
    body = b'[{"id": 1, "call_id": "a", "timestamp": "9999-12-31T24:00:00Z"}]'
    with (
        WireServer(reply(200, body)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidResponseError) as raised,
    ):
        calls.rerun_evaluation(agent_id=1, call_logs=[1])
    assert raised.value.body == body
    assert raised.value.may_have_run
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "failure",
    [
        MemoryError(),
        OverflowError("date value out of range"),
        RecursionError(),
        KeyError("id"),
        TypeError("no text"),
        AssertionError(),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_whatever_fails_in_reading_an_accepted_reply_keeps_its_body(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr("cekura_api.operations._rows", reader_that_raises(failure))
    with (
        WireServer(reply(200, ROWS)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidResponseError, match=type(failure).__name__) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert raised.value.body == ROWS
    assert raised.value.may_have_run
    assert raised.value.__cause__ is failure
    assert raised.value.sent is not None
    assert len(server.received) == 1


def check_told(interruption: BaseException) -> None:
    """The reply had come: it is told, and kept."""
    (note,) = interruption.__notes__
    assert "had been accepted (200): it may have run, and been charged. Do not send it" in note
    facts = vars(interruption)
    assert facts["sent"].operation == "evaluate_metrics"
    assert facts["sent"].call_logs == [1]
    assert facts["body"] == ROWS


@pytest.mark.parametrize("kind", [TimeIsUpError, TimeoutError])
def test_a_time_limit_while_a_reply_is_read_is_no_failure_of_reading(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    monkeypatch.setattr("cekura_api.operations._rows", reader_that_raises(kind()))
    with (
        WireServer(reply(200, ROWS)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(kind) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    check_told(raised.value)
    assert len(server.received) == 1


def test_ctrl_c_while_a_reply_is_read_leaves_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cekura_api.operations._rows", reader_that_raises(KeyboardInterrupt()))
    with (
        WireServer(reply(200, ROWS)) as server,
        Cekura(KEY, base_url=server.url) as cekura,
        pytest.raises(KeyboardInterrupt) as raised,
    ):
        cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    check_told(raised.value)


def test_ctrl_c_as_the_call_gives_up_its_place_leaves_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    with WireServer(reply(200, ROWS)) as server, Cekura(KEY, base_url=server.url) as cekura:
        monkeypatch.setattr("cekura_client.engine.rate_gate.RateGate.withdraw", interrupted)
        with pytest.raises(KeyboardInterrupt) as raised:
            cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        monkeypatch.undo()
    check_told(raised.value)


def test_an_interruption_of_a_refused_call_has_nothing_to_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    with WireServer(reply(400, b"{}")) as server, Cekura(KEY, base_url=server.url) as cekura:
        monkeypatch.setattr("cekura_client.engine.rate_gate.RateGate.leave", interrupted)
        with pytest.raises(KeyboardInterrupt) as raised:
            cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert not hasattr(raised.value, "__notes__")
    assert not hasattr(raised.value, "sent")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_reply_is_not_lost_unsaid_while_the_last_call_closes_the_connections(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing: list[Callable[[], object]] = []
    close = httpx.AsyncClient.aclose

    async def slow_close(http: httpx.AsyncClient) -> None:
        await close(http)
        for cancel in closing:
            cancel()
        await anyio.lowlevel.checkpoint()

    async def main() -> None:
        client = AsyncCekura(KEY, base_url=server.url)

        async def call() -> None:
            try:
                rows = await client.call_logs.evaluate_metrics(
                    agent_id=1, call_logs=[1], metrics=[2]
                )
                came.append(rows[0].call_id)
            except BaseException as cancelled:
                told.append(cancelled)
                raise

        async with anyio.create_task_group() as tasks:
            if backend == "asyncio":
                task = asyncio.create_task(call())
                closing.append(task.cancel)
                await anyio.to_thread.run_sync(arrived.wait)
                await client.aclose()
                answer.set()
                await asyncio.wait([task])
            else:
                tasks.start_soon(call)
                closing.append(tasks.cancel_scope.cancel)
                await anyio.to_thread.run_sync(arrived.wait)
                await client.aclose()
                answer.set()

    def late(connection: Any) -> None:
        arrived.set()
        answer.wait(10)
        reply(200, ROWS)(connection)

    told: list[BaseException] = []
    came: list[object] = []
    arrived, answer = threading.Event(), threading.Event()
    monkeypatch.setattr(httpx.AsyncClient, "aclose", slow_close)
    with WireServer(late) as server:
        anyio.run(main, backend=backend)
    # What shields itself from a cancellation hands the reply over.
    assert len(told) + len(came) == 1
    for cancelled in told:
        assert "may have run" in "".join(cancelled.__notes__)
        assert vars(cancelled)["sent"].call_logs == [1]
    assert len(server.received) == 1


@contextmanager
def time_limit(error: Exception) -> Generator[None]:
    """Have SIGUSR1 raise this in the main thread, as a job queue's time limit does."""

    def raise_it(*_: object) -> NoReturn:
        raise error

    before = signal.signal(signal.SIGUSR1, raise_it)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def strike(_: object) -> None:
    signal.raise_signal(signal.SIGUSR1)


class Stricken(httpx.SyncByteStream):
    """A body during which the time is up."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body[:-1]
        strike(None)
        yield self._body[-1:]


class StrikingTransport(httpx.HTTPTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        body = response.read()
        return httpx.Response(response.status_code, stream=Stricken(body))


posix = pytest.mark.skipif(os.name != "posix", reason="sends a signal")


@posix
@pytest.mark.parametrize("kind", [TimeIsUpError, TimeoutError])
@pytest.mark.parametrize("event", ["request", "response"])
def test_a_time_limit_of_a_signal_ends_a_free_call_at_once(
    kind: type[Exception], event: str
) -> None:
    limit = kind()
    with (
        WireServer(reply(200, ONE)) as server,
        httpx.Client(event_hooks={event: [strike]}) as http,
        Cekura(KEY, base_url=server.url, http_client=http) as cekura,
        time_limit(limit),
        pytest.raises(kind) as raised,
    ):
        cekura.call_logs.retrieve(1)
    assert raised.value is limit
    assert len(server.received) == (event == "response")


@posix
def test_a_time_limit_in_the_body_ends_a_free_call_at_once() -> None:
    limit = TimeIsUpError()
    with (
        WireServer(reply(200, ONE)) as server,
        httpx.Client(transport=StrikingTransport()) as http,
        Cekura(KEY, base_url=server.url, http_client=http) as cekura,
        time_limit(limit),
        pytest.raises(TimeIsUpError) as raised,
    ):
        cekura.call_logs.retrieve(1)
    assert raised.value is limit
    assert not hasattr(limit, "__notes__")
    assert len(server.received) == 1


@posix
def test_a_time_limit_in_the_body_passes_a_paid_call_with_a_note() -> None:
    limit = TimeIsUpError()
    with (
        WireServer(reply(200, ROWS)) as server,
        httpx.Client(transport=StrikingTransport()) as http,
        Cekura(KEY, base_url=server.url, http_client=http) as cekura,
        time_limit(limit),
        pytest.raises(TimeIsUpError) as raised,
    ):
        cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert raised.value is limit
    assert "it may have run, and been charged" in "".join(limit.__notes__)
    assert vars(limit)["sent"].call_logs == [1]
    assert vars(limit)["body"] == ROWS[:-1]
    assert len(server.received) == 1
