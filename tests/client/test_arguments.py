"""Wrong arguments are refused before anything is sent; right ones arrive as the API wants them."""

import json
import re
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import pytest
from cekura_client import InvalidRequestError

from tests.support.twins import TWINS, Calls, Twin
from tests.support.wire import WireServer, reply


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer(reply()) as server:
        yield server


@pytest.fixture
def calls(server: WireServer, twin: Twin) -> Iterator[Calls]:
    with twin.open(base_url=server.url) as calls:
        yield calls


def shown(value: object) -> str:
    """Name a value the same way in every process."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


BAD_IDS: list[Any] = [
    "123", "everything", "", b"\x01\x02", bytearray(b"\x01"), None, [], (), iter(()), [True], [1.0],
    [1, " "], [None], [0], [-1], [2**63], [[1]], 5, 1.5, {}, [float("nan")],
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_IDS, ids=shown)
@pytest.mark.parametrize("name", ["call_logs", "metrics"])
def test_evaluate_refuses_what_are_no_ids(
    calls: Calls, server: WireServer, name: str, bad: Any
) -> None:
    arguments: dict[str, Any] = {"agent_id": 1, "call_logs": [1], "metrics": [2]} | {name: bad}
    with pytest.raises(InvalidRequestError, match=name) as raised:
        calls.evaluate_metrics(**arguments)
    assert "Nothing was sent" in str(raised.value)
    assert server.received == []


@pytest.mark.parametrize("bad", [*BAD_IDS, "ALL", " all", b"all", ["all"], [1, "2"]], ids=shown)
def test_rerun_refuses_what_are_no_ids_and_not_all(
    calls: Calls, server: WireServer, bad: Any
) -> None:
    with pytest.raises(InvalidRequestError, match="call_logs"):
        calls.rerun_evaluation(agent_id=1, call_logs=bad)
    assert server.received == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_of_thousands_of_digits_is_refused(
    calls: Calls, server: WireServer, sign: int
) -> None:
    with pytest.raises(InvalidRequestError, match="too many digits"):
        calls.retrieve(sign * 10**5000)
    assert server.received == []


def test_evaluate_refuses_texts_among_calls(calls: Calls, server: WireServer) -> None:
    with pytest.raises(InvalidRequestError, match="call_logs"):
        calls.evaluate_metrics(agent_id=1, call_logs=[1, "2"], metrics=["Polite"])
    assert server.received == []


def test_evaluate_refuses_all(calls: Calls, server: WireServer) -> None:
    with pytest.raises(InvalidRequestError, match="call_logs"):
        calls.evaluate_metrics(agent_id=1, call_logs="all", metrics=[1])
    assert server.received == []


@pytest.mark.parametrize("given", [{}, {"agent_id": None}, {"agent_id": None, "project_id": None}])
def test_scope_required(calls: Calls, server: WireServer, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="agent_id or project_id"):
        calls.evaluate_metrics(call_logs=[1], metrics=[2], **given)
    assert server.received == []


@pytest.mark.parametrize(
    "given",
    [
        {}, {"agent_id": None, "assistant_id": None}, {"agent_id": 1, "assistant_id": 2},
        {"agent_id": 1, "assistant_id": "asst_a"},
    ],
)  # fmt: skip
def test_rerun_agent_or_assistant(calls: Calls, server: WireServer, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="agent_id or assistant_id"):
        calls.rerun_evaluation(call_logs=[1], **given)
    assert server.received == []


@pytest.mark.parametrize("bad", [True, 1.0, "1", 0, -3, [1], b"1"], ids=repr)
def test_an_id_of_the_wrong_kind_is_refused(calls: Calls, server: WireServer, bad: Any) -> None:
    with pytest.raises(InvalidRequestError, match="agent_id"):
        calls.evaluate_metrics(agent_id=bad, call_logs=[1], metrics=[2])
    with pytest.raises(InvalidRequestError, match="project_id"):
        calls.evaluate_metrics(project_id=bad, call_logs=[1], metrics=[2])
    with pytest.raises(InvalidRequestError, match="agent_id"):
        calls.rerun_evaluation(agent_id=bad, call_logs=[1])
    with pytest.raises(InvalidRequestError, match="call_log_id"):
        calls.retrieve(bad)
    assert server.received == []


@pytest.mark.parametrize("bad", ["", " ", True, 1.0, b"asst", 0, ["asst"]], ids=repr)
def test_an_assistant_id_of_the_wrong_kind_is_refused(
    calls: Calls, server: WireServer, bad: Any
) -> None:
    with pytest.raises(InvalidRequestError, match="assistant_id"):
        calls.rerun_evaluation(assistant_id=bad, call_logs=[1])
    assert server.received == []


class NotQuiteInt:
    """What numpy's integers look like: registered as Integral, no subclass of int."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __int__(self) -> int:
        return self.value

    def __lt__(self, other: int) -> bool:
        return self.value < other


Integral.register(NotQuiteInt)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ([3, 1, 2], [3, 1, 2]),
        ((1, 2), [1, 2]),
        (range(1, 4), [1, 2, 3]),
        ({7}, [7]),
        ((number for number in [5, 5, 6, 5]), [5, 6]),
        ([1, 1], [1]),
        ([NotQuiteInt(4)], [4]),
    ],
)
def test_any_iterable_of_ids_is_sent_each_id_once(
    server: WireServer, given: Any, sent: list[int]
) -> None:
    with TWINS[0].open(base_url=server.url) as calls:
        calls.evaluate_metrics(agent_id=1, call_logs=given, metrics=[9, 9])
    (request,) = server.received
    assert json.loads(request.body) == {"agent_id": 1, "call_logs": sent, "metrics": [9]}


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (
            {"agent_id": 224, "call_logs": [123, 456], "metrics": [789, 790]},
            {"agent_id": 224, "call_logs": [123, 456], "metrics": [789, 790]},
        ),
        (
            {"project_id": 456, "call_logs": [1], "metrics": [2]},
            {"project_id": 456, "call_logs": [1], "metrics": [2]},
        ),
        (
            {"agent_id": 1, "project_id": 2, "call_logs": [3], "metrics": [4]},
            {"agent_id": 1, "project_id": 2, "call_logs": [3], "metrics": [4]},
        ),
    ],
)
def test_evaluate_metrics_on_the_wire(
    calls: Calls, server: WireServer, arguments: dict[str, Any], body: dict[str, Any]
) -> None:
    assert calls.evaluate_metrics(**arguments) == []
    (request,) = server.received
    assert (request.method, request.path) == (
        "POST",
        "/observability/v1/call-logs/evaluate_metrics/",
    )
    assert json.loads(request.body) == body


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"agent_id": 2142, "call_logs": [101]}, {"agent_id": 2142, "call_logs": [101]}),
        ({"agent_id": 2142, "call_logs": "all"}, {"agent_id": 2142, "call_logs": "all"}),
        ({"assistant_id": 2143, "call_logs": [1]}, {"assistant_id": 2143, "call_logs": [1]}),
        (
            {"assistant_id": "asst_abc123", "call_logs": "all"},
            {"assistant_id": "asst_abc123", "call_logs": "all"},
        ),
    ],
)
def test_rerun_evaluation_on_the_wire(
    calls: Calls, server: WireServer, arguments: dict[str, Any], body: dict[str, Any]
) -> None:
    assert calls.rerun_evaluation(**arguments) == []
    (request,) = server.received
    assert (request.method, request.path) == (
        "POST",
        "/observability/v1/call-logs/rerun_evaluation/",
    )
    assert json.loads(request.body) == body


def test_api_key_header(calls: Calls, server: WireServer) -> None:
    calls.rerun_evaluation(agent_id=1, call_logs=[1])
    (request,) = server.received
    assert request.headers["x-cekura-api-key"] == "test-key"
    assert "authorization" not in request.headers


def test_json_only_bodies(calls: Calls, server: WireServer) -> None:
    calls.rerun_evaluation(agent_id=1, call_logs=[1])
    (request,) = server.received
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
