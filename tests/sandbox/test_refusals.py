"""What the sandbox refuses, and in which words; nothing of it is charged or changes anything."""

from typing import Any

import httpx
import pytest

from tests.sandbox.caller import EVALUATE, RERUN, Caller, call_path, errors

REQUIRED = ["This field is required."]
NULL = ["This field may not be null."]
NOT_AN_INTEGER = ["A valid integer is required."]
EMPTY = ["This list may not be empty."]


def unknown(key: object) -> str:
    return f'Invalid pk "{key}" - object does not exist.'


@pytest.mark.parametrize("path", [EVALUATE, RERUN])
@pytest.mark.parametrize("key", [None, "wrong", "", "sandbox-key-and-more", "schlüssel"])
def test_the_key_is_checked_before_anything_else(
    untouched: Caller, path: str, key: str | None
) -> None:
    headers = [] if key is None else [(b"X-CEKURA-API-KEY", key.encode("latin-1"))]
    reply = httpx.post(f"{untouched.sandbox.url}{path}", content=b"not JSON", headers=headers)
    assert reply.status_code == 401
    assert list(reply.json()) == ["detail"]
    assert reply.headers["WWW-Authenticate"]


def test_the_key_is_asked_for_in_its_own_header(untouched: Caller) -> None:
    headers = {"Authorization": f"Bearer {untouched.sandbox.api_key}"}
    reply = httpx.get(f"{untouched.sandbox.url}{call_path(101)}", headers=headers)
    assert reply.status_code == 401


@pytest.mark.parametrize(
    "path", ["/", EVALUATE.rstrip("/"), RERUN.rstrip("/"), call_path(101).rstrip("/"), "/nowhere/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_addresses_are_not_there(untouched: Caller, method: str, path: str) -> None:
    reply = untouched.http.request(method, path)
    assert reply.status_code == 404
    assert reply.json() == {"detail": "Not found."}


@pytest.mark.parametrize(
    "call_id", ["0", "-1", "1_0", "9" * 30, "9" * 5000, "abc", "%20101", "101.0", "%D9%A1"]
)
def test_a_call_that_is_not_there(untouched: Caller, call_id: str) -> None:
    reply = untouched.retrieve(call_id)
    assert reply.status_code == 404
    assert reply.json() == {"detail": "Not found."}


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "ODD"])
@pytest.mark.parametrize(
    ("path", "allowed"), [(EVALUATE, "POST"), (RERUN, "POST"), (call_path(101), "GET, PATCH, HEAD")]
)
def test_other_methods(untouched: Caller, method: str, path: str, allowed: str) -> None:
    if method in allowed.split(", "):
        return
    reply = untouched.http.request(method, path)
    assert reply.status_code == 405
    assert reply.json() == {"detail": f'Method "{method}" not allowed.'}
    assert reply.headers["Allow"] == allowed


def test_head_is_get_without_the_body(untouched: Caller) -> None:
    reply = untouched.http.head(call_path(101))
    assert reply.status_code == 200
    assert reply.content == b""
    assert untouched.http.head(EVALUATE).status_code == 405


@pytest.mark.parametrize("path", [EVALUATE, RERUN])
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"],
)
def test_bodies_that_are_not_json(untouched: Caller, path: str, content_type: str) -> None:
    reply = untouched.send(path, b'{"call_logs": [101]}', content_type)
    assert reply.status_code == 415
    assert reply.json() == {"detail": f'Unsupported media type "{content_type}" in request.'}


def test_a_content_type_with_parameters(untouched: Caller) -> None:
    reply = untouched.send(RERUN, b"{}", "Application/JSON; charset=utf-8")
    assert errors(reply) == {"call_logs": REQUIRED}


@pytest.mark.parametrize("path", [EVALUATE, RERUN])
@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"call_logs": [NaN]}',
        b'{"call_logs": [Infinity]}',
        b'{"call_logs": [-Infinity]}',
        b'{"call_logs": [' + b"9" * 5000 + b"]}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"agent_id": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"{} {}",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_malformed_json(untouched: Caller, path: str, content: bytes) -> None:
    detail: str = errors(untouched.send(path, content))["detail"]
    assert detail.startswith("JSON parse error - ")


@pytest.mark.parametrize("path", [EVALUATE, RERUN])
@pytest.mark.parametrize("content", [b"[]", b'"all"', b"null", b"12", b"true", b"1e400"])
def test_bodies_that_are_no_objects(untouched: Caller, path: str, content: bytes) -> None:
    said = errors(untouched.send(path, content))
    assert list(said) == ["non_field_errors"]
    assert said["non_field_errors"][0].startswith("Invalid data. Expected a dictionary")


def test_a_body_that_is_too_large_is_refused_where_its_sender_can_see_it(untouched: Caller) -> None:
    said = errors(untouched.send(EVALUATE, b" " * 5_000_000))
    assert said == {"detail": "Request body exceeded 2621440 bytes."}


@pytest.mark.parametrize("content", [b"", b"{}"])
def test_all_missing_fields_are_told_at_once(untouched: Caller, content: bytes) -> None:
    assert errors(untouched.send(EVALUATE, content)) == {
        "call_logs": REQUIRED,
        "metrics": REQUIRED,
    }
    assert errors(untouched.send(RERUN, content)) == {"call_logs": REQUIRED}


def test_wrong_names_are_passed_over_and_the_right_ones_missed(untouched: Caller) -> None:
    body = {"agent_id": 224, "call_log_ids": [123], "metric_ids": [789]}
    assert errors(untouched.evaluate(body)) == {"call_logs": REQUIRED, "metrics": REQUIRED}


WRONG_LISTS: list[tuple[Any, list[str]]] = [
    ([True], NOT_AN_INTEGER),
    ([123, 4.0], NOT_AN_INTEGER),
    (["123"], NOT_AN_INTEGER),
    ([[123]], NOT_AN_INTEGER),
    ([{}], NOT_AN_INTEGER),
    ([None], NULL),
    ([], EMPTY),
    (None, NULL),
    ("123", ['Expected a list of items but got type "str".']),
    (123, ['Expected a list of items but got type "int".']),
    ({"0": 123}, ['Expected a list of items but got type "dict".']),
    ("all", ['Expected a list of items but got type "str".']),
]


@pytest.mark.parametrize(("value", "said"), WRONG_LISTS)
@pytest.mark.parametrize("field", ["call_logs", "metrics"])
def test_lists_of_ids(untouched: Caller, field: str, value: object, said: list[str]) -> None:
    body = {"agent_id": 224, "call_logs": [123], "metrics": [789], field: value}
    assert errors(untouched.evaluate(body)) == {field: said}


@pytest.mark.parametrize("number", ["1e400", "123.0", "1.23e2", "-0.0"])
def test_numbers_that_are_no_integers(untouched: Caller, number: str) -> None:
    content = f'{{"agent_id": {number}, "call_logs": [123, {number}]}}'
    assert errors(untouched.send(RERUN, content.encode())) == {
        "agent_id": NOT_AN_INTEGER,
        "call_logs": NOT_AN_INTEGER,
    }


@pytest.mark.parametrize("value", ["everything", "ALL", "", 5, True, {}, 1.5])
def test_calls_to_rerun_are_ids_or_all(untouched: Caller, value: object) -> None:
    said = errors(untouched.rerun({"agent_id": 2142, "call_logs": value}))
    assert said == {"call_logs": ['Expected a list of items or the text "all".']}


@pytest.mark.parametrize(("value", "said"), [([], EMPTY), ([1.0], NOT_AN_INTEGER), (None, NULL)])
def test_lists_of_calls_to_rerun(untouched: Caller, value: object, said: list[str]) -> None:
    assert errors(untouched.rerun({"agent_id": 2142, "call_logs": value})) == {"call_logs": said}


@pytest.mark.parametrize("value", [True, 224.0, "224", [224], {}])
@pytest.mark.parametrize("field", ["agent_id", "project_id"])
def test_scopes_are_integers(untouched: Caller, field: str, value: object) -> None:
    body = {field: value, "call_logs": [123], "metrics": [789]}
    assert errors(untouched.evaluate(body)) == {field: NOT_AN_INTEGER}


@pytest.mark.parametrize("field", ["agent_id", "assistant_id"])
def test_a_null_is_not_a_missing_field(untouched: Caller, field: str) -> None:
    assert errors(untouched.rerun({field: None, "call_logs": [101]})) == {field: NULL}


def test_every_wrong_field_is_told(untouched: Caller) -> None:
    body = {"agent_id": "x", "project_id": None, "call_logs": [], "metrics": [False]}
    assert errors(untouched.evaluate(body)) == {
        "agent_id": NOT_AN_INTEGER,
        "project_id": NULL,
        "call_logs": EMPTY,
        "metrics": NOT_AN_INTEGER,
    }


def test_evaluate_needs_a_scope(untouched: Caller) -> None:
    said = errors(untouched.evaluate({"call_logs": [123], "metrics": [789]}))
    assert said == {"non_field_errors": ["Provide either agent_id or project_id."]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"agent_id": 9}, {"agent_id": [unknown(9)]}),
        ({"project_id": 9}, {"project_id": [unknown(9)]}),
        (
            {"agent_id": 9, "project_id": 8},
            {"agent_id": [unknown(9)], "project_id": [unknown(8)]},
        ),
        (
            {"agent_id": 224, "project_id": 457},
            {"agent_id": ["Agent 224 does not belong to project 457."]},
        ),
        ({"agent_id": 224, "call_logs": [9, 8]}, {"call_logs": [unknown(9), unknown(8)]}),
        ({"agent_id": 224, "call_logs": [101]}, {"call_logs": [unknown(101)]}),
        ({"project_id": 456, "call_logs": [101]}, {"call_logs": [unknown(101)]}),
        ({"agent_id": 224, "metrics": [801]}, {"metrics": [unknown(801)]}),
        ({"project_id": 456, "metrics": [801]}, {"metrics": [unknown(801)]}),
        (
            {"agent_id": 224, "call_logs": [10**40], "metrics": [789, -1]},
            {"call_logs": [unknown(10**40)], "metrics": [unknown(-1)]},
        ),
        # Of the agent's project, and not assigned to the agent.
        (
            {"agent_id": 2142, "call_logs": [101], "metrics": [804]},
            {"metrics": [unknown(804)]},
        ),
    ],
)
def test_what_to_evaluate_must_be_in_scope(
    untouched: Caller, body: dict[str, Any], said: dict[str, list[str]]
) -> None:
    assert errors(untouched.evaluate({"call_logs": [123], "metrics": [789], **body})) == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"x": 1}, {"non_field_errors": ["Provide either agent_id or assistant_id."]}),
        (
            {"agent_id": 2142, "assistant_id": 2143},
            {"non_field_errors": ["Provide either agent_id or assistant_id, not both."]},
        ),
        ({"agent_id": 9}, {"agent_id": [unknown(9)]}),
        ({"assistant_id": 9}, {"assistant_id": ["Object with assistant_id=9 does not exist."]}),
        (
            {"assistant_id": "asst"},
            {"assistant_id": ["Object with assistant_id=asst does not exist."]},
        ),
        ({"assistant_id": " "}, {"assistant_id": ["This field may not be blank."]}),
        ({"assistant_id": True}, {"assistant_id": ["Not a valid string."]}),
        ({"assistant_id": 2143.0}, {"assistant_id": ["Not a valid string."]}),
        ({"assistant_id": ["2143"]}, {"assistant_id": ["Not a valid string."]}),
        ({"agent_id": 2142, "call_logs": [101, 123]}, {"call_logs": [unknown(123)]}),
        ({"assistant_id": "asst_abc123", "call_logs": [101]}, {"call_logs": [unknown(101)]}),
    ],
)
def test_what_to_rerun_must_be_in_scope(
    untouched: Caller, body: dict[str, Any], said: dict[str, list[str]]
) -> None:
    assert errors(untouched.rerun({"call_logs": [101], **body})) == said


def test_text_that_is_no_unicode_is_quoted_back(untouched: Caller) -> None:
    reply = untouched.send(RERUN, b'{"assistant_id": "\\ud800", "call_logs": [101]}')
    said = errors(reply)["assistant_id"]
    assert said == ["Object with assistant_id=\ud800 does not exist."]
