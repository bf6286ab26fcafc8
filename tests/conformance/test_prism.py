"""The client against Prism, which serves the corrected contract and refuses what breaks it."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import httpx
import pytest
from cekura_client import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    BillingInfo,
    CallLog,
    CallLogSummary,
    InvalidResponseError,
    Metric,
    NotFoundError,
    PermissionDeniedError,
    Project,
    RateLimitError,
    RetryPolicy,
    ServerError,
)

from scripts.tools.documents import Document, child, format_document
from scripts.tools.npx import LONGEST_DOWNLOAD
from tests.conformance import prism
from tests.conformance.calls import CALLS
from tests.conformance.judge import Judge
from tests.conformance.recorder import Recorder
from tests.support.twins import KEY, Calls, Twin
from tests.support.written_back import absent_as_null

# One worker starts Prism, and npx may have to fetch it first.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("prism"),
    pytest.mark.timeout(LONGEST_DOWNLOAD + 120),
]

RERUN = ("paths", "/observability/v1/call-logs/rerun_evaluation/", "post")
OPERATIONS = ["evaluate, agent", "re-run, all of an agent", "retrieve", "count", "balance"]
REFUSALS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}
SAMPLES = 20  # of each operation and twin
MOST_ATTEMPTS = 10 * SAMPLES
AMOUNTS = ("credits_remaining", "credits_used", "initial_balance")
# Prism's one row is none of those that are asked for; and no page says that there are no agents and
# that more come.
UNREADABLE = {
    "list, everything": "was not asked for",
    "agents, all": "next leads to another page",
    "agents, everything": "next leads to another page",
}
ONCE = RetryPolicy(attempts=1, deadline=0)


@dataclass(frozen=True)
class Servers:
    """Where Prism answers with one reply, and where it makes up another one each time."""

    static: str
    dynamic: str


@pytest.fixture(scope="module")
def servers(corrected: Document, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    command = prism.install()
    folder = tmp_path_factory.mktemp("prism")
    contract = folder / "contract.yaml"
    contract.write_text(format_document(corrected, "The corrected contract."), "utf-8")
    with ExitStack() as stack:
        yield Servers(
            stack.enter_context(prism.serve(command, contract, folder / "static.log")),
            stack.enter_context(
                prism.serve(command, contract, folder / "dynamic.log", "--dynamic")
            ),
        )


def examples(published: Document) -> dict[str, Any]:
    """The bodies that the page shows, by their titles."""
    found = child(published, *RERUN, "requestBody", "content", "application/json", "examples")
    assert isinstance(found, dict)
    return {name: cast("dict[str, Any]", example)["value"] for name, example in found.items()}


EXAMPLES = [
    "Re-evaluate-specific-call-logs",
    "Re-evaluate-all-call-logs",
    "Re-evaluate-using-assistant-id",
]


def written(calls: object) -> object:
    """What the models of a result write back, with dates as instants."""
    if isinstance(calls, list):
        return [written(call) for call in cast("list[object]", calls)]
    if calls is None or isinstance(calls, int):
        return calls
    if isinstance(calls, BillingInfo):
        return {name: getattr(calls, name) for name in AMOUNTS}
    assert isinstance(calls, (CallLog, CallLogSummary, Metric, Project))
    return _dated(calls.to_dict())


def received(kind: str, reply: httpx.Response) -> object:
    """What a reply holds, with dates as instants; of a vote nothing is read."""
    if kind == "vote":
        return None
    body: dict[str, Any] | list[dict[str, Any]] = json.loads(reply.content, parse_float=Decimal)
    if isinstance(body, dict) and kind in ("count", "balance"):
        return body["count"] if kind == "count" else _amounts(body)
    body = reply.json()
    if isinstance(body, dict) and kind == "list, agent":
        body = cast("list[dict[str, Any]]", body["results"])
    return [_dated(row) for row in body] if isinstance(body, list) else _dated(body)


def _amounts(body: dict[str, Any]) -> dict[str, Decimal | None]:
    amounts = {name: body.get(name) for name in AMOUNTS}
    return {name: None if one is None else Decimal(one) for name, one in amounts.items()}


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    dates = {name for name in ("timestamp", "created_at", "updated_at") if row.get(name)}
    return row | {name: dt.datetime.fromisoformat(row[name]) for name in dates}


def is_prisms_own_failure(error: ServerError) -> bool:
    """Whether Prism's maker of replies broke, as it does over some nullable free-form objects."""
    if error.headers["content-type"] != "application/problem+json":
        return False
    problem = json.loads(error.body)
    return problem["type"].endswith("/prism/errors#UNKNOWN") and "faker" in problem["title"]


def sampled(calls: Calls, operation: str) -> object:
    """Take another sample, until Prism can make one."""
    for _ in range(MOST_ATTEMPTS):
        try:
            return CALLS[operation](calls)
        except ServerError as error:
            if not is_prisms_own_failure(error):
                raise
        except InvalidResponseError as error:
            error.add_note(error.text)  # the next reply will be another one
            raise
    raise AssertionError("Prism cannot make a reply")


@pytest.mark.parametrize("kind", [kind for kind in CALLS if kind not in UNREADABLE])
def test_a_static_reply_is_read(kind: str, twin: Twin, servers: Servers, judge: Judge) -> None:
    recorder = Recorder(servers.static)
    with twin.open(http={"transport": recorder}, retries=ONCE) as calls:
        result = CALLS[kind](calls)
    (exchange,) = recorder.exchanges
    assert judge.reply_faults(exchange.request, exchange.reply) == []
    back = written(result)
    assert back == absent_as_null(received(kind, exchange.reply), back)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_list_with_every_parameter_is_accepted(kind: str, twin: Twin, servers: Servers) -> None:
    recorder = Recorder(servers.static)
    with (
        twin.open(http={"transport": recorder}, retries=ONCE) as calls,
        pytest.raises(InvalidResponseError, match=UNREADABLE[kind]),
    ):
        CALLS[kind](calls)
    assert recorder.last.reply.status_code == 200
    assert "sl-violations" not in recorder.last.reply.headers


@pytest.mark.parametrize("operation", OPERATIONS)
def test_dynamic_replies_are_read(
    operation: str, twin: Twin, servers: Servers, judge: Judge
) -> None:
    recorder = Recorder(servers.dynamic)
    with twin.open(http={"transport": recorder}, retries=ONCE) as calls:
        for _ in range(SAMPLES):
            result = sampled(calls, operation)
            exchange = recorder.last
            assert judge.reply_faults(exchange.request, exchange.reply) == []
            back = written(result)
            assert back == absent_as_null(received(operation, exchange.reply), back)
    assert len({exchange.reply.content for exchange in recorder.exchanges}) > SAMPLES / 2


def test_the_published_examples_are_these(published: Document) -> None:
    assert list(examples(published)) == EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_published_example_is_accepted(
    example: str, published: Document, servers: Servers
) -> None:
    reply = httpx.post(
        f"{servers.static}{RERUN[1]}",
        headers={"X-CEKURA-API-KEY": KEY},
        json=examples(published)[example],
    )
    assert reply.status_code == 200, reply.text
    assert "sl-violations" not in reply.headers


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_client_sends_a_published_example_as_it_stands(
    example: str, published: Document, servers: Servers, twin: Twin
) -> None:
    body = examples(published)[example]
    recorder = Recorder(servers.static)
    with twin.open(http={"transport": recorder}, retries=ONCE) as calls:
        (call,) = calls.rerun_evaluation(**body)
    assert isinstance(call, CallLog)
    assert json.loads(recorder.last.request.content) == body


@pytest.mark.parametrize(
    ("operation", "status", "kind"),
    [
        (operation, status, kind)
        for operation in OPERATIONS
        for status, kind in REFUSALS.items()
        # Neither a call log nor the balance can be asked for in a wrong way.
        if operation not in ("retrieve", "balance") or status != 400
    ],
)
def test_a_documented_refusal_is_raised(
    operation: str, status: int, kind: type[APIStatusError], twin: Twin, servers: Servers
) -> None:
    prefer = {"Prefer": f"code={status}"}
    recorder = Recorder(servers.static)
    with (
        twin.open(http={"transport": recorder}, retries=ONCE, headers=prefer) as calls,
        pytest.raises(kind) as raised,
    ):
        CALLS[operation](calls)
    assert recorder.last.reply.status_code == raised.value.status_code == status
    assert raised.value.detail or raised.value.field_errors
    assert not raised.value.may_have_run


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "fault"),
    [
        ("evaluate_metrics/", {"metric_ids": [3]}, {}, 400, "property 'metrics'"),
        ("evaluate_metrics/", {"metrics": ["x"]}, {}, 400, "must be integer"),
        ("evaluate_metrics/", {"metrics": [3], "agent_id": None}, {}, 400, "must be integer"),
        ("rerun_evaluation/", {"assistant_id": 2}, {}, 400, "must NOT be valid"),
        ("rerun_evaluation/", {"call_logs": "every"}, {}, 400, "oneOf"),
        ("evaluate_metrics/", {"metrics": [3]}, {"X-CEKURA-API-KEY": ""}, 401, "security"),
        ("evaluate_metrics", {"metrics": [3]}, {}, 404, "no path matched"),
    ],
)
def test_a_wrong_request_is_refused(
    *,
    path: str,
    body: dict[str, Any],
    headers: dict[str, str],
    status: int,
    fault: str,
    servers: Servers,
) -> None:
    reply = httpx.post(
        f"{servers.static}/observability/v1/call-logs/{path}",
        headers={"X-CEKURA-API-KEY": KEY} | headers,
        json={"agent_id": 1, "call_logs": [2]} | body,
    )
    assert reply.status_code == status
    assert fault in reply.headers.get("sl-violations", "") + reply.text


def test_only_prisms_own_failure_is_excused() -> None:
    def failure(body: bytes, media_type: str = "application/problem+json") -> ServerError:
        headers = {"content-type": media_type}
        return ServerError("failed", status_code=500, headers=headers, body=body)

    own = b'{"type": "https://stoplight.io/prism/errors#UNKNOWN", "title": "at json-schema-faker"}'
    assert is_prisms_own_failure(failure(own))
    assert not is_prisms_own_failure(failure(own, "application/json"))
    assert not is_prisms_own_failure(failure(own.replace(b"UNKNOWN", b"VIOLATIONS")))
    assert not is_prisms_own_failure(failure(own.replace(b"faker", b"x")))
