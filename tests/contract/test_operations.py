"""Operations are data: one file, which everything that has to know them reads."""

import re
from pathlib import Path

import httpx
import pytest
from cekura_client.call_logs.any_operation import is_known_to_cost
from cekura_client.sandbox import Sandbox

from scripts.contract.operations import class_names, read_operations, required_fields
from scripts.tools.documents import parse_document
from scripts.tools.layout import REPOSITORY
from scripts.tools.refusals import RefusedError
from tests.support.offered import offered


def test_an_entry_is_read_with_all_that_it_says() -> None:
    first = read_operations()[0]
    assert (first.name, first.python_name, first.file) == (
        "evaluate-metrics",
        "evaluate_metrics",
        "evaluate-metrics.yaml",
    )
    assert first.costs_credits
    assert not [
        each.name for each in read_operations() if each.costs_credits and each.method == "get"
    ]
    assert class_names(read_operations())["CallLogList"] == "CallLogSummary"
    assert required_fields(read_operations())["CallLogDetail"] == {"id", "call_id"}


def test_a_plain_request_knows_what_always_costs_credits() -> None:
    for each in read_operations():
        for path in each.paths:
            always = each.costs_credits and "{" not in path  # an update costs where it re-evaluates
            assert is_known_to_cost(each.method, path) is always


def test_the_first_path_that_a_contract_has_stands() -> None:
    first = read_operations()[0]
    one, two = first.paths
    both = parse_document(f"paths: {{{two}: {{post: {{}}}}, {one}: {{post: {{}}}}}}", "both")
    later = parse_document(f"paths: {{{two}: {{post: {{}}}}, {one}: {{get: {{}}}}}}", "later")
    assert (first.path_in(both), first.path_in(later)) == (one, two)
    assert first.path_in({"paths": {}}) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A: {method: get, paths: [/a/]}", '"A" does not match'),
        ("a: []", "a: [] is not of type"),
        ("a: {method: get, path: /a/}", "a: "),
        ("a: {method: get, paths: [/a/], x: 1}", "a: .*'x' was unexpected"),
        ("a: {method: GET, paths: [/a/]}", 'a > method: "GET" is not one of "get"'),
        ("a: {method: get, paths: []}", "a > paths: [] has less than 1 item"),
        ("a: {method: get, paths: [/a/, /a/]}", "a > paths: .* has non-unique elements"),
        ("a: {method: get, paths: [a]}", 'a > paths > 0: "a" does not match'),
        ("a: {method: get, paths: [/a/], page: x.md}", 'a > page: "x.md" does not match'),
        ("a: {method: get, paths: [/a/], costs_credits: 1}", "a > costs_credits: 1 is not of type"),
        ("a: {method: get, paths: [/a/], classes: {S: s}}", 'a > classes > S: "s" does not match'),
        ("a: {method: get, paths: [/a/], required: {S: id}}", 'required > S: "id" is not of type'),
        (
            "a: {method: get, paths: [/a/]}\nb: {method: get, paths: [/b/, /a/]}",
            "b: a has /a/, too",
        ),
        (
            (
                "a: {method: get, paths: [/a/], classes: {S: A}}\n"
                "b: {method: get, paths: [/b/], classes: {S: B}}"
            ),
            "b: S is A, not B",
        ),
        ("a: {method: get, paths: [/a/], classes: {S: A, T: A}}", "S and T are both A"),
    ],
)
def test_an_entry_that_is_wrong_is_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "operations.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(RefusedError, match=message.replace("[", r"\[")):
        read_operations(file)


def test_the_sandbox_serves_every_path_of_every_operation_that_has_a_method() -> None:
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.url) as client:
        for operation in offered():
            for path in operation.paths:
                reply = client.request(operation.method, path.replace("{id}", "1"))
                # Without a key: 401 where there is something, 404 where there is nothing.
                assert reply.status_code == 401, path


def test_the_table_of_the_guide_tells_of_every_operation_that_has_a_method() -> None:
    text = (REPOSITORY.root / "overlay" / "docs" / "regenerating.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\S+)` \| `(\S+) (\S+)` \| (.*?) \| (yes|no) \|$", text, re.MULTILINE)
    told = [(name, method, path, costs == "yes") for name, method, path, _, costs in rows]
    names = [name for name, *_ in told]
    assert told == [
        (each.name, each.method.upper(), each.paths[0], each.costs_credits)
        for each in read_operations()
        if each.name in names
    ]
    assert {each.name for each in offered()} <= {*names}
