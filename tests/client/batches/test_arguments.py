"""What a run in batches refuses before anything is sent."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
from cekura_client import Cekura, InvalidRequestError

from tests.support.twins import KEY, Twin
from tests.support.wire import WireServer, reply

EVALUATE: dict[str, Any] = {"agent_id": 1, "metrics": [7], "call_logs": [1]}


class Stream:
    """An iterable whose length nobody knows."""

    def __iter__(self) -> Iterator[object]:
        return iter(["1"])


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("all", {"call_logs": "all"}),
    ("a text", {"call_logs": "123"}),
    ("one id", {"call_logs": 123}),
    ("nothing", {"call_logs": None}),
    ("a text among ids", {"call_logs": [1, 2, "3"]}),
    ("a bool among ids", {"call_logs": (1, True)}),
    ("a float among ids", {"call_logs": {1.5}}),
    ("id 0", {"call_logs": range(5)}),
    ("a text first", {"call_logs": Stream()}),
    ("no metrics", {"metrics": []}),
    ("no scope", {"agent_id": None}),
    ("batches of 0", {"batch_size": 0}),
    ("batches of a text", {"batch_size": "10"}),
    ("batches of a half", {"batch_size": 0.5}),
    ("batches of True", {"batch_size": True}),
    ("none at once", {"max_concurrency": 0}),
    ("too many at once", {"max_concurrency": 10**6}),
    ("no function for replies", {"on_reply": []}),
    ("no function for progress", {"on_progress": "print"}),
    ("no list to repeat", {"repeat_unknown": 5}),
]


@pytest.mark.parametrize(("name", "wrong"), WRONG, ids=[row[0] for row in WRONG])
def test_it_is_refused(twin: Twin, name: str, wrong: dict[str, Any]) -> None:
    with (
        WireServer(reply()) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError),
    ):
        calls.evaluate_metrics_in_batches(**(EVALUATE | wrong))
    assert server.received == [], name


async def take(_: object) -> None:
    raise AssertionError


async def stream() -> AsyncGenerator[int]:
    yield 1


@pytest.mark.parametrize(
    "wrong", [{"on_reply": take}, {"on_progress": take}, {"call_logs": stream()}]
)
def test_what_needs_an_event_loop_is_refused_where_there_is_none(wrong: dict[str, Any]) -> None:
    with (
        WireServer(reply()) as server,
        Cekura(KEY, base_url=server.url) as cekura,
        pytest.raises(InvalidRequestError, match="AsyncCekura"),
    ):
        cekura.call_logs.evaluate_metrics_in_batches(**(EVALUATE | wrong))
    assert server.received == []


@pytest.mark.parametrize("ids", [{}, {"agent_id": 1, "assistant_id": 2}])
def test_a_rerun_needs_one_of_agent_and_assistant(twin: Twin, ids: dict[str, Any]) -> None:
    with (
        WireServer(reply()) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match="one of the two"),
    ):
        calls.rerun_evaluation_in_batches(call_logs=[1], **ids)
    assert server.received == []
