"""Changes of an operation, each with what has to be told of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scripts.contract.diff.report import Group

CALLERS, READERS, HARMLESS = Group.CALLERS, Group.READERS, Group.HARMLESS


class Sample:
    """One operation to change: what callers send, what readers get, and the operation itself."""

    def __init__(self) -> None:
        self.request: Any = {
            "type": "object",
            "required": ["ids"],
            "properties": {
                "ids": {"type": "array", "items": {"type": "integer"}},
                "agent": {"type": "integer"},
                "mode": {"type": "string", "enum": ["x", "y"]},
                "both": {"$ref": "#/components/schemas/Both"},
            },
        }
        self.row: Any = {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": "string"},
                "status": {"type": "string", "enum": ["s", "f"]},
                "when": {"type": "string", "format": "date-time"},
                "note": {"type": ["string", "null"]},
                "inner": {"$ref": "#/components/schemas/Inner"},
                "both": {"$ref": "#/components/schemas/Both"},
                "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
            },
        }
        self.inner: Any = {
            "type": "object",
            "required": ["p"],
            "properties": {"p": {"type": "string"}, "q": {"type": "number"}},
        }
        self.both: Any = {"type": "object", "properties": {"z": {"type": "integer"}}}
        rows = {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}
        body = {"$ref": "#/components/schemas/Request"}
        self.operation: Any = {
            "security": [{"key": []}],
            "requestBody": {"content": {"application/json": {"schema": body}}},
            "responses": {
                "200": {"description": "", "content": {"application/json": {"schema": rows}}},
                "400": {"description": ""},
            },
        }

    @property
    def sent(self) -> Any:
        return self.request["properties"]

    @property
    def got(self) -> Any:
        return self.row["properties"]

    @property
    def reply(self) -> Any:
        return self.operation["responses"]["200"]["content"]["application/json"]

    def parts(self) -> dict[str, Any]:
        return {"Request": self.request, "Row": self.row, "Inner": self.inner, "Both": self.both}


@dataclass(frozen=True)
class Case:
    """A change, and what has to be told of it: whom it breaks, and where."""

    change: Callable[[Sample], object]
    told: list[tuple[Group, str]]


INNER = {"$ref": "#/components/schemas/Inner"}
CASES = {
    # What callers send.
    "field becomes required": Case(
        lambda s: s.request["required"].append("agent"), [(CALLERS, "request")]
    ),
    "field no longer required": Case(lambda s: s.request.pop("required"), [(HARMLESS, "request")]),
    "new field": Case(
        lambda s: s.sent.update(new={"type": "object"}), [(HARMLESS, "request `new`")]
    ),
    "field gone": Case(lambda s: s.sent.pop("agent"), [(CALLERS, "request `agent`")]),
    "field renamed": Case(
        lambda s: s.sent.update(agents=s.sent.pop("agent")), [(CALLERS, "request `agents`")]
    ),
    "other type": Case(
        lambda s: s.sent["agent"].update(type="string"), [(CALLERS, "request `agent`")]
    ),
    "more types": Case(
        lambda s: s.sent["agent"].update(type=["integer", "string"]),
        [(HARMLESS, "request `agent`")],
    ),
    "other entries": Case(
        lambda s: s.sent["ids"]["items"].update(type="string"),
        [(CALLERS, "request `ids[]`")],
    ),
    "fewer values": Case(
        lambda s: s.sent["mode"].update(enum=["x"]), [(CALLERS, "request `mode`")]
    ),
    "more values": Case(
        lambda s: s.sent["mode"]["enum"].append("z"), [(HARMLESS, "request `mode`")]
    ),
    "longest list": Case(lambda s: s.sent["ids"].update(maxItems=5), [(CALLERS, "request `ids`")]),
    "read-only": Case(
        lambda s: s.sent["agent"].update(readOnly=True), [(CALLERS, "request `agent`")]
    ),
    "unknown fields refused": Case(
        lambda s: s.request.update(additionalProperties=False),
        [(CALLERS, "request")],
    ),
    "fields exclude each other": Case(
        lambda s: s.request.update({"not": {"required": ["agent", "mode"]}}),
        [(CALLERS, "request not")],
    ),
    "list or word": Case(
        lambda s: s.sent.update(ids={"oneOf": [s.sent["ids"], {"const": "all"}]}),
        [
            (HARMLESS, "request `ids`"),
            (HARMLESS, "request `ids[]`"),
            (CALLERS, "request oneOf `ids`"),
        ],
    ),
    "body must be sent": Case(
        lambda s: s.operation["requestBody"].update(required=True),
        [(CALLERS, "request")],
    ),
    "no body": Case(lambda s: s.operation.pop("requestBody"), [(CALLERS, "request")]),
    "another key": Case(
        lambda s: s.operation.update(security=[{"key": []}, {"other": []}]),
        [(HARMLESS, "security 1")],
    ),
    "key not enough": Case(
        lambda s: s.operation.update(security=[{"key": [], "other": []}]),
        [(CALLERS, "security 0"), (HARMLESS, "security 0")],
    ),
    "no key": Case(lambda s: s.operation.update(security=[]), [(HARMLESS, "security 0")]),
    "parameter that must be sent": Case(
        lambda s: s.operation.update(
            parameters=[{"name": "q", "in": "query", "required": True, "schema": {}}]
        ),
        [(CALLERS, "request parameters")],
    ),
    "deprecated": Case(lambda s: s.operation.update(deprecated=True), [(HARMLESS, "operation")]),
    "other operation id": Case(
        lambda s: s.operation.update(operationId="other"), [(HARMLESS, "operation")]
    ),
    # What readers get.
    "row field gone": Case(lambda s: s.got.pop("name"), [(READERS, "reply 200 `[].name`")]),
    "row field renamed": Case(
        lambda s: s.got.update(title=s.got.pop("name")),
        [(READERS, "reply 200 `[].name`"), (HARMLESS, "reply 200 `[].title`")],
    ),
    "new row field": Case(
        lambda s: s.got.update(new={"type": "string"}), [(HARMLESS, "reply 200 `[].new`")]
    ),
    "other type of row field": Case(
        lambda s: s.got["id"].update(type="string"), [(READERS, "reply 200 `[].id`")]
    ),
    "null": Case(
        lambda s: s.got["name"].update(type=["string", "null"]),
        [(READERS, "reply 200 `[].name`")],
    ),
    "no null": Case(
        lambda s: s.got["note"].update(type="string"), [(HARMLESS, "reply 200 `[].note`")]
    ),
    "null for an object": Case(
        lambda s: s.got.update(inner={"anyOf": [INNER, {"type": "null"}]}),
        [(READERS, "reply 200 `[].inner`"), (HARMLESS, "reply 200 anyOf `[].inner`")],
    ),
    "object wrapped": Case(
        lambda s: s.got.update(inner={"allOf": [INNER], "readOnly": True}),
        [
            (READERS, "reply 200 `[].inner`"),
            (HARMLESS, "reply 200 `[].inner`"),
            (HARMLESS, "reply 200 allOf `[].inner`"),
        ],
    ),
    "more values in a row": Case(
        lambda s: s.got["status"]["enum"].append("n"), [(READERS, "reply 200 `[].status`")]
    ),
    "fewer values in a row": Case(
        lambda s: s.got["status"].update(enum=["s"]), [(HARMLESS, "reply 200 `[].status`")]
    ),
    "any value in a row": Case(
        lambda s: s.got["status"].pop("enum"), [(READERS, "reply 200 `[].status`")]
    ),
    "no date": Case(lambda s: s.got["when"].pop("format"), [(READERS, "reply 200 `[].when`")]),
    "may be absent": Case(lambda s: s.row.pop("required"), [(READERS, "reply 200 `[]`")]),
    "always there": Case(
        lambda s: s.row["required"].append("name"), [(HARMLESS, "reply 200 `[]`")]
    ),
    "nested field gone": Case(
        lambda s: s.inner["properties"].pop("q"), [(READERS, "reply 200 `[].inner.q`")]
    ),
    "nested type": Case(
        lambda s: s.inner["properties"]["p"].update(type="integer"),
        [(READERS, "reply 200 `[].inner.p`")],
    ),
    "one row": Case(
        lambda s: s.reply.update(schema={"$ref": "#/components/schemas/Row"}),
        [(READERS, "reply 200"), (READERS, "reply 200 `[]`"), (HARMLESS, "reply 200")],
    ),
    "rows of another kind": Case(
        lambda s: s.reply["schema"].update(items=INNER),
        [
            *((READERS, f"reply 200 `[].{name}`") for name in Sample().got),
            (READERS, "reply 200 `[]`"),
            *((HARMLESS, f"reply 200 `[].{name}`") for name in "pq"),
        ],
    ),
    "other success": Case(
        lambda s: s.operation["responses"].update({"202": {"description": "", "content": {}}}),
        [(READERS, "reply 202")],
    ),
    "other failure": Case(
        lambda s: s.operation["responses"].update({"429": {"description": ""}}),
        [(HARMLESS, "reply 429")],
    ),
    "failure no longer told of": Case(
        lambda s: s.operation["responses"].pop("400"), [(READERS, "reply 400")]
    ),
    "words": Case(
        lambda s: s.got["name"].update(description="d", example="e"),
        [(HARMLESS, "reply 200 `[].name`")],
    ),
    # Both at once.
    "shared type": Case(
        lambda s: s.both["properties"]["z"].update(type="string"),
        [(CALLERS, "request `both.z`"), (READERS, "`Both` in a reply, as in request `both.z`")],
    ),
    "shared field required": Case(
        lambda s: s.both.update(required=["z"]),
        [(CALLERS, "request `both`"), (READERS, "`Both` in a reply, as in request `both`")],
    ),
    "shared field gone": Case(
        lambda s: s.both["properties"].pop("z"),
        [(CALLERS, "request `both.z`"), (READERS, "`Both` in a reply, as in request `both.z`")],
    ),
    "nothing": Case(lambda _: None, []),
}
