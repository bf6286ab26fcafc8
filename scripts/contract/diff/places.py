"""Where in the contract a change is: the operation, the side, the field."""

from dataclasses import dataclass, replace

from scripts.contract.diff.sides import Side


@dataclass(frozen=True)
class ChangePlace:
    """A place in the contract.

    Attributes:
        operation: Method and path; empty where it belongs to none.
        side: What callers send, what readers of replies get, or neither.
        words: What it is of the request or reply, of the operation, or of the contract.
        field: The way to a field, such as `[].metrics[].score`; empty for the whole body.
        rest: What it is of the field, where it is not the field as a whole.
    """

    operation: str
    side: Side | None
    words: tuple[str, ...]
    field: str = ""
    rest: tuple[str, ...] = ()

    @property
    def is_field(self) -> bool:
        """Whether it is a field as a whole."""
        return bool(self.field) and not self.rest

    @property
    def status(self) -> str:
        """The status of the reply that it is as a whole."""
        whole = self.side == "reply" and len(self.words) == 1 and not self.field and not self.rest
        return self.words[0] if whole else ""

    def below(self, name: str) -> "ChangePlace":
        """Go down to a field."""
        return replace(self, field=f"{self.field}.{name}".removeprefix("."))

    def above(self) -> "ChangePlace":
        """Go up, to what holds it."""
        if self.is_field:
            return replace(self, field=self.field.rpartition(".")[0])
        return replace(self, words=self.words[:-1])

    def __str__(self) -> str:
        """Tell of it in words, the operation aside."""
        field = [f"`{self.field}`"] if self.field else []
        side = [self.side] if self.side else []
        return " ".join([*side, *self.words, *field, *self.rest]) or "operation"


def change_place(path: str) -> ChangePlace:
    """Read the way that a differ tells of.

    Args:
        path: A JSON pointer into a contract whose sides are apart.

    Returns:
        The place.
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    match parts:
        case ["paths", where, method, *rest]:
            return _in_operation(f"{method.upper()} {where}", rest)
        case ["paths", where]:
            return ChangePlace("", None, ("path", where))
        case _:
            return ChangePlace("", None, tuple(parts))


def _in_operation(operation: str, parts: list[str]) -> ChangePlace:
    match parts:
        case ["responses", status, *rest]:
            return _in_body(ChangePlace(operation, "reply", (status,)), rest)
        case ["responses"]:
            return ChangePlace(operation, "reply", ())
        case ["requestBody", *rest]:
            return _in_body(ChangePlace(operation, "request", ()), rest)
        case ["parameters", *rest]:
            return ChangePlace(operation, "request", ("parameters", *rest))
        case _:
            return ChangePlace(operation, None, tuple(parts))


def _in_body(place: ChangePlace, parts: list[str]) -> ChangePlace:
    match parts:
        case ["content", "application/json", "schema", *rest]:  # goes without saying
            return _in_schema(place, rest)
        case ["content", media_type, "schema", *rest]:
            return _in_schema(replace(place, words=(*place.words, media_type)), rest)
        case _:
            return replace(place, words=(*place.words, *parts))


def _in_schema(place: ChangePlace, parts: list[str]) -> ChangePlace:
    """Read the way through a schema, as far as it leads to a field; the rest is about that."""
    field, rest = "", parts
    while True:
        match rest:
            case ["properties", name, *rest]:
                field += f".{name}"
            case ["items", *rest]:
                field += "[]"
            case ["additionalProperties", *rest]:
                field += "{}"
            case ["allOf", _, *rest]:
                pass
            case [("anyOf" | "oneOf" | "prefixItems") as choice, number, *rest]:
                field += f"<{choice} {number}>"
            case _:
                return replace(place, field=field.removeprefix("."), rest=tuple(rest))
