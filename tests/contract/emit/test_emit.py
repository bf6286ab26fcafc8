"""The emitter, on small contracts; and what it leans on of openapi-python-client's parser."""

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from cekura_api.operation import parameter
from openapi_python_client.parser.properties import Property

from scripts.contract.emit import emit_package, parser_types
from scripts.contract.emit.parsing import parse
from scripts.contract.operations import Operation
from scripts.tools.documents import Document
from scripts.tools.refusals import RefusedError

Emit = Callable[..., ModuleType]
THING: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "kind": {"oneOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "null"}]},
        "state": {"enum": ["on", "off", None]},
        "choice": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]},
        "day": {"type": "string", "format": "date"},
        "part": {"allOf": [{"$ref": "#/components/schemas/Thing"}]},
        "parts": {"$ref": "#/components/schemas/Things"},
        "amounts": {"type": "object", "additionalProperties": {"type": "number"}},
        "either": {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in "AB"]},
        "mixed": {"type": "array", "items": {"type": ["integer", "string", "null"]}},
    },
}
SCHEMAS: dict[str, Any] = {
    "Thing": THING,
    "Things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
    "Kind": {"type": "string", "enum": ["a", "b"]},
    "A": {"type": "object", "properties": {"a": {"type": "integer"}}},
    "B": {"type": "object", "properties": {"a": {"type": "string"}}},
}


def contract(operation: dict[str, Any], schemas: dict[str, Any] = SCHEMAS) -> Document:
    item: dict[str, Any] = {"responses": {"200": json({"$ref": "#/components/schemas/Thing"})}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/things/{thing_id}/": {"post": item | operation}},
        "components": {"schemas": schemas},
    }


def json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


ENTRY = Operation(
    name="one-thing",
    method="post",
    paths=("/things/{thing_id}/",),
    page="",
    costs_credits=True,
    classes={},
    required={"Thing": ("id",)},
)
PATH: dict[str, Any] = {
    "name": "thing_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}


@pytest.fixture
def emit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emit]:
    """Emit a contract, and import what was written."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def emitted(operation: dict[str, Any], schemas: dict[str, Any] = SCHEMAS) -> ModuleType:
        told = {"parameters": [PATH]} | operation
        emit_package(contract(told, schemas), (ENTRY,), tmp_path / "emitted_api")
        importlib.invalidate_caches()
        return importlib.import_module("emitted_api.operations")

    yield emitted
    for name in [name for name in sys.modules if name.startswith("emitted_api")]:
        del sys.modules[name]


def test_every_type_of_property_that_the_parser_knows_is_decided_on() -> None:
    ours = {getattr(parser_types, name) for name in parser_types.__all__}
    # Made only with `literal_enums`, which is off.
    literal = {kind for kind in get_args(Property) if kind.__name__ == "LiteralEnumProperty"}
    assert len(literal) == 1
    assert {*get_args(Property)} - literal == ours - {parser_types.Property}


def test_what_is_leaned_on_of_the_parser() -> None:
    parsed = parse(contract({"parameters": [PATH], "tags": ["x"]}), (ENTRY,))
    ((covered,), thing) = parsed.operations, parsed.models["Thing"]
    assert covered.endpoint.name == "one_thing"  # the operationId that it is given
    assert [str(each.python_name) for each in covered.endpoint.path_parameters] == ["thing_id"]
    (reply,) = covered.endpoint.responses
    assert reply.source["return_type"] == "Any"
    assert isinstance(reply.prop, parser_types.ModelProperty)
    fields = {
        str(each.python_name): each
        for each in [*(thing.required_properties or ()), *(thing.optional_properties or ())]
    }
    assert list(fields) == list(THING["properties"])
    assert isinstance(fields["part"], parser_types.ModelProperty)  # of one allOf, the model itself
    assert isinstance(fields["parts"], parser_types.ListProperty)
    kind = fields["kind"]
    assert isinstance(kind, parser_types.UnionProperty)
    assert [type(each) for each in kind.inner_properties] == [
        parser_types.EnumProperty,
        parser_types.NoneProperty,
    ]


def test_a_reply_of_every_shape_is_read_and_written_back(emit: Emit) -> None:
    read = emit({}).one_thing(thing_id="a").read
    sent = (
        b'{"id": 1, "kind": "new", "state": "on", "choice": "soon", "day": "2026-11-01", '
        b'"part": {"id": 2, "amounts": {"a": 1.5}}, "parts": [{"id": 3}], '
        b'"either": {"a": "text"}, "mixed": [1, "b", null], "more": [1]}'
    )
    thing = read(sent)
    assert type(thing.kind) is str
    assert thing.part.amounts == {"a": 1.5}
    assert [type(part).__name__ for part in thing.parts] == ["Thing"]
    assert type(thing.either).__name__ == "B"
    assert thing.name is None
    back = thing.to_dict()
    assert back["day"] == "2026-11-01"
    assert (back["mixed"], back["choice"], back["more"]) == ([1, "b", None], "soon", [1])
    assert read(b'{"id": 1, "choice": "2026-11-01T24:00:00z"}').choice.isoformat() == (
        "2026-11-02T00:00:00+00:00"
    )
    models = sys.modules["emitted_api.models"]
    assert {"Kind", "ThingState"} <= {*models.__all__}
    assert [*models.ThingState] == ["on", "off"]


@pytest.mark.parametrize(
    ("member", "place"),
    [
        ('"part": {"id": "x"}', "the reply.part.id is a text"),
        ('"parts": [{"id": 3}, {}]', "the reply.parts[1].id is null or missing"),
        ('"parts": {}', "the reply.parts is an object"),
        ('"amounts": {"a": true}', "the reply.amounts.a is true or false"),
        ('"either": {"a": 1.5}', "the reply.either.a is a number"),
        ('"mixed": [1, 1.5]', "the reply.mixed[1] is a number"),
        ('"day": "2026-13-01"', "the reply.day is a text that is no date"),
        ('"id": NaN', "the reply.id is a number"),
    ],
)
def test_what_fits_no_type_is_refused_with_its_place(emit: Emit, member: str, place: str) -> None:
    operation = emit({}).one_thing(thing_id="a")
    with pytest.raises(ValueError, match=rf"^{re.escape(place)}$"):
        operation.read(f'{{"id": 1, {member}}}'.encode())


def test_a_request_is_written_as_the_contract_says(emit: Emit) -> None:
    query: list[dict[str, Any]] = [
        {"name": "ids", "in": "query", "style": "form", "explode": False},
        {"name": "all", "in": "query"},
        {"name": "flag", "in": "query"},
    ]
    arrays: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}
    kinds: list[dict[str, Any]] = [arrays, arrays, {"type": "boolean"}]
    filters: dict[str, Any] = {"name": "filters", "in": "query"} | json({"type": "object"})
    parameters = [each | {"schema": kind} for each, kind in zip(query, kinds, strict=True)]
    body: dict[str, Any] = {
        "type": "object",
        "required": ["thumbs_up"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "thing_id": {"type": "integer"},
            "thumbs_up": {"type": ["boolean", "null"]},
            "feedback": {"type": ["string", "null"]},
            "at": {"type": "string", "format": "date-time"},
        },
    }
    told = json(body) | {"required": True}
    operations = emit({"parameters": [PATH, *parameters, filters], "requestBody": told})
    made = operations.one_thing(
        thing_id="a/b",
        ids=[1, 2],
        all_=[3, 4],
        flag=True,
        thumbs_up=None,
        filters={"op": "in", "value": [1]},
        thing_id_body=5,
    )
    assert (made.method, made.path, made.costs_credits) == ("POST", "/things/a%2Fb/", True)
    assert made.query == [
        *(("ids", "1,2"), ("all", "3"), ("all", "4"), ("flag", "true")),
        ("filters", '{"op":"in","value":[1]}'),
    ]
    assert made.body == {"thumbs_up": None, "thing_id": 5}
    made = operations.one_thing(thing_id="a", thumbs_up=True, feedback=None)
    assert made.body == {"thumbs_up": True, "feedback": None}


@pytest.mark.parametrize(
    ("value", "style", "explode", "written"),
    [
        ({"a": 1, "b": True}, "form", True, [("a", "1"), ("b", "true")]),
        ({"a": 1, "b": True}, "form", False, [("x", "a,1,b,true")]),
        ({"a": 1}, "deepObject", True, [("x[a]", "1")]),
        ([1, "b"], "pipeDelimited", False, [("x", "1|b")]),
        ([1, "b"], "spaceDelimited", False, [("x", "1 b")]),
        (None, "form", True, []),
        (False, "form", True, [("x", "false")]),
        (1.5, "form", True, [("x", "1.5")]),
    ],
)
def test_a_parameter_in_each_style(
    value: object,
    style: Any,
    explode: bool,  # noqa: FBT001  (a table)
    written: list[tuple[str, str]],
) -> None:
    assert parameter("x", value, style, explode=explode) == written


def test_a_reply_without_a_body(emit: Emit) -> None:
    operation = emit({"responses": {"204": {"description": ""}}}).one_thing(thing_id="a")
    assert operation.read(b"") is None


@pytest.mark.parametrize("name", ["to_dict", "from_dict", "additional_properties"])
def test_a_field_with_the_name_of_what_every_model_has_is_refused(emit: Emit, name: str) -> None:
    thing = THING | {"properties": THING["properties"] | {name: {"type": "string"}}}
    with pytest.raises(RefusedError, match=rf"Thing: a field would be called {name}, as something"):
        emit({}, SCHEMAS | {"Thing": thing})


def test_a_required_field_that_is_not_there_is_refused(emit: Emit) -> None:
    with pytest.raises(RefusedError, match=r"operations\.yaml: required: Thing has no id"):
        emit({}, SCHEMAS | {"Thing": {"type": "object", "properties": {"name": {}}}})


def test_a_body_that_is_no_json_is_refused(emit: Emit) -> None:
    body = {"content": {"multipart/form-data": {"schema": {"type": "object"}}}}
    with pytest.raises(RefusedError, match=r"post /things/\{thing_id\}/: it has no JSON bodies"):
        emit({"requestBody": body})
