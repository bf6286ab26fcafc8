"""Merging: all of the fragments, nothing else, and never one definition over another."""

import pytest

from scripts.contract.step2_merge import format_contract, merge, merge_folder, merge_into_contract
from scripts.tools.documents import Document, parse_document, read_document
from scripts.tools.layout import REPOSITORY, Layout
from scripts.tools.refusals import RefusedError

ONE = parse_document(
    """
    openapi: 3.1.0
    info: {title: A, version: v1}
    servers: [{url: 'https://a.example'}]
    security: []
    paths:
      /one/:
        post:
          operationId: one
          responses: {'200': {description: ''}}
    components:
      schemas:
        Shared: {type: object, properties: {a: {type: integer}, b: {type: [string, 'null']}}}
        One: {type: object}
    """,
    "one",
)


def other() -> Document:
    """The same contract for another operation."""
    document = parse_document(format_contract(ONE).replace("One:", "Two:"), "two")
    document["paths"] = {
        "/two/": {"get": {"operationId": "two", "responses": {"200": {"description": ""}}}}
    }
    return document


def test_the_contract_is_all_of_both_fragments_and_nothing_else(published: Document) -> None:
    fragments = [read_document(path) for path in sorted(REPOSITORY.fragments.glob("*"))]
    assert len(fragments) >= 2
    for section in ("paths", "components"):
        assert set(members(published, section)) == {
            name for fragment in fragments for name in members(fragment, section)
        }
    for fragment in fragments:
        for section in ("paths", "components"):
            for name, value in members(fragment, section).items():
                assert members(published, section)[name] == value
        assert {key: published[key] for key in ("openapi", "info", "servers", "security")} == {
            key: fragment[key] for key in ("openapi", "info", "servers", "security")
        }


def members(document: Document, section: str) -> dict[tuple[str, str], object]:
    """What stands two levels below a section."""
    groups = document[section]
    assert isinstance(groups, dict)
    found: dict[tuple[str, str], object] = {}
    for group, inner in groups.items():
        assert isinstance(inner, dict)
        found.update({(group, name): value for name, value in inner.items()})
    return found


def test_the_contract_in_the_repository_is_the_merge(published: Document) -> None:
    assert REPOSITORY.contract.read_text("utf-8") == format_contract(published)


def test_identical_definitions_stand_once_and_in_order() -> None:
    merged = merge({"one.yaml": ONE, "two.yaml": other()})
    schemas = members(merged, "components")
    assert list(schemas) == [("schemas", "Shared"), ("schemas", "One"), ("schemas", "Two")]
    assert list(members(merged, "paths")) == [("/one/", "post"), ("/two/", "get")]


@pytest.mark.parametrize(
    ("change", "place", "values"),
    [
        (
            """components: {schemas: {Shared: {type: object, properties:
            {a: {type: string}, b: {type: [string, 'null']}}}}}""",
            "components > schemas > Shared > properties > a > type",
            ('"integer"', '"string"'),
        ),
        (
            """components: {schemas: {Shared: {type: object, properties:
            {a: {type: integer}, b: {type: [string, 'null']}, c: {}}}}}""",
            "components > schemas > Shared > properties > c",
            ("null", "{}"),
        ),
        (
            """paths: {/one/: {post: {operationId: one, deprecated: true,
            responses: {'200': {description: ''}}}}}""",
            "paths > /one/ > post > deprecated",
            ("null", "true"),
        ),
        ("info: {title: A, version: v2}", "info > version", ('"v1"', '"v2"')),
        ("servers: [{url: 'https://b.example'}]", "servers > 0 > url", ("a.example", "b.example")),
        ("security: [{}]", "security", ("[]", "[{}]")),
        ("openapi: 3.1.1", "openapi", ('"3.1.0"', '"3.1.1"')),
    ],
)
def test_two_definitions_of_one_thing_stop_the_merge(
    change: str, place: str, values: tuple[str, str]
) -> None:
    changed = other() | parse_document(change, "change")
    with pytest.raises(RefusedError) as refusal:
        merge({"one.yaml": ONE, "two.yaml": changed})
    one, _, two = str(refusal.value).partition(", two.yaml says ")
    assert one.startswith(f"{place}: one.yaml says ")
    assert values[0] in one
    assert values[1] in two


def test_a_server_that_one_fragment_leaves_out_stops_the_merge() -> None:
    changed = {key: value for key, value in other().items() if key != "servers"}
    with pytest.raises(RefusedError, match=r"^servers: one\.yaml says .*two\.yaml says null"):
        merge({"one.yaml": ONE, "two.yaml": changed})


def test_prose_is_never_a_contradiction_and_the_first_stands() -> None:
    text = """
    info: {title: B, version: v1, description: other words}
    components: {schemas: {Shared: {title: S, type: object, properties:
      {a: {type: integer, example: 1}, b: {type: ['null', string], description: d}}}}}
    """
    merged = merge({"one.yaml": ONE, "two.yaml": other() | parse_document(text, "change")})
    assert merged["info"] == ONE["info"]
    shared = members(merged, "components")["schemas", "Shared"]
    assert shared == members(ONE, "components")["schemas", "Shared"]


def test_a_fragment_that_is_wrong_is_named_and_its_place() -> None:
    changed = other()
    changed["paths"] = {"/two/": {"get": {"responses": {"200": {}}}}}
    with pytest.raises(
        RefusedError, match=r"^two\.yaml: not valid OpenAPI 3\.1: paths > /two/ > get"
    ):
        merge({"one.yaml": ONE, "two.yaml": changed})


def test_a_fragment_of_no_operation_is_refused(layout: Layout) -> None:
    (layout.fragments / "list-things.yaml").write_text(format_contract(ONE), "utf-8")
    with pytest.raises(RefusedError, match=r"operations\.yaml has no entry for list-things\.yaml"):
        merge_folder(layout)


def test_no_fragments_are_refused(layout: Layout) -> None:
    for path in layout.fragments.glob("*"):
        path.unlink()
    with pytest.raises(RefusedError, match="no fragments"):
        merge_folder(layout)


def test_a_merge_that_stops_writes_nothing(layout: Layout) -> None:
    before = layout.contract.read_bytes()
    fragment = layout.fragments / "evaluate-metrics.yaml"
    fragment.write_text(fragment.read_text("utf-8").replace("version: v1", "version: v2"), "utf-8")
    with pytest.raises(RefusedError, match="info > version"):
        merge_into_contract(layout)
    assert layout.contract.read_bytes() == before
