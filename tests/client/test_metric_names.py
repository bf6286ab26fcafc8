"""Names wherever metric ids are taken: one free list tells the ids, before anything is paid for."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cekura_client import (
    BatchReport,
    CekuraError,
    InvalidRequestError,
    InvalidResponseError,
    PermissionDeniedError,
    RetryPolicy,
    SpendLimitError,
)

from tests.support.twins import Calls, Twin
from tests.support.wire import Answer, Received, Script, WireServer, reply, rows_asked_for

METRICS: list[dict[str, Any]] = [
    {"id": 789, "name": "Instruction Follow"},
    {"id": 790, "name": "Customer Satisfaction"},
    {"id": 791, "name": 'Says "hi" 👋'},
    {"id": 792, "name": "Twice"},
    {"id": 793, "name": "Twice"},
    {"id": 794, "name": "790"},
    {"id": 795, "name": None},
    {"id": 795},
]
LIST = "/test_framework/v2/metrics/"


def serving(metrics: list[dict[str, Any]]) -> Answer:
    """List these metrics, and accept whatever else comes."""

    def answer(request: Received) -> Script:
        if request.method == "GET":
            return reply(200, json.dumps(metrics).encode())
        return rows_asked_for(request)

    return Answer(answer)


def sent(server: WireServer) -> list[Any]:
    """Tell the lists that were asked for, and the metrics of each paid request."""
    return [
        request.path.removeprefix(LIST)
        if request.method == "GET"
        else json.loads(request.body)["metrics"]
        for request in server.received
    ]


def evaluate(calls: Calls, metrics: Any, **options: Any) -> object:
    return calls.evaluate_metrics(**{"agent_id": 1} | options, call_logs=[1, 2], metrics=metrics)


def in_batches(calls: Calls, metrics: Any, **options: Any) -> BatchReport:
    return calls.evaluate_metrics_in_batches(
        **{"agent_id": 1, "call_logs": range(1, 11), "batch_size": 2} | options, metrics=metrics
    )


def test_names_become_ids_by_one_list(twin: Twin) -> None:
    with WireServer(serving(METRICS)) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, ["Customer Satisfaction", 5, 'Says "hi" 👋'])
        evaluate(calls, {"Instruction Follow"}, agent_id=None, project_id=9)
        evaluate(calls, iter(["Instruction Follow"]), project_id=9)
        evaluate(calls, [790, 5])
    assert sent(server) == [
        *("?agent_id=1", [790, 5, 791]),
        *("?project_id=9", [789]),
        # The agent is the narrower scope.
        *("?agent_id=1", [789]),
        [790, 5],
    ]


def test_a_text_is_always_a_name(twin: Twin) -> None:
    with WireServer(serving(METRICS)) as server, twin.open(base_url=server.url) as calls:
        evaluate(calls, ["790"])
        with pytest.raises(InvalidRequestError, match="an id is given as a number"):
            evaluate(calls, ["789"])
    assert sent(server) == ["?agent_id=1", [794], "?agent_id=1"]


def test_what_is_one_metric_is_sent_and_counted_once(twin: Twin) -> None:
    with WireServer(serving(METRICS)) as server, twin.open(base_url=server.url) as calls:
        twice = ["Customer Satisfaction", 790, "Customer Satisfaction", 789]
        evaluate(calls, twice, max_metric_runs=4)
        with pytest.raises(SpendLimitError) as raised:
            evaluate(calls, twice, max_metric_runs=3)
        assert raised.value.metric_runs == 4
    assert sent(server) == ["?agent_id=1", [790, 789], "?agent_id=1"]


REFUSED: list[tuple[list[Any], str]] = [
    (["Customer satisfaction"], r"'Customer satisfaction'.*Close to it: 'Customer Satisfaction'"),
    (["customer  SATISFACTION "], "Close to it: 'Customer Satisfaction'"),
    (["Costumer Satisfaktion"], "Close to it: 'Customer Satisfaction'"),
    (["Empathy"], r"There are 'Instruction Follow', .*'Says \"hi\" 👋', 'Twice', '790'\."),
    (["Twice"], "'Twice' is the name of several metrics, 792 and 793"),
    ([790, "Polite", "Twice"], "'Polite'.*792 and 793"),
]


@pytest.mark.parametrize(("metrics", "message"), REFUSED)
def test_an_unknown_name_is_refused_with_those_that_there_are(
    twin: Twin, metrics: list[Any], message: str
) -> None:
    with WireServer(serving(METRICS)) as server, twin.open(base_url=server.url) as calls:
        for act in (evaluate, in_batches):
            with pytest.raises(InvalidRequestError, match=message) as raised:
                act(calls, metrics)
            assert not raised.value.may_have_run
            assert str(raised.value).endswith("Nothing of this was sent.")
    assert sent(server) == ["?agent_id=1", "?agent_id=1"]


def test_of_many_metrics_only_close_names_are_told(twin: Twin) -> None:
    many = [{"id": number, "name": f"Metric number {number}"} for number in range(1, 100)]
    with WireServer(serving(many)) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError, match=r"There are 99: see metrics\.list") as raised:
            evaluate(calls, ["Politeness"])
        assert "number 7" not in str(raised.value)
        with pytest.raises(InvalidRequestError, match="Close to it: 'Metric number 7'") as raised:
            evaluate(calls, ["metric number 7"])
        assert len(str(raised.value)) < 200


def test_a_scope_without_metrics_says_so(twin: Twin) -> None:
    with (
        WireServer(serving([])) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match="There are no metrics"),
    ):
        evaluate(calls, ["Polite"])


@pytest.mark.parametrize("metrics", ["Customer Satisfaction", "790", [""], [" \n"], [True, "a"]])
@pytest.mark.parametrize("act", [evaluate, in_batches])
def test_what_is_no_name_is_refused_before_the_list(twin: Twin, act: Any, metrics: Any) -> None:
    with (
        WireServer(serving(METRICS)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError, match="metrics"),
    ):
        act(calls, metrics)
    assert server.received == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent_id": None},
        {"agent_id": "1"},
        {"call_logs": []},
        {"call_logs": ["1"]},
        {"max_metric_runs": -1},
        {"max_credits": "many"},
        {"wait_if_busy": -1},
    ],
)
def test_other_wrong_arguments_are_refused_before_the_list(
    twin: Twin, wrong: dict[str, Any]
) -> None:
    arguments = {"agent_id": 1, "call_logs": [1], "metrics": ["Customer Satisfaction"]} | wrong
    with (
        WireServer(serving(METRICS)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError),
    ):
        calls.evaluate_metrics(**arguments)
    assert server.received == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent_id": None},
        {"call_logs": "all"},
        {"call_logs": [1, "2"]},
        {"batch_size": 0},
        {"max_concurrency": 0},
        {"on_reply": 5},
        {"max_metric_runs": -1},
    ],
)
def test_other_wrong_arguments_of_batches_are_refused_before_the_list(
    twin: Twin, wrong: dict[str, Any]
) -> None:
    with (
        WireServer(serving(METRICS)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidRequestError),
    ):
        in_batches(calls, ["Customer Satisfaction"], **wrong)
    assert server.received == []


def test_a_call_is_sent_with_metrics_by_name(twin: Twin) -> None:
    def answer(request: Received) -> Script:
        if request.method == "GET":
            return reply(200, json.dumps(METRICS).encode())
        return reply(201, b'{"id": 7, "call_id": "c-1"}')

    turns = [{"role": "Main Agent", "content": "Hi", "start_time": 0, "end_time": 1}]
    call: dict[str, Any] = {"call_id": "c-1", "transcript": turns}
    with WireServer(Answer(answer)) as server, twin.open(base_url=server.url) as calls:
        calls.observe(agent_id=1, metrics=["Customer Satisfaction", 5, 790], **call)
        calls.observe(assistant_id=7, metrics=["Instruction Follow"], **call)
        calls.observe(agent_id=1, metrics=[789], **call)
        with pytest.raises(InvalidRequestError, match="Close to it: 'Customer Satisfaction'"):
            calls.observe(agent_id=1, metrics=["customer satisfaction"], **call)
        with pytest.raises(InvalidRequestError):
            calls.observe(agent_id=1, metrics=["Twice"], **call | {"call_id": ""})
    assert [
        request.path if request.method == "GET" else json.loads(request.body)["metric_ids"]
        for request in server.received
    ] == [
        *(f"{LIST}?agent_id=1", "790,5"),
        *(f"{LIST}?assistant_id=7", "789"),
        "789",
        f"{LIST}?agent_id=1",
    ]


def test_a_list_that_fails_ends_it_before_anything_is_paid(twin: Twin) -> None:
    failures: list[tuple[Script, type[CekuraError]]] = [
        (reply(403, b"{}"), PermissionDeniedError),
        (reply(200, b'{"results": []}'), InvalidResponseError),
        (reply(500), CekuraError),
    ]
    for script, kind in failures:
        with (
            WireServer(script) as server,
            twin.open(base_url=server.url, retries=RetryPolicy(attempts=1)) as calls,
        ):
            for act in (evaluate, in_batches):
                with pytest.raises(kind) as raised:
                    act(calls, ["Customer Satisfaction"])
                assert not raised.value.may_have_run
            assert [request.method for request in server.received] == ["GET", "GET"]


class Once(Collection[int]):
    """Ids that can be read once, as a progress bar around a generator can."""

    def __init__(self, *ids: int) -> None:
        self._ids = ids
        self._left = iter(ids)

    def __iter__(self) -> Iterator[int]:
        return self._left

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, value: object) -> bool:
        return value in self._ids


@pytest.mark.parametrize("metrics", [["Customer Satisfaction"], [790]])
def test_batches_read_the_ids_once(twin: Twin, metrics: list[Any]) -> None:
    with WireServer(serving(METRICS)) as server, twin.open(base_url=server.url) as calls:
        report = in_batches(calls, metrics, call_logs=Once(3, 1, 2))
    assert sorted(report.succeeded) == [1, 2, 3]


def test_batches_look_names_up_once(twin: Twin) -> None:
    with WireServer(serving(METRICS)) as server, twin.open(base_url=server.url) as calls:
        report = in_batches(calls, ["Customer Satisfaction", 789])
    assert report.complete
    assert sent(server) == ["?agent_id=1", *[[790, 789]] * 5]


@pytest.mark.parametrize("names_first", [True, False])
def test_a_journal_keeps_ids(twin: Twin, tmp_path: Path, *, names_first: bool) -> None:
    """A run that names began goes on with ids, and the other way round."""
    asked: list[list[Any]] = [["Customer Satisfaction"], [790]]
    first, second = asked if names_first else asked[::-1]
    refusing = [reply(401, b"{}")]

    def answer(request: Received) -> Script:
        if request.method == "POST" and refusing:
            return refusing.pop()
        return serving(METRICS).to(request)

    path = tmp_path / "run.db"
    with WireServer(Answer(answer)) as server, twin.open(base_url=server.url) as calls:
        begun = in_batches(calls, first, journal=path, max_concurrency=1)
        assert (begun.succeeded, begun.not_sent) == ([], list(range(3, 11)))
        with closing(sqlite3.connect(path)) as journal:
            (parameters,) = journal.execute("SELECT parameters FROM run").fetchone()
        assert json.loads(parameters)["metrics"] == [790]
        done = in_batches(calls, second, journal=path)
        with pytest.raises(InvalidRequestError, match="run"):
            in_batches(calls, ["Instruction Follow"], journal=path)
    assert sorted(done.succeeded) == list(range(1, 11))
