"""Calls that are still being evaluated: what the refusal says, and sending again later."""

import asyncio
import json
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trio
from cekura_client import (
    AsyncCekura,
    BadRequestError,
    InvalidRequestError,
    RetryPolicy,
    ServerError,
    StillEvaluatingError,
)
from cekura_client.call_logs.batches.journal import Journal
from cekura_client.call_logs.waiting.busy import BusyWait

from tests.support.twins import KEY, Calls, Twin
from tests.support.wire import DONE, Script, WireServer, reply

IDS = [501, 503, 505]


def refusal(content: object) -> Script:
    return reply(400, json.dumps(content).encode())


BUSY = refusal({"call_logs": ["Call log 503 is still being evaluated."]})


def evaluate(calls: Calls, **options: Any) -> object:
    return calls.evaluate_metrics(agent_id=224, call_logs=IDS, metrics=[789], **options)


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cekura_client.call_logs.waiting.busy._FIRST_PAUSE", 0.01)
    monkeypatch.setattr("cekura_client.call_logs.waiting.busy._LONGEST_PAUSE", 0.02)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"call_logs": ["Call log 503 is still being evaluated."]}, [503]),
        ({"call_logs": ["505 is still evaluating.", "501 is still evaluating."]}, [505, 501]),
        ({"detail": "Call logs 501, 503 are still being evaluated"}, [501, 503]),
        ({"detail": "Still being evaluated: [503, 501, 503]."}, [503, 501]),
        ({"detail": "Calls are STILL under\nevaluation", "call_log_ids": [505]}, [505]),
        ("Call log #501 is still being evaluated", [501]),
        # Neither a count, nor what the request did not hold, nor a piece of something else.
        ({"detail": "2 calls of 501 are still being evaluated: 503, 504"}, [501, 503]),
        ({"detail": "501 calls are still being evaluated; 503 of 505 are done"}, [505]),
        ({"detail": "still being evaluated since 2026-501-503T501:503, 1.501, a503"}, []),
        ({"detail": "A call log is still being evaluated."}, []),
    ],
)
def test_the_refusal_names_the_calls_that_its_request_held(
    twin: Twin, said: object, named: list[int]
) -> None:
    with (
        WireServer(refusal(said)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(StillEvaluatingError, match="wait_if_busy") as raised,
    ):
        evaluate(calls)
    error = raised.value
    assert isinstance(error, BadRequestError)
    assert (error.call_log_ids, error.may_have_run, error.status_code) == (named, False, 400)
    assert "Nothing was charged" in str(error)
    assert len(server.received) == 1
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own)
    assert (again.call_log_ids, str(again)) == (named, str(error))


def test_of_all_calls_none_is_known_to_be_named(twin: Twin) -> None:
    with (
        WireServer(BUSY) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(StillEvaluatingError) as raised,
    ):
        calls.rerun_evaluation(agent_id=224, call_logs="all")
    assert raised.value.call_log_ids == []


def test_a_journal_keeps_which_calls_were_busy(twin: Twin, tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with (
        WireServer(BUSY) as server,
        twin.open(base_url=server.url, retries=RetryPolicy(deadline=0)) as calls,
    ):
        report = calls.evaluate_metrics_in_batches(
            agent_id=1, call_logs=IDS, metrics=[2], journal=path
        )
    with Journal(path, None) as journal:
        for refused in (report.refused, journal.report.refused):
            assert [*refused] == IDS
            for error in refused.values():
                assert isinstance(error, StillEvaluatingError)
                assert error.call_log_ids == [503]


@pytest.mark.parametrize(
    "said",
    [
        {"call_logs": ["Invalid pk 503."]},
        {"detail": "Insufficient credits."},
        {"detail": "The evaluation is over."},
        {"detail": "It was evaluated, and is still there."},
        {"detail": "distill, reevaluate"},
        {"detail": "still " * 300_000},
    ],
)
def test_another_refusal_is_none_and_is_not_repeated(twin: Twin, said: object) -> None:
    with (
        WireServer(refusal(said)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(BadRequestError) as raised,
    ):
        evaluate(calls, wait_if_busy=60)
    assert type(raised.value) is BadRequestError
    assert len(server.received) == 1


def pauses(seconds: float, sending: float = 0.0) -> list[float]:
    """Play a call that stays busy, each sending of which takes so long."""
    wait, now = BusyWait(seconds), 100.0
    found: list[float] = []
    while (pause := wait.next_pause(now)) is not None:
        found.append(pause)
        now += pause + sending
    return found


@pytest.mark.parametrize(
    ("seconds", "sending", "expected"),
    [
        (0, 0, []),
        (1, 0, [1]),
        (2, 0, [2]),
        (30, 0, [2, 4, 8, 10, 6]),
        (30, 0.7, [2, 4, 8, 10, 30 - 24 - 4 * 0.7]),
        (5, 60, [2]),
        (0.1 + 0.2, 0, [0.1 + 0.2]),
    ],
)
def test_pauses_double_and_end_with_the_seconds(
    seconds: float, sending: float, expected: list[float]
) -> None:
    assert pauses(seconds, sending) == pytest.approx(expected)


@pytest.mark.usefixtures("short_pauses")
def test_it_is_sent_again_until_nothing_is_busy_and_charged_once(twin: Twin) -> None:
    with WireServer(BUSY, BUSY, DONE) as server, twin.open(base_url=server.url) as calls:
        assert len(calls.rerun_evaluation(agent_id=1, call_logs=IDS, wait_if_busy=60)) == len(IDS)
    assert len({request.body for request in server.received}) == 1
    assert len(server.received) == 3


@pytest.mark.usefixtures("short_pauses")
def test_the_refusal_is_raised_when_the_seconds_are_over(twin: Twin) -> None:
    with WireServer(BUSY) as server, twin.open(base_url=server.url) as calls:
        started = time.monotonic()
        with pytest.raises(StillEvaluatingError):
            evaluate(calls, wait_if_busy=0.05)
        assert time.monotonic() - started >= 0.05
        assert 2 <= len(server.received) <= 5
        server.received.clear()
        with pytest.raises(StillEvaluatingError):
            evaluate(calls, wait_if_busy=0)
    assert len(server.received) == 1


@pytest.mark.usefixtures("short_pauses")
def test_what_may_have_run_is_not_sent_again(twin: Twin) -> None:
    with (
        WireServer(BUSY, reply(500, b"still being evaluated")) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(ServerError) as raised,
    ):
        evaluate(calls, wait_if_busy=60)
    assert raised.value.may_have_run
    assert len(server.received) == 2


def test_closing_the_client_ends_the_pause_with_the_refusal(twin: Twin) -> None:
    with WireServer(BUSY) as server, twin.open(base_url=server.url) as calls:

        def close() -> None:
            while not server.received:
                time.sleep(0.005)
            time.sleep(0.1)
            calls.close()

        closer = threading.Thread(target=close)
        closer.start()
        with pytest.raises(StillEvaluatingError) as raised:
            evaluate(calls, wait_if_busy=3600)
        closer.join()
    assert raised.value.__notes__ == ["The client was closed while it waited to send this again."]
    assert len(server.received) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_pause_sends_nothing_more(backend: str) -> None:
    marked: list[bool] = []

    async def evaluate(client: AsyncCekura) -> None:
        try:
            await client.call_logs.evaluate_metrics(
                agent_id=1, call_logs=[1], metrics=[2], wait_if_busy=3600
            )
        except BaseException as cancelled:
            marked.append(hasattr(cancelled, "sent"))
            raise

    async def with_asyncio() -> None:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(evaluate(client), 0.2)

    async def with_trio() -> None:
        async with AsyncCekura(KEY, base_url=server.url) as client:
            with pytest.raises(trio.TooSlowError), trio.fail_after(0.2):
                await evaluate(client)

    with WireServer(BUSY) as server:
        if backend == "asyncio":
            asyncio.run(with_asyncio())
        else:
            trio.run(with_trio)
    assert len(server.received) == 1
    assert marked == [False]


@pytest.mark.parametrize("wrong", [-1, "5", True, float("nan"), float("inf"), 30 * 86400 + 1])
def test_what_are_no_seconds_is_refused(twin: Twin, wrong: Any) -> None:
    with WireServer(BUSY) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError, match="wait_if_busy"):
            evaluate(calls, wait_if_busy=wrong)
        with pytest.raises(InvalidRequestError, match="wait_if_busy"):
            calls.rerun_evaluation(
                agent_id=1, call_logs="all", max_metric_runs=5, wait_if_busy=wrong
            )
    assert server.received == []
