"""What a change breaks: callers, readers of replies, or nothing; judged with the real differ."""

import json
import re
from typing import Any

import pytest

from scripts.contract.diff.differ import PACKAGE
from scripts.contract.diff.report import Change, contract_changes, told_changes
from scripts.contract.operations import read_operations
from scripts.contract.step2_merge import merge
from scripts.tools.npx import LONGEST_DOWNLOAD
from tests.contract.diff.sample_changes import CALLERS, CASES, HARMLESS, Sample
from tests.support.node import fetched

# One worker runs the differ, and npx may have to fetch it first.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("differ"),
    pytest.mark.timeout(LONGEST_DOWNLOAD + 60),
]


def contract(samples: dict[str, Sample]) -> Any:
    """One contract of many operations, each with schemas of its own."""
    paths: Any = {}
    schemas: Any = {}
    for number, sample in enumerate(samples.values()):
        text = json.dumps([sample.operation, sample.parts()])
        operation, parts = json.loads(text.replace("/schemas/", f"/schemas/S{number}"))
        paths[f"/{number}/"] = {"post": {"operationId": f"o{number}"} | operation}
        schemas |= {f"S{number}{name}": part for name, part in parts.items()}
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "v1"},
        "servers": [{"url": "https://one.example"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"key": scheme, "other": {**scheme}}},
    }


def sample_of(name: str) -> Sample:
    sample = Sample()
    CASES[name].change(sample)
    return sample


@pytest.fixture(scope="module")
def all_changes() -> list[Change]:
    fetched(PACKAGE, "redocly")
    before = contract({name: Sample() for name in CASES})
    after = contract({name: sample_of(name) for name in CASES})
    merge({"before": before})
    merge({"after": after})
    return contract_changes(before, after)


@pytest.mark.parametrize("name", CASES)
def test_whom_a_change_breaks(name: str, all_changes: list[Change]) -> None:
    operation = f"POST /{list(CASES).index(name)}/"
    told = {
        (each.group, re.sub("`S[0-9]+", "`", each.place))  # its schemas are numbered
        for each in all_changes
        if each.operation == operation
    }
    assert sorted(told, key=str) == sorted(CASES[name].told, key=str)


def test_nothing_else_is_told(all_changes: list[Change]) -> None:
    assert {change.operation for change in all_changes} == {
        f"POST /{number}/" for number, case in enumerate(CASES.values()) if case.told
    }


def test_what_concerns_every_operation() -> None:
    fetched(PACKAGE, "redocly")
    samples = {"one": Sample(), "two": Sample()}
    before, after = contract(samples), contract(samples)
    after["servers"] = [{"url": "https://two.example"}]
    after["components"]["securitySchemes"]["key"]["name"] = "X-Other"
    after["info"]["title"] = "U"
    after["paths"]["/0/"] = {"put": after["paths"]["/0/"]["post"]}
    del after["paths"]["/1/"]
    told = {
        (change.group, change.operation, change.place, change.told.partition(" ")[0])
        for change in contract_changes(before, after)
    }
    assert told == {
        (CALLERS, "", "servers 0", "url"),
        (CALLERS, "", "components securitySchemes key", "name"),
        (CALLERS, "", "paths /1/", "removed,"),
        (CALLERS, "POST /0/", "operation", "removed,"),
        (HARMLESS, "PUT /0/", "operation", "added,"),
        (HARMLESS, "", "info", "title"),
    }


def test_a_schema_of_another_name_is_told_of() -> None:
    fetched(PACKAGE, "redocly")
    before, after = contract({"one": Sample()}), contract({"one": Sample()})
    after["components"]["schemas"]["Renamed"] = after["components"]["schemas"].pop("S0Inner")
    after["components"]["schemas"]["S0Row"]["properties"]["inner"]["$ref"] = (
        "#/components/schemas/Renamed"
    )
    told = {
        (change.group, change.place, change.told.partition(",")[0])
        for change in contract_changes(before, after)
    }
    assert told >= {
        (HARMLESS, "components schemas S0Inner", "removed"),
        (HARMLESS, "components schemas Renamed", "added"),
    }
    assert {group for group, *_ in told} == {HARMLESS}


def test_the_successor_of_what_is_deprecated_is_named() -> None:
    operations = read_operations()
    path, later = operations[0].paths
    item: Any = {"post": {"deprecated": True, "responses": {}}}
    told = told_changes({"paths": {path: item}}, {"paths": {path: item}}, operations)
    assert told.endswith(
        f"`evaluate-metrics` is deprecated at `{path}`: its successor is `{later}`."
    )
    told = told_changes({"paths": {later: item}}, {"paths": {later: item}}, operations)
    assert told.endswith("no successor is known.")
