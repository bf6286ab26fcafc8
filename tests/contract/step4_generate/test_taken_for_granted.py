"""What the package takes for granted of the published contract, beside what is corrected.

A change of any of these asks for a decision, not only for new bindings.
"""

import pytest
from cekura_client.config import DEFAULT_URL, KEY_HEADER

from scripts.tools.documents import Document, Json, child

OPERATIONS = {
    "/observability/v1/call-logs/evaluate_metrics/": "EvaluateMetrics",
    "/observability/v1/call-logs/rerun_evaluation/": "RerunEvaluation",
}
FIELDS = {
    "EvaluateMetrics": {"agent_id", "project_id", "call_logs", "metrics"},
    "RerunEvaluation": {"agent_id", "assistant_id", "call_logs"},
}
ROWS = {
    "/observability/v1/call-logs/evaluate_metrics/": "CallLogList",
    "/observability/v1/call-logs/rerun_evaluation/": "CallLogDetail",
}


def at(contract: Document, *place: str) -> Json:
    return child(contract, *place)


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def test_the_address(published: Document) -> None:
    assert published["servers"] == [{"url": DEFAULT_URL}]


def test_the_key(published: Document) -> None:
    scheme = at(published, "components", "securitySchemes", "api_key")
    assert isinstance(scheme, dict)
    assert {name: scheme[name] for name in ("type", "name", "in")} == {
        "type": "apiKey",
        "name": KEY_HEADER,
        "in": "header",
    }


def test_the_operations(published: Document) -> None:
    paths = published["paths"]
    assert isinstance(paths, dict)
    for path in OPERATIONS:
        methods = paths[path]
        assert isinstance(methods, dict)
        assert [*methods] == ["post"]


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_operation(published: Document, path: str) -> None:
    operation = at(published, "paths", path, "post")
    assert isinstance(operation, dict)
    # A parameter or a deprecation would be new.
    assert {*operation} == {
        *("tags", "summary", "description", "operationId"),
        *("requestBody", "responses", "security"),
    }
    body = at(operation, "requestBody", "content", "application/json", "schema")
    assert body == ref(OPERATIONS[path])
    rows = at(operation, "responses", "200", "content", "application/json", "schema")
    assert rows == {"type": "array", "items": ref(ROWS[path])}


@pytest.mark.parametrize("name", FIELDS)
def test_the_fields_of_a_request(published: Document, name: str) -> None:
    schema = at(published, "components", "schemas", name)
    assert isinstance(schema, dict)
    # A limit, such as maxItems, would be new.
    assert {*schema} == {"type", "properties", "required"}
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert {*properties} == FIELDS[name]
    for field in properties.values():
        assert isinstance(field, dict)
        assert {*field} - {"items"} == {"type", "description"}
