"""The sandbox keeps to the corrected contract, whatever it is sent."""

import copy
from collections import Counter
from typing import Any, cast

import pytest
from cekura_client.sandbox import Sandbox

from scripts.tools.documents import Document
from tests.properties.contracts import served
from tests.properties.fuzzing import Findings, fuzz
from tests.support.wire import WireServer, reply

pytestmark = pytest.mark.slow

EVALUATE = "POST /observability/v1/call-logs/evaluate_metrics/"
RERUN = "POST /observability/v1/call-logs/rerun_evaluation/"
RETRIEVE = "GET /observability/v2/call-logs/{id}/"
LIST = "GET /observability/v2/call-logs/"
OBSERVE = "POST /observability/v1/observe/"
VOTE = "POST /observability/v2/call-logs/{id}/mark_metric_vote/"
UPDATE = "PATCH /observability/v2/call-logs/{id}/"
BILLING = "GET /test_framework/billing/info/"

# Answers to what the contract does not describe: another method, another content type.
UNDESCRIBED = {401, 405, 415, 429}


def sandbox(*, stale_replies: bool = False, rate_limit: tuple[int, float] | None = None) -> Sandbox:
    return Sandbox(
        credits=1_000_000,
        evaluation_seconds=0.02,
        stale_replies=stale_replies,
        rate_limit=rate_limit,
    )


def documented(contract: Document) -> dict[str, set[int]]:
    return {
        f"{method.upper()} {path}": {int(status) for status in operation["responses"]}
        for path, item in cast("dict[str, dict[str, Any]]", contract["paths"]).items()
        for method, operation in item.items()
    }


def confined(contract: Document, server: Sandbox) -> Document:
    """Let requests name nothing but what the sandbox has, so that they are accepted as well."""
    changed = cast("Any", copy.deepcopy(contract))
    calls = {"type": "integer", "enum": [call.id for call in server.call_logs]}
    some = {"type": "array", "minItems": 1}
    for one in (RETRIEVE, UPDATE, VOTE):
        method, path = one.split()
        (parameter,) = changed["paths"][path][method.lower()]["parameters"]
        parameter["schema"] = calls
    # One agent, so that its calls and metrics are together more often than not.
    agent = server.call_logs[0].agent_id
    metrics = [metric.id for metric in server.metrics if agent in metric.agent_ids]
    own = {
        "type": "integer",
        "enum": [call.id for call in server.call_logs if call.agent_id == agent],
    }
    listed: dict[str, list[Any]] = {"agent_id": [agent], "page": [1, 2], "page_size": [1, 200]}
    listed |= {"filters_v2": ['{"field": "success", "op": "eq", "value": true}']}
    listed |= {"call_ids": [f"{own['enum'][0]},{own['enum'][1]}", "1"]}
    parameters = changed["paths"][LIST.removeprefix("GET ")]["get"]["parameters"]
    for parameter in parameters:
        if parameter["name"] in listed:
            parameter["schema"]["enum"] = listed[parameter["name"]]
            parameter["required"] = parameter["name"] == "agent_id"
    # Most ranges that are drawn are too long, and most other scopes are empty.
    left_out = ("project_id", "assistant_id", "timestamp_from", "timestamp_to")
    parameters[:] = [one for one in parameters if one["name"] not in left_out]
    schemas = changed["components"]["schemas"]
    evaluate = schemas["EvaluateMetrics"]["properties"]
    evaluate["agent_id"] = {"type": "integer", "enum": [agent]}
    evaluate["project_id"] = {"type": "integer", "enum": [item.id for item in server.projects]}
    evaluate["call_logs"] = some | {"items": own}
    evaluate["metrics"] = some | {"items": {"type": "integer", "enum": metrics}}
    rerun = schemas["RerunEvaluation"]["properties"]
    rerun["agent_id"] = {"type": "integer", "enum": [agent]}
    rerun["assistant_id"] = {"type": "string", "enum": [a.assistant_id for a in server.agents]}
    rerun["call_logs"] = {"oneOf": [some | {"items": own}, {"const": "all"}]}
    schemas["CreateCallLog"]["properties"] |= {
        "agent": {"type": "integer", "enum": [agent]},
        "metric_ids": {"type": "string", "enum": [",".join(map(str, metrics)), f"{metrics[0]}"]},
        "transcript_json": some | {"items": {"type": "object"}},
    }
    schemas["CreateCallLog"]["required"].append("agent")
    # The first metric has a result on each call from the beginning.
    schemas["MarkMetricVote"]["properties"]["metric_id"] = {"enum": [789, 801]}
    return cast("Document", changed)


def require_sound(findings: Findings) -> Counter[tuple[str, int]]:
    """Hold all answers against the contract, and count those to what it describes."""
    assert findings.failures == {}
    assert findings.errors == []
    statuses = documented(served())
    for answer in findings.answers:
        assert answer.status in (statuses[answer.operation] if answer.as_described else UNDESCRIBED)
        assert (answer.status == 429) == (answer.retry_after is not None)
        assert answer.retry_after is None or int(answer.retry_after) >= 1
    return Counter((a.operation, a.status) for a in findings.answers if a.as_described)


def test_any_request_is_answered_as_the_contract_says() -> None:
    with sandbox() as server:
        findings = fuzz(served(), server.url, server.api_key)
        # The host of the suite must not be mistaken for the server.
        assert server.requests >= len(findings.answers)
    counts = require_sound(findings)
    for operation, refusal in (
        *((EVALUATE, 400), (RERUN, 400), (RETRIEVE, 404), (LIST, 400)),
        *((OBSERVE, 400), (VOTE, 404), (UPDATE, 404)),
    ):
        assert counts[operation, refusal]
        assert counts[operation, 401]
    for check in (
        *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
        *("response_headers_conformance", "response_schema_conformance", "ignored_auth"),
        *("negative_data_rejection", "missing_required_header", "unsupported_method"),
    ):
        assert findings.checks[check]


@pytest.mark.parametrize("stale", [False, True], ids=["being evaluated", "as before"])
def test_accepted_requests_are_answered_as_the_contract_says(stale: bool) -> None:  # noqa: FBT001  (a table)
    with sandbox(stale_replies=stale) as server:
        # What is not confined is not wrong.
        findings = fuzz(confined(served(), server), server.url, server.api_key, wrong=False)
        assert server.metric_runs
    counts = require_sound(findings)
    for operation in (EVALUATE, RERUN, RETRIEVE, LIST, BILLING, VOTE, UPDATE):
        assert counts[operation, 200]
    assert counts[OBSERVE, 201]


def test_a_rate_limit_is_answered_as_the_contract_says() -> None:
    with sandbox(rate_limit=(3, 3600)) as server:
        findings = fuzz(served(), server.url, server.api_key)
    counts = require_sound(findings)
    for operation in (EVALUATE, RERUN, RETRIEVE, LIST, BILLING, OBSERVE, VOTE, UPDATE):
        assert counts[operation, 429]


Place = tuple[str, ...]

SCHEMAS: Place = ("components", "schemas")
EVALUATED: Place = ("paths", EVALUATE.removeprefix("POST "), "post", "responses")
LIMITED: Place = ("components", "responses", "TooManyRequests", "headers", "Retry-After", "schema")
WRONG_CONTRACTS: list[tuple[str, Place, Any]] = [
    ("status_code_conformance", EVALUATED, {"200": {"description": ""}}),
    ("response_schema_conformance", (*SCHEMAS, "CallLogDetail", "required"), ["call_id", "new"]),
    ("response_schema_conformance", (*SCHEMAS, "FieldErrors", "additionalProperties"), False),
    ("response_headers_conformance", LIMITED, {"type": "string", "enum": ["soon"]}),
    (
        "content_type_conformance",
        (*EVALUATED, "400"),
        {"description": "", "content": {"text/html": {"schema": {"type": "string"}}}},
    ),
]


@pytest.mark.parametrize(("check", "place", "value"), WRONG_CONTRACTS)
def test_a_sandbox_that_differs_from_the_contract_is_found(
    check: str, place: Place, value: object
) -> None:
    with sandbox(rate_limit=(25, 3600)) as server:
        contract: Any = confined(served(), server)
        holder = contract
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = value
        assert check in fuzz(contract, server.url, server.api_key, brief=True).failures


@pytest.mark.parametrize(
    ("status", "checks"),
    [
        (500, {"not_a_server_error", "status_code_conformance"}),
        (200, {"negative_data_rejection", "response_schema_conformance", "ignored_auth"}),
    ],
)
def test_a_wrong_server_is_found(status: int, checks: set[str]) -> None:
    with WireServer(reply(status, b"[]")) as server:
        findings = fuzz(served(), server.url, "key", brief=True)
    assert checks <= {*findings.failures}
