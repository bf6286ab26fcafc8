"""The check itself can fail: a wrong request or reply is caught, and so is a change of quirks."""

from copy import deepcopy
from typing import Any

import httpx
import pytest

from scripts.tools.documents import Document, Json, child
from tests.conformance.judge import Judge
from tests.conformance.quirks import Contracts
from tests.conformance.test_replies import CASES
from tests.conformance.test_requests import QUIRKS

API = "https://api.cekura.ai"
EVALUATE = f"{API}/observability/v1/call-logs/evaluate_metrics/"
RERUN = f"{API}/observability/v1/call-logs/rerun_evaluation/"
RETRIEVE = f"{API}/observability/v2/call-logs/123/"
KEY = {"X-CEKURA-API-KEY": "a"}
GOOD = {"agent_id": 1, "call_logs": [2], "metrics": [3]}
CALL = {"id": 1, "call_id": "a"}


def post(url: str = EVALUATE, body: Any = GOOD, headers: dict[str, str] = KEY) -> httpx.Request:
    return httpx.Request("POST", url, json=body, headers=headers)


def get(url: str = RETRIEVE) -> httpx.Request:
    return httpx.Request("GET", url, headers=KEY)


def form(url: str) -> httpx.Request:
    return httpx.Request("POST", url, data={"call_logs": "1"}, headers=KEY)


def test_what_is_right_passes(judge: Judge) -> None:
    assert judge.request_faults(post()) == []
    assert judge.request_faults(post(headers={"x-cekura-api-key": "a"})) == []
    assert judge.request_faults(get()) == []
    assert judge.reply_faults(get(), httpx.Response(200, json=CALL)) == []
    assert judge.reply_faults(post(), httpx.Response(200, json=[CALL])) == []


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (
            post(body={"agent_id": 1, "call_logs": [2], "metric_ids": [3]}),
            "'metrics' is a required",
        ),
        (post(body={"agent_id": 1, "call_log_ids": [2], "metrics": [3]}), "'call_logs' is a requ"),
        (post(body=GOOD | {"metrics": ["3"]}), "$.metrics[0]: '3' is not of type 'integer'"),
        (post(body=GOOD | {"agent_id": "1"}), "$.agent_id: '1' is not of type 'integer'"),
        (post(body=GOOD | {"agent_id": None}), "$.agent_id: None is not of type 'integer'"),
        (post(body=[GOOD]), "is not of type 'object'"),
        (post(EVALUATE.removesuffix("/")), "PathNotFound"),
        (get(RETRIEVE.removesuffix("/")), "PathNotFound"),
        (get(RETRIEVE.replace("123", "call_abc")), "'call_abc'"),
        (post("http://127.0.0.1/observability/v1/call-logs/evaluate_metrics/"), "ServerNotFound"),
        (get(EVALUATE), "OperationNotFound"),
        (post(headers={"Authorization": "a"}), "SecurityNotFound"),
        (post(headers={"Authorization": "Bearer a"}), "SecurityNotFound"),
        (form(EVALUATE), "MediaTypeNotFound"),
        (httpx.Request("POST", EVALUATE, headers=KEY), "MissingRequiredRequestBody"),
        (post(RERUN, {"agent_id": 1, "call_logs": "every"}), "'every' is not valid"),
        (post(RERUN, {"assistant_id": 1.5, "call_logs": "all"}), "$.assistant_id: 1.5 is not of"),
    ],
)
def test_a_wrong_request_is_caught(request_: httpx.Request, fault: str, judge: Judge) -> None:
    faults = judge.request_faults(request_)
    assert faults
    assert fault in faults[0]


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (httpx.Response(200, json=[]), "[] is not of type 'object'"),
        (httpx.Response(200, json={"id": 1}), "'call_id' is a required property"),
        (httpx.Response(200, json=CALL | {"id": None}), "$.id: None is not of type"),
        (httpx.Response(200, json=CALL | {"success": "yes"}), "$.success: 'yes' is not of"),
        (httpx.Response(200, json=CALL | {"timestamp": "soon"}), "'soon' is not a 'date-time'"),
        (httpx.Response(200, json=CALL | {"evaluation": [1]}), "$.evaluation: [1] is not valid"),
        (httpx.Response(200, json=CALL | {"trace_id": 33 * "a"}), "is too long"),
        (httpx.Response(200, text="<html>"), "MediaTypeNotFound"),
        (httpx.Response(200, content=b"{", headers={"content-type": "application/json"}), "Deser"),
        (httpx.Response(200), "MissingData"),
        (httpx.Response(404, json={"detail": ["a"]}), "$.detail: ['a'] is not of type"),
        (httpx.Response(400, json={"detail": "a"}), "ResponseNotFound"),
        (httpx.Response(500, json={"detail": "a"}), "ResponseNotFound"),
    ],
)
def test_a_wrong_reply_is_caught(reply: httpx.Response, fault: str, judge: Judge) -> None:
    faults = judge.reply_faults(get(), reply)
    assert faults
    assert fault in faults[0]


# Where ours is the stricter of the two, no exchange of the client's can show it.
FORBIDDEN_REQUESTS = {
    "scope-required": post(body={"call_logs": [1], "metrics": [2]}),
    "rerun-exactly-one": post(RERUN, {"agent_id": 1, "assistant_id": 2, "call_logs": [3]}),
}
NAMING = {"call-statuses"}  # which allows and forbids nothing
FORBIDDEN_REPLIES = {
    "error-body-placeholder": httpx.Response(400, json={"metrics": 3}),
    "metric-result-fields": httpx.Response(
        200, json=[CALL | {"metrics": [{"id": 1, "name": "m", "passed": "no"}]}]
    ),
    "transcript-turns": httpx.Response(
        200, json=[CALL | {"transcript_object": [{"role": "Main Agent", "time": 19}]}]
    ),
}


@pytest.mark.parametrize("quirk", FORBIDDEN_REQUESTS)
def test_a_request_that_one_quirk_alone_allows(quirk: str, contracts: Contracts) -> None:
    request = FORBIDDEN_REQUESTS[quirk]
    assert contracts.corrected.request_faults(request) != []
    assert contracts.without(quirk).request_faults(request) == []


@pytest.mark.parametrize("quirk", FORBIDDEN_REPLIES)
def test_a_reply_that_one_quirk_alone_allows(quirk: str, contracts: Contracts) -> None:
    reply = FORBIDDEN_REPLIES[quirk]
    assert contracts.corrected.reply_faults(post(), reply) != []
    assert contracts.without(quirk).reply_faults(post(), reply) == []


def test_every_quirk_is_met_by_an_exchange(contracts: Contracts) -> None:
    met = set[str]().union(*QUIRKS.values(), *(case.quirks for case in CASES))
    unmet = {*FORBIDDEN_REQUESTS, *FORBIDDEN_REPLIES, *NAMING}
    assert met | unmet == contracts.names


def schema(contract: Document, name: str) -> dict[str, Json]:
    found = child(contract, "components", "schemas", name)
    assert isinstance(found, dict)
    return found


RERUN_ALL = post(RERUN, {"agent_id": 1, "call_logs": "all"})
ITS_QUIRKS = {"rerun-agent-or-assistant", "rerun-all"}


def complaints(contracts: Contracts, expected: set[str]) -> list[str]:
    return contracts.complaints(lambda judge: judge.request_faults(RERUN_ALL), expected)


def test_known_quirks_raise_no_complaint(contracts: Contracts) -> None:
    assert complaints(contracts, ITS_QUIRKS) == []


def test_a_quirk_that_is_not_listed_is_named(contracts: Contracts) -> None:
    assert complaints(contracts, {"rerun-all"}) == [
        "rerun-agent-or-assistant: met, and not listed here"
    ]


def test_a_quirk_that_is_not_met_is_named(contracts: Contracts) -> None:
    assert complaints(contracts, ITS_QUIRKS | {"assistant-id-text"}) == [
        "assistant-id-text: listed here, and not met: repaired?"
    ]


def test_a_correction_that_is_missing_is_named(contracts: Contracts) -> None:
    rest = {name: one for name, one in contracts.overlays.items() if name != "rerun-all"}
    assert complaints(Contracts(contracts.published, rest), ITS_QUIRKS)[0] == (
        "rerun-all: listed here, and no longer corrected: repaired?"
    )


def test_a_quirk_that_the_vendor_repaired_is_named(contracts: Contracts) -> None:
    repaired = deepcopy(contracts.published)
    schema(repaired, "RerunEvaluation")["required"] = ["call_logs"]
    rest = {
        name: overlay
        for name, overlay in contracts.overlays.items()
        if name != "rerun-agent-or-assistant"
    }
    assert complaints(Contracts(repaired, rest), ITS_QUIRKS) == [
        "rerun-agent-or-assistant: listed here, and no longer corrected: repaired?"
    ]


def test_a_new_quirk_is_told_with_its_place(contracts: Contracts) -> None:
    changed = deepcopy(contracts.published)
    properties = schema(changed, "RerunEvaluation")["properties"]
    assert isinstance(properties, dict)
    properties["agent_id"] = {"type": "string"}
    assert complaints(Contracts(changed, contracts.overlays), ITS_QUIRKS) == [
        "wrong by the corrected contract: $.agent_id: 1 is not of type 'string'"
    ]
