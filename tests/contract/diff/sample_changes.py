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
    "field gone": Case(lambda s: s.sent.pop("agent"), [(CALLERS, "request `agent`")]),
    "field renamed": Case(
        lambda s: s.sent.update(agents=s.sent.pop("agent")), [(CALLERS, "request `agents`")]
    ),
    "other type": Case(
        lambda s: s.sent["agent"].update(type="string"), [(CALLERS, "request `agent`")]
    ),
    "read-only": Case(
        lambda s: s.sent["agent"].update(readOnly=True), [(CALLERS, "request `agent`")]
    ),
    "list or word": Case(
        lambda s: s.sent.update(ids={"oneOf": [s.sent["ids"], {"const": "all"}]}),
        [
            (HARMLESS, "request `ids`"),
            (HARMLESS, "request `ids[]`"),
            (CALLERS, "request oneOf `ids`"),
        ],
    ),
    "other operation id": Case(
        lambda s: s.operation.update(operationId="other"), [(HARMLESS, "operation")]
    ),
    # What readers get.
    "row field gone": Case(lambda s: s.got.pop("name"), [(READERS, "reply 200 `[].name`")]),
    "row field renamed": Case(
        lambda s: s.got.update(title=s.got.pop("name")),
        [(READERS, "reply 200 `[].name`"), (HARMLESS, "reply 200 `[].title`")],
    ),
    "nested type": Case(
        lambda s: s.inner["properties"]["p"].update(type="integer"),
        [(READERS, "reply 200 `[].inner.p`")],
    ),
    "other success": Case(
        lambda s: s.operation["responses"].update({"202": {"description": "", "content": {}}}),
        [(READERS, "reply 202")],
    ),
    "other failure": Case(
        lambda s: s.operation["responses"].update({"429": {"description": ""}}),
        [(HARMLESS, "reply 429")],
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
    "shared field gone": Case(
        lambda s: s.both["properties"].pop("z"),
        [(CALLERS, "request `both.z`"), (READERS, "`Both` in a reply, as in request `both.z`")],
    ),
    "nothing": Case(lambda _: None, []),
}
