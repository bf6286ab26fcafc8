"""What the vendor publishes of the operations that `overlay/additions/` defines."""

from scripts.contract.operations import Operation
from scripts.contract.references import REFERENCE, parameters_of
from scripts.contract.step3_correct.overlays import read_overlays
from scripts.tools.documents import Document, Json, child, entries, members
from scripts.tools.layout import Layout


def added_contract(layout: Layout) -> Document:
    """Put together what the additions define: paths and components, nothing else."""
    found: Document = {"paths": {}, "components": {}}
    for overlay in read_overlays(layout.overlays[1]):
        for action in overlay.actions:
            _, *way = action.target.split(".")
            node = found
            for name in way if set(way) <= {"paths", "components", "schemas"} else ():
                below = node.setdefault(name, {})
                node = below if isinstance(below, dict) else node
            if way and node is not found and isinstance(action.update, dict):
                for name, added in action.update.items():
                    # Several may add an operation each to one path.
                    there = members(node, name)
                    node[name] = there | added if isinstance(added, dict) else added
    return found


def differences(ours: Document, theirs: Document, operation: Operation, path: str) -> list[str]:
    """Compare an operation as ours defines it with what is published; prose does not count."""
    mine_path = operation.path_in(ours)
    mine = _Shape(ours, set())
    mine.read(child(ours, "paths", mine_path or "", operation.method))
    # A schema that ours refers to and does not define is watched with the operation it is from.
    other = _Shape(theirs, mine.watched)
    other.read(child(theirs, "paths", path, operation.method))
    told = [] if mine_path == path else [f"path: ours {mine_path}, published {path}"]
    for place in mine.found | other.found:
        holder = place.rpartition(" > ")[0]
        one, two = mine.found.get(place), other.found.get(place)
        if one == two or (holder and (holder in mine.found) != (holder in other.found)):
            continue
        told.append(f"{place}: ours {one or 'has none'}, published {two or 'none'}")
    return told


class _Shape:
    """What of an operation counts: the type of each parameter and field, and which are required."""

    def __init__(self, document: Document, watched: set[str]) -> None:
        self.found: dict[str, str] = {}
        self.watched = watched
        self._document = document

    def read(self, operation: Json) -> None:
        """Take down one operation."""
        for parameter in parameters_of(self._document, operation):
            name = f"parameter {child(parameter, 'name')} in {child(parameter, 'in')}"
            schema = child(parameter, "schema")
            if schema is None:
                schema = child(parameter, "content", "application/json", "schema")
            self._add(name, schema, required=child(parameter, "required") is True)
        for name, body in (
            ("request", child(operation, "requestBody")),
            ("reply", _success(operation)),
        ):
            schema = child(self._followed(body), "content", "application/json", "schema")
            if schema is not None:
                self._add(name, schema, required=True)

    def _add(
        self, place: str, schema: Json, *, required: bool, within: tuple[str, ...] = ()
    ) -> None:
        name = _name(schema)
        whole = self._followed(schema)
        must = ", required" if required else ""
        if name in self.watched or (name and whole is None):
            self.watched.add(name)
            self.found[place] = f"{name}{must}"
            return
        # Any field of a reply may be null.
        ignored = "null" if place.startswith("reply") else ""
        self.found[place] = f"{_kinds(whole, ignored)}{must}"
        if name in within:
            return
        deeper = (*within, name) if name else within
        for key, member in members(whole, "properties").items():
            asked = key in entries(whole, "required")
            self._add(f"{place} > {key}", member, required=asked, within=deeper)
        if child(whole, "items") is not None:
            self._add(f"{place} > []", child(whole, "items"), required=False, within=deeper)

    def _followed(self, node: Json) -> Json:
        match = REFERENCE.fullmatch(_reference(node))
        return child(self._document, "components", *match.groups()) if match else node


def _success(operation: Json) -> Json:
    found = members(operation, "responses").items()
    return next((reply for code, reply in found if code[0] == "2"), None)


def _reference(node: Json) -> str:
    only = child(node, "allOf")
    if isinstance(only, list) and len(only) == 1:
        node = only[0]
    return str(child(node, "$ref"))


def _name(node: Json) -> str:
    match = REFERENCE.fullmatch(_reference(node))
    return match[2] if match else ""


def _kinds(schema: Json, ignored: str) -> str:
    kinds = child(schema, "type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return " | ".join(sorted(str(kind) for kind in listed if kind not in (None, ignored))) or (
        "anything"
    )
