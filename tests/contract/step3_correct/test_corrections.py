"""Each correction, named after its quirk: wrong as published, right as corrected."""

from copy import deepcopy
from dataclasses import dataclass

import pytest

from scripts.contract.step3_correct.applying import apply_overlays
from scripts.contract.step3_correct.correcting import correct, write_corrected
from scripts.contract.step3_correct.overlays import read_overlays
from scripts.contract.step3_correct.rules import with_rules
from scripts.tools.documents import Document, Json, child, read_document
from scripts.tools.layout import REPOSITORY, Layout
from scripts.tools.refusals import RefusedError
from tests.contract.conftest import Accepts

EVALUATE = ("paths", "/observability/v1/call-logs/evaluate_metrics/", "post")
RERUN = ("paths", "/observability/v1/call-logs/rerun_evaluation/", "post")
RETRIEVE = ("paths", "/observability/v2/call-logs/{id}/", "get")
LIST = ("paths", "/observability/v2/call-logs/", "get")
METRICS = ("paths", "/test_framework/v2/metrics/", "get")
AGENTS = ("paths", "/test_framework/v2/aiagents/short_list/", "get")
PROJECTS = ("paths", "/user/v1/projects/", "get")
OBSERVE = ("paths", "/observability/v1/observe/", "post")
VOTE = ("paths", "/observability/v2/call-logs/{id}/mark_metric_vote/", "post")
UPDATE = (*RETRIEVE[:2], "patch")
BILLING = ("paths", "/test_framework/billing/info/", "get")
FILES = [path for folder in REPOSITORY.overlays for path in sorted(folder.glob("*.yaml"))]


def schema(*names: str) -> tuple[str, ...]:
    return ("components", "schemas", *names)


def field(owner: str, name: str) -> tuple[str, ...]:
    return schema(owner, "properties", name)


METRIC = "CallLogListSerializerMetrics"
DETAILED_METRIC = "CallLogListSerializerMetricsWithExplanation"
TURN = "CallLogTranscriptObject"
CATEGORY = "CallLogCriticalCategories"
# All that is published as required.
RESULT: Document = {"id": 1, "name": "m", "type": "t", "score": 5, "enum": "", "value": ""}
SAID: Document = {"role": "Main Agent", "content": "Hello", "timestamp": 1}
FIELD_ERRORS = (*RERUN, "responses", "400", "content", "application/json", "schema")


@dataclass(frozen=True)
class Sample:
    """A value that one of the two contracts accepts, and the other refuses."""

    quirk: str
    place: tuple[str, ...]
    value: Json
    becomes_valid: bool = True


SAMPLES = [
    Sample(
        "rerun-agent-or-assistant", schema("RerunEvaluation"), {"agent_id": 1, "call_logs": [1]}
    ),
    Sample(
        "rerun-exactly-one",
        schema("RerunEvaluation"),
        {"agent_id": 1, "assistant_id": 2, "call_logs": [1]},
        becomes_valid=False,
    ),
    Sample("rerun-all", field("RerunEvaluation", "call_logs"), "all"),
    Sample("assistant-id-text", field("RerunEvaluation", "assistant_id"), "asst_abc123"),
    Sample(
        "scope-required",
        schema("EvaluateMetrics"),
        {"call_logs": [1], "metrics": [2]},
        becomes_valid=False,
    ),
    Sample("metric-result-fields", field(METRIC, "score"), None),
    Sample("metric-result-fields", field(DETAILED_METRIC, "explanation"), "one text"),
    Sample("metric-result-fields", schema(METRIC), RESULT | {"passed": "no"}, becomes_valid=False),
    Sample("transcript-turns", schema(TURN), SAID | {"start_time": "0:19"}, becomes_valid=False),
    Sample("transcript-turns", schema(TURN), SAID | {"time": 19}, becomes_valid=False),
    Sample("critical-categories", field(CATEGORY, "deviation"), "deviated from the script"),
    Sample("list-row-shapes", field("CallLogList", "transcript_object"), [SAID]),
    Sample("list-row-shapes", field("CallLogList", "transcript_object"), {"turns": []}),
    Sample("list-row-shapes", field("CallLogList", "evaluation"), {"metrics": []}),
    Sample("list-row-shapes", field("CallLogList", "evaluation"), [1]),
    Sample("agent-id-shape", field("CallLogDetail", "agent_id"), 2142),
    Sample("error-body-placeholder", FIELD_ERRORS, {"field_name": "text instead of a list"}),
    Sample("error-body-placeholder", FIELD_ERRORS, {"metrics": 3}, becomes_valid=False),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.quirk)
def test_quirk(sample: Sample, published: Document, corrected: Document, accepts: Accepts) -> None:
    assert accepts(published, sample.place, sample.value) is not sample.becomes_valid
    assert accepts(corrected, sample.place, sample.value) is sample.becomes_valid


def test_rule_json_only_bodies(published: Document, corrected: Document) -> None:
    for operation in (EVALUATE, RERUN):
        place = (*operation, "requestBody", "content")
        assert len(members(published, *place)) == 3
        assert list(members(corrected, *place)) == ["application/json"]
    form: Json = {"content": {"text/x": {}, "application/json": {}}}
    other: Document = {
        "components": {"requestBodies": {"One": form, "Two": {"content": {"a/b": {}}}}}
    }
    bodies = members(with_rules(other), "components", "requestBodies")
    assert bodies == {"One": {"content": {"application/json": {}}}, "Two": {"content": {"a/b": {}}}}


@pytest.mark.parametrize("name", ["rubric", "user_generated_transcript"])
def test_rule_null_forbidden(
    name: str, published: Document, corrected: Document, accepts: Accepts
) -> None:
    place = field("CallLogDetail", name)
    assert not accepts(published, place, None)
    assert accepts(corrected, place, None)
    assert accepts(corrected, place, {"any": "thing"})


def test_quirk_call_statuses(published: Document, corrected: Document, accepts: Accepts) -> None:
    for owner in ("CallLogDetail", "CallLogList"):
        place = field(owner, "status")
        assert child(corrected, *place, "allOf") == [{"$ref": "#/components/schemas/CallStatus"}]
        for status in ("success", "reviewed_failure"):
            assert accepts(published, place, status)
            assert accepts(corrected, place, status)
        for status in ("evaluating", "pending", "completed"):
            assert not accepts(published, place, status)
            assert accepts(corrected, place, status)
    priority = field("CallLogCriticalCategories", "priority")
    assert child(corrected, *priority, "allOf") == [
        {"$ref": "#/components/schemas/CategoryPriority"}
    ]
    assert accepts(published, priority, "critical")
    assert accepts(corrected, priority, "critical")


def test_quirk_retrieve_call_log(published: Document, corrected: Document) -> None:
    assert child(published, *RETRIEVE) is None
    assert child(corrected, *RETRIEVE, "operationId") == "call-logs-retrieve"
    reply = child(corrected, *RETRIEVE, "responses", "200", "content", "application/json")
    assert reply == {"schema": {"$ref": "#/components/schemas/CallLogDetail"}}
    assert child(corrected, *RETRIEVE, "security") == child(published, *EVALUATE, "security")
    assert "400" not in members(corrected, *RETRIEVE, "responses")


def test_quirk_list_call_logs(published: Document, corrected: Document, accepts: Accepts) -> None:
    assert child(published, *LIST) is None
    assert child(corrected, *LIST, "operationId") == "call-logs-list"
    reply = child(corrected, *LIST, "responses", "200", "content", "application/json")
    assert reply == {"schema": {"$ref": "#/components/schemas/CallLogPage"}}
    rows = child(corrected, *schema("CallLogPage", "properties", "results", "items"))
    assert rows == {"$ref": "#/components/schemas/CallLogList"}
    assert set(members(corrected, *LIST, "responses")) == {"200", "400", "401", "403", "404", "429"}
    assert child(corrected, *LIST, "security") == child(published, *EVALUATE, "security")
    page: Document = {"count": 1, "next": None, "results": [{"id": 1, "call_id": "a"}]}
    assert accepts(corrected, schema("CallLogPage"), page)
    for name in ("count", "results"):
        left_out = {key: value for key, value in page.items() if key != name}
        assert not accepts(corrected, schema("CallLogPage"), left_out)


def test_quirk_billing_info(published: Document, corrected: Document, accepts: Accepts) -> None:
    assert child(published, *BILLING) is None
    assert child(corrected, *BILLING, "operationId") == "billing-info-retrieve"
    reply = child(corrected, *BILLING, "responses", "200", "content", "application/json")
    assert reply == {"schema": {"$ref": "#/components/schemas/BillingInfoReply"}}
    assert set(members(corrected, *BILLING, "responses")) == {"200", "401", "403", "404", "429"}
    assert child(corrected, *BILLING, "security") == child(published, *EVALUATE, "security")
    amount = field("BillingInfoReply", "credits_remaining")
    right: list[Json] = ["7436.08", "-0.2", "0E-8", "50000", 7436.08, 3]
    wrong: list[Json] = ["", ".5", "1,5", "NaN", "Infinity", "1e1000", "1_0", True, []]
    assert [value for value in right if not accepts(corrected, amount, value)] == []
    assert [value for value in wrong if accepts(corrected, amount, value)] == []


def test_quirk_list_metrics(published: Document, corrected: Document, accepts: Accepts) -> None:
    assert child(published, *METRICS) is None
    reply = child(corrected, *METRICS, "responses", "200", "content", "application/json", "schema")
    assert child(reply, "items") == {"$ref": "#/components/schemas/MetricListSerializerV2"}
    row: Document = {"id": 1, "name": "m", "metric_cost": 0.2, "overall_score": 3, "new": [1]}
    assert accepts(corrected, schema("MetricListSerializerV2"), row)
    assert not accepts(corrected, schema("MetricListSerializerV2"), {"name": "m"})
    declared = members(corrected, *schema("MetricListSerializerV2", "properties"))
    # Examples contradict what is published of these.
    assert not {"overall_score", "total_score", "uses_llm_judge", "agent_names"} & set(declared)


def test_quirk_list_agents(published: Document, corrected: Document, accepts: Accepts) -> None:
    assert child(published, *AGENTS) is None
    reply = child(corrected, *AGENTS, "responses", "200", "content", "application/json", "schema")
    assert reply == {"$ref": "#/components/schemas/PaginatedAIAgentListList"}
    page: Document = {"count": 1, "next": None, "results": [{"id": 1, "agent_name": "a"}]}
    assert accepts(corrected, schema("PaginatedAIAgentListList"), page)
    assert not accepts(corrected, schema("PaginatedAIAgentListList"), page | {"count": None})
    assert not accepts(corrected, schema("AIAgentList"), {"agent_name": "a"})


def test_quirk_list_projects(published: Document, corrected: Document, accepts: Accepts) -> None:
    assert child(published, *PROJECTS) is None
    reply = child(corrected, *PROJECTS, "responses", "200", "content", "application/json", "schema")
    assert child(reply, "items") == {"$ref": "#/components/schemas/Project"}
    assert accepts(corrected, schema("Project"), {"id": 1, "name": "p", "members": []})
    assert not accepts(corrected, schema("Project"), {"name": "p"})


WRITE_STATUSES = {"400", "401", "403", "404", "429"}


def test_quirk_observe(published: Document, corrected: Document, accepts: Accepts) -> None:
    assert child(published, *OBSERVE) is None
    reply = child(corrected, *OBSERVE, "responses", "201", "content", "application/json")
    assert reply == {"schema": {"$ref": "#/components/schemas/CallLogList"}}
    assert set(members(corrected, *OBSERVE, "responses")) == {"201"} | WRITE_STATUSES
    assert child(corrected, *OBSERVE, "security") == child(published, *EVALUATE, "security")
    sent: list[Json] = [{"call_id": "a"}, {"call_id": "a", "transcript_json": {"any": [1]}}]
    assert [value for value in sent if not accepts(corrected, schema("CreateCallLog"), value)] == []
    wrong: list[Json] = [{}, {"call_id": ""}, {"call_id": "a", "metric_ids": [1]}]
    assert [value for value in wrong if accepts(corrected, schema("CreateCallLog"), value)] == []


def test_quirk_mark_metric_vote(published: Document, corrected: Document, accepts: Accepts) -> None:
    assert child(published, *VOTE) is None
    assert set(members(corrected, *VOTE, "responses")) == {"200"} | WRITE_STATUSES
    vote: Document = {"metric_id": 1, "thumbs_up": None, "expected_value": None}
    assert accepts(corrected, schema("MarkMetricVote"), vote)  # null, which satisfies a oneOf twice
    for name in vote:
        left_out = {key: value for key, value in vote.items() if key != name}
        assert not accepts(corrected, schema("MarkMetricVote"), left_out)


def test_quirk_update_call_log(published: Document, corrected: Document, accepts: Accepts) -> None:
    assert child(published, *UPDATE) is None
    assert child(corrected, *RETRIEVE, "operationId") == "call-logs-retrieve"  # it stands beside
    reply = child(corrected, *UPDATE, "responses", "200", "content", "application/json")
    assert reply == {"schema": {"$ref": "#/components/schemas/CallLogDetail"}}
    assert set(members(corrected, *UPDATE, "responses")) == {"200"} | WRITE_STATUSES
    right: list[Json] = [{"status": "reviewed_success"}, {"duration": 1.5}, {"metadata": {"a": 1}}]
    wrong: list[Json] = [{"status": "evaluating"}, {"duration": -1}, {"metadata": [1]}]
    place = schema("PatchedUpdateCallLog")
    assert [value for value in right if not accepts(corrected, place, value)] == []
    assert [value for value in wrong if accepts(corrected, place, value)] == []


def test_quirk_documented_refusals(
    published: Document, corrected: Document, accepts: Accepts
) -> None:
    refusals = {"401", "403", "404", "429"}
    for operation in (EVALUATE, RERUN):
        assert set(members(published, *operation, "responses")) == {"200", "400"}
        assert set(members(corrected, *operation, "responses")) == {"200", "400"} | refusals
    assert set(members(corrected, *RETRIEVE, "responses")) == {"200"} | refusals
    assert list(members(corrected, "components", "responses", "TooManyRequests", "headers")) == [
        "Retry-After"
    ]
    assert accepts(corrected, schema("Refusal"), {"detail": "Not found."})
    assert not accepts(corrected, schema("Refusal"), {"detail": ["Not found."]})


def test_every_correction_and_addition_has_a_test_of_its_name() -> None:
    tested = {sample.quirk for sample in SAMPLES} | {
        name.removeprefix("test_quirk_").replace("_", "-")
        for name in globals()
        if name.startswith("test_quirk_")
    }
    assert {path.stem for path in FILES} == tested


@pytest.mark.parametrize("name", ["specific-call-logs", "all-call-logs", "using-assistant-id"])
def test_the_request_examples_of_the_vendor_satisfy_the_corrected_contract_alone(
    name: str, published: Document, corrected: Document, accepts: Accepts
) -> None:
    body = (*RERUN, "requestBody", "content", "application/json")
    examples = members(published, *body, "examples")
    assert len(examples) == 3
    example = child(examples, f"Re-evaluate-{name}", "value")
    assert example is not None
    assert not accepts(published, (*body, "schema"), example)
    assert accepts(corrected, (*body, "schema"), example)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_makes_a_difference(
    path: object, published: Document, corrected: Document
) -> None:
    overlays = read_overlays(*REPOSITORY.overlays)
    without = [one for one, file in zip(overlays, FILES, strict=True) if file != path]
    assert apply_overlays(with_rules(published), without) != corrected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_applies_on_its_own_and_not_a_second_time(
    path: object, published: Document, corrected: Document
) -> None:
    overlays = read_overlays(*REPOSITORY.overlays)
    (own,) = [one for one, file in zip(overlays, FILES, strict=True) if file == path]
    ruled = with_rules(published)
    assert apply_overlays(ruled, [own]) != ruled
    notices: list[str] = []
    try:
        apply_overlays(corrected, [own], notices)
    except RefusedError as refusal:
        notices.append(str(refusal))
    assert own.name in "".join(notices)


def test_unknown_fields_are_welcome_everywhere(corrected: Document) -> None:
    def closed(node: Json) -> bool:
        if isinstance(node, dict):
            shut = node.get("additionalProperties") is False or "unevaluatedProperties" in node
            return shut or any(closed(member) for member in node.values())
        return isinstance(node, list) and any(closed(entry) for entry in node)

    assert not closed(corrected["components"])


def test_correcting_leaves_the_published_contract_as_it_is(published: Document) -> None:
    before = deepcopy(published)
    correct(published, REPOSITORY)
    assert published == before


def test_make_contract_writes_the_corrected_contract(layout: Layout, corrected: Document) -> None:
    write_corrected(layout)
    first = layout.corrected.read_bytes()
    assert read_document(layout.corrected) == corrected
    write_corrected(layout)
    assert layout.corrected.read_bytes() == first
    assert list(layout.build.iterdir()) == [layout.corrected]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "rerun-all",
            "properties.call_logs",
            "properties.call_log5",
            "there is no components > schemas",
        ),
        ("rerun-all", "type: array", "type: arrai", 'expected type: "arrai", found type: "array"'),
        ("rerun-all", "oneOf", "oneof", "'oneof' was unexpected"),
        (
            "call-statuses",
            "schemas/CallStatus",
            "schemas/CallStatuz",
            "there is no #/components/schemas/CallStatuz",
        ),
        ("list-metrics", "required: [id]", "required: [idd]", "requires 'idd'"),
        ("error-body-placeholder", "remove: true", "remove: tru", "remove: true was expected"),
        ("error-body-placeholder", "actions:", "action:", '"actions" is a required property'),
        ("error-body-placeholder", "actions:", "actions", "not a YAML or JSON document"),
        ("retrieve-call-log", "responses:", "respones:", "'respones' was unexpected"),
        ("retrieve-call-log", "api_key", "api_kye", "scheme 'api_kye' is not defined"),
    ],
)
def test_a_wrong_character_is_refused_and_its_file_named(
    file: str, old: str, new: str, message: str, layout: Layout
) -> None:
    (path,) = [path for folder in layout.overlays for path in folder.glob(f"{file}.yaml")]
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(RefusedError) as refusal:
        write_corrected(layout)
    assert f"{path.parent.name}/{path.name}" in str(refusal.value)
    assert message in str(refusal.value)
    assert not layout.corrected.exists()


def test_an_addition_that_another_leans_on_is_missed(layout: Layout) -> None:
    (layout.overlays[1] / "documented-refusals.yaml").unlink()
    with pytest.raises(RefusedError, match="there is no #") as refusal:
        write_corrected(layout)
    for name in ("billing-info", "list-call-logs", "retrieve-call-log"):
        assert f"additions/{name}.yaml" in str(refusal.value).partition(": ")[0]


def members(document: Document, *place: str) -> Document:
    """The object at a place, or none."""
    found = child(document, *place)
    return found if isinstance(found, dict) else {}
