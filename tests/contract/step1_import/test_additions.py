"""What is published of an operation that `overlay/additions/` defines is compared, and told."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from scripts.contract.operations import Operation, read_operations
from scripts.contract.step1_import.additions import added_contract, differences
from scripts.contract.step1_import.importing import read_import, told_import, write_import
from scripts.contract.step2_merge import merge_folder
from scripts.contract.step3_correct.correcting import correct
from scripts.tools.documents import format_document
from scripts.tools.downloads import Downloads
from scripts.tools.layout import REPOSITORY, Layout

LIST = "/observability/v2/call-logs/"
BILLING = "/test_framework/billing/info/"


def operation(name: str) -> Operation:
    return next(each for each in read_operations() if each.name == name)


@pytest.fixture
def published() -> Any:
    """As if the vendor published all that ours defines, and the same."""
    return deepcopy(correct(merge_folder(REPOSITORY), REPOSITORY))


def told(name: str, path: str, published: Any) -> list[str]:
    return differences(added_contract(REPOSITORY), published, operation(name), path)


ADDED = [each for each in read_operations() if each.path_in(added_contract(REPOSITORY))]


@pytest.mark.parametrize("each", ADDED, ids=lambda each: each.name)
def test_ours_and_the_same_do_not_differ(each: Operation, published: Any) -> None:
    assert told(each.name, each.paths[0], published) == []


def test_parameters_types_and_what_is_required_are_compared(published: Any) -> None:
    parameters = published["paths"][LIST]["get"]["parameters"]
    parameters[0]["schema"] = {"type": "string"}
    parameters[1]["required"] = True
    parameters[2]["name"] = "assistant"
    page = published["components"]["schemas"]["CallLogPage"]
    page["properties"]["next"]["type"] = "integer"
    page["properties"]["more"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    page["required"] = ["count"]
    assert sorted(told("list-call-logs", LIST, published)) == [
        "parameter agent_id in query: ours integer, published string",
        "parameter assistant in query: ours has none, published string",
        "parameter assistant_id in query: ours string, published none",
        "parameter project_id in query: ours integer, published integer, required",
        "reply > more: ours has none, published object",
        "reply > next: ours string, published integer",
        "reply > results: ours array, required, published array",
    ]


def test_prose_null_and_rows_that_are_watched_elsewhere_do_not_count(published: Any) -> None:
    get = published["paths"][LIST]["get"]
    get |= {"summary": "x", "operationId": "y"}
    get["parameters"][0] |= {"description": "z", "example": 1}
    schemas = published["components"]["schemas"]
    schemas["CallLogPage"]["properties"]["next"]["type"] = "string"
    schemas["CallLogList"]["properties"] = {}
    assert told("list-call-logs", LIST, published) == []


def test_another_path_is_told_of(published: Any) -> None:
    published["paths"]["/v3/"] = published["paths"].pop(BILLING)
    assert told("billing-info", "/v3/", published) == [f"path: ours {BILLING}, published /v3/"]


def test_an_import_tells_of_it_and_writes_no_fragment(
    layout: Layout, tmp_path: Path, published: Any
) -> None:
    published["components"]["schemas"]["BillingInfoReply"]["properties"]["organization"] = {}
    source = tmp_path / "whole.yaml"
    source.write_text(format_document(published), "utf-8")
    new = read_import([str(source)], layout, Downloads(), ["billing-info", "list-call-logs"])
    before = {path.name: path.read_bytes() for path in layout.fragments.iterdir()}
    write_import(new, layout, "2031-05-06")
    assert {path.name: path.read_bytes() for path in layout.fragments.iterdir()} == before
    text = told_import(new)
    assert "## What is published of operations that overlay/additions/ defines" in text
    assert "`billing-info`\n\n- reply > organization: ours integer, published anything" in text
    assert "`list-call-logs`\n\n- the same, prose aside" in text


def test_operations_at_one_path_are_all_added() -> None:
    added = added_contract(REPOSITORY)
    lacking = [
        operation.name
        for operation in read_operations(REPOSITORY.operations)
        if not (REPOSITORY.fragments / operation.file).exists() and not operation.path_in(added)
    ]
    assert lacking == []
