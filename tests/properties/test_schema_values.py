"""The strategies, and what judges the replies: they find what they are there to find."""

import pytest
from cekura_client import CallLog, Evaluation
from hypothesis import find, settings

from scripts.tools.documents import Document, Json
from tests.properties.bodies import as_compared, instant
from tests.properties.declared_types import mistyped
from tests.properties.schema_values import SchemaValues, UnknownKeywordError

NOT_UNDERSTOOD: list[Json] = [
    {"type": "string", "pattern": "a", "maxLength": 1},
    {"type": "string", "format": "uuid"},
    {"type": "string", "format": "date-time", "maxLength": 20},
    {"type": "array", "minItems": 1},
    {"type": "integer", "minimum": 0},
    {"type": "whole"},
    {"items": {}},
    {"properties": {"a": {"not": {}}}, "type": "object"},
    {"type": "object", "required": ["a"]},
    {"allOf": [{}, {}]},
    {"anyOf": [{}], "oneOf": [{}]},
    {"anyOf": [{}], "maxLength": 1},
    {"$ref": "#/a", "type": "string"},
    {"enum": ["a"], "maxLength": 1},
    False,
]


@pytest.mark.parametrize("schema", NOT_UNDERSTOOD)
def test_a_schema_that_is_not_understood_is_refused(schema: Json) -> None:
    with pytest.raises(UnknownKeywordError):
        SchemaValues({"a": {}}).of(schema)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, {"a": [None, {"b": [1e300, -0.0, "\x00"]}]}),
        ({"type": ["string", "null"], "maxLength": 3}, "xxx"),
        ({"type": "string", "minLength": 2}, "[]"),
        ({"type": ["array", "null"], "items": {"type": "boolean"}}, [True, False]),
        ({"oneOf": [{}, {"type": "null"}]}, 0),
        ({"const": "all"}, "all"),
        ({"type": "integer", "enum": ["a", 7]}, 7),
        ({"type": "object", "additionalProperties": False}, {}),
        ({"type": "object", "additionalProperties": {"type": "null"}}, {"self": None}),
        ({"$ref": "#/a"}, {"b": True, "type_": None}),
        ({"type": "integer"}, 5.0),
        ({"type": "number"}, 10**400),
        ({"type": ["string", "null"], "pattern": "^a|b$"}, "b"),
    ],
)
def test_a_value_that_a_schema_allows_is_drawn(schema: Json, value: Json) -> None:
    boolean: Document = {"type": "boolean"}
    contract: Document = {"a": {"type": "object", "properties": {"b": boolean}, "required": ["b"]}}
    drawn = SchemaValues(contract).of(schema)
    often = settings(max_examples=20_000, database=None, derandomize=True)
    find(drawn, lambda found: as_compared(found) == as_compared(value), settings=often)


def test_a_value_that_is_not_of_its_declared_type_is_found() -> None:
    call = CallLog(call_id="a", evaluation=Evaluation(metrics=[]), id=1)
    assert [*mistyped(call, CallLog)] == []
    assert [*mistyped([call], list[CallLog])] == []
    wrong: list[tuple[str, object]] = [
        ("evaluation", {"metrics": []}),
        *(("id", True), ("id", 1.0), ("id", "1"), ("success", 1), ("call_id", None)),
        *(("timestamp", "2024-03-15T10:15:45Z"), ("transcript_object", [{"role": "a"}])),
        ("additional_properties", {1: 2}),
    ]
    for name, value in wrong:
        call = CallLog(id=1, call_id="a")
        setattr(call, name, value)
        assert [*mistyped([call], list[CallLog])], name


def test_what_is_written_back_is_compared_strictly() -> None:
    different: list[tuple[Json, Json]] = [
        ({"a": True}, {"a": 1}),
        ({"a": None}, {}),
        ([], {}),
        ({"a": "1"}, {"a": 1}),
        ({"timestamp": "2024-03-15T10:15:45Z"}, {"timestamp": "2024-03-15T10:15:45.000001Z"}),
        (
            {"a": {"timestamp": "2024-03-15T10:15:45Z"}},
            {"a": {"timestamp": "2024-03-15T10:15:45z"}},
        ),
    ]
    for one, other in different:
        assert as_compared(one) != as_compared(other)
    assert as_compared([{"a": 5.0}]) == as_compared([{"a": 5}])
    assert instant("2024-03-15T10:15:45.5+02:30") == instant("2024-03-15t07:45:45.500000000Z")
    assert instant("2024-02-29T23:00:00-01:00") == instant("2024-03-01T00:00:00Z")
