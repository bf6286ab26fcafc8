"""What openapi-python-client makes of a contract."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.strings import ClassName, snake_case

from scripts.contract.emit import parser_types as opc
from scripts.contract.operations import Operation, class_names, required_fields
from scripts.contract.references import parameters_of
from scripts.tools.documents import Document, child, members
from scripts.tools.refusals import RefusedError

_LONGEST = 500  # characters of what was not understood
_STYLES = ("form", "spaceDelimited", "pipeDelimited", "deepObject")


@dataclass(frozen=True)
class Parameter:
    """What the parser forgets of a parameter: what it is for, and how a query has it."""

    doc: str = ""
    style: str = "form"
    explode: bool = True


@dataclass(frozen=True)
class Covered:
    """One operation: what is said of it here, in the contract, and what the parser made of it."""

    entry: Operation
    path: str
    parameters: dict[str, Parameter]
    endpoint: Endpoint


@dataclass(frozen=True)
class Parsed:
    """A parsed contract."""

    data: GeneratorData
    operations: tuple[Covered, ...]
    required: dict[str, set[str]]
    """The fields that have to be there, by class."""
    components: frozenset[str]
    """The classes that are named after a component; the parser made up the names of others."""

    @cached_property
    def models(self) -> dict[str, opc.ModelProperty]:
        """The models by class. What refers to one is a copy made before that had its fields."""
        return {str(model.class_info.name): model for model in self.data.models}


def parse(contract: Document, operations: Sequence[Operation]) -> Parsed:
    """Parse the covered operations of a contract.

    Raises:
        RefusedError: Something in it is not understood, be it for a warning.
    """
    cut = _cut(contract, operations)
    names = class_names(tuple(operations))
    data = GeneratorData.from_dict(cut, config=_config(names))
    if isinstance(data, GeneratorError):
        raise _not_understood([data])
    collections = data.endpoint_collections_by_tag.values()
    errors = [*data.errors, *(error for found in collections for error in found.parse_errors)]
    if errors:
        raise _not_understood(errors)
    endpoints = {str(each.name): each for found in collections for each in found.endpoints}
    return Parsed(
        data=data,
        operations=tuple(
            Covered(
                entry,
                path,
                _told_of_parameters(contract, path, entry),
                endpoints[entry.python_name],
            )
            for entry in operations
            if (path := entry.path_in(contract)) is not None
        ),
        required={
            names.get(schema, ClassName(schema, "field_")): fields
            for schema, fields in required_fields(tuple(operations)).items()
        },
        components=frozenset(
            names.get(schema, ClassName(schema, "field_"))
            for schema in members(contract, "components", "schemas")
        ),
    )


def _cut(contract: Document, operations: Sequence[Operation]) -> dict[str, Any]:
    """Copy what is to be parsed: the covered operations, and of their replies the accepted ones.

    Names of classes that the parser makes up begin with the operation's, so that is ours: the
    published one may change. A title names nothing: it need not be the only one of its kind.
    """
    cut: dict[str, Any] = {
        **contract,
        "paths": {},
        "components": _without_titles(contract.get("components", {})),
    }
    for entry in operations:
        path = entry.path_in(contract)
        if path is None:
            continue
        whole = _without_titles(child(contract, "paths", path))
        operation = whole[entry.method]
        operation |= {"operationId": entry.python_name, "tags": ["operations"]}
        replies = operation["responses"]
        accepted = {code: reply for code, reply in replies.items() if str(code).startswith("2")}
        operation["responses"] = accepted or {"200": replies.get("default", {"description": ""})}
        item = cut["paths"].setdefault(path, {})
        item[entry.method] = operation
        item["parameters"] = whole.get("parameters", [])
        for parameter in [*operation.get("parameters", []), *item["parameters"]]:
            _take_schema_of_content(parameter)
    components: dict[str, dict[str, Any]] = cut.get("components", {})
    for parameter in components.get("parameters", {}).values():
        _take_schema_of_content(parameter)
    return cut


def _without_titles(node: Any) -> Any:  # noqa: ANN401  (JSON)
    """Copy a part of a contract; a property that is called title is no text, and stays."""
    if isinstance(node, list):
        return [_without_titles(item) for item in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_titles(member)
        for name, member in cast("dict[str, object]", node).items()
        if name != "title" or not isinstance(member, str)
    }


def _take_schema_of_content(parameter: dict[str, Any]) -> None:
    """Let the parser see a parameter that is JSON text: it passes over `content` in silence."""
    content = parameter.pop("content", None)
    if content:
        parameter["schema"] = content.get("application/json", {}).get("schema", {})


def _told_of_parameters(contract: Document, path: str, entry: Operation) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    item = child(contract, "paths", path)
    for told in parameters_of(contract, item, child(item, entry.method)):
        name = str(told.get("name"))
        where = f"{entry.method} {path}: parameter {name}"
        style, explode = told.get("style", "form"), told.get("explode")
        if "content" in told:
            if child(told, "content", "application/json") is None:
                raise RefusedError(f"{where}: its content is not JSON")
            style = "json"
        elif told.get("in") == "query" and style not in _STYLES:
            raise RefusedError(f"{where}: unknown style {style!r}")
        doc = str(told.get("description") or "")
        exploded = explode is True or (explode is None and style == "form")
        found[name] = Parameter(doc, str(style), exploded)
    return found


def _config(names: dict[str, str]) -> Config:
    settings = {
        "class_overrides": {
            schema: {"class_name": name, "module_name": snake_case(name)}
            for schema, name in names.items()
        },
        # A title names a class as it stands.
        "use_path_prefixes_for_title_model_names": False,
    }
    return Config.from_sources(
        ConfigFile.model_validate(settings),
        MetaType.NONE,
        Path("contract.json"),  # neither read nor written: the parser is all that is used
        "utf-8",
        overwrite=False,
        output_path=None,
    )


def _not_understood(errors: Iterable[GeneratorError]) -> RefusedError:
    told = "\n".join(_told(error) for error in errors)
    return RefusedError(f"the contract is not understood:\n{told}")


def _told(error: GeneratorError) -> str:
    parts = [error.header, error.detail]
    data = getattr(error, "data", None)
    if data is not None:
        shown: str = data.model_dump_json(exclude_none=True, exclude_defaults=True)
        parts.append(shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…")
    return "\n".join(str(part).strip() for part in parts if part)
