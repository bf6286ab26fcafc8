"""Importing: pages and documents become fragments as published, or nothing is written."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.contract.operations import read_operations
from scripts.contract.step1_import.cutting import cut_out
from scripts.contract.step1_import.fragments import Fragment
from scripts.contract.step1_import.importing import read_import, write_import
from scripts.contract.step1_import.sources import Fetch, parse_source, read_source
from scripts.contract.step2_merge import merge_folder
from scripts.tools.documents import Document, Json, format_document, parse_document, read_document
from scripts.tools.downloads import Downloads
from scripts.tools.layout import REPOSITORY, Layout
from scripts.tools.refusals import RefusedError
from tests.contract.conftest import markdown_page

Content = Callable[[Layout], dict[str, bytes]]
DAY = "2031-05-06"
OPERATIONS = {operation.name: operation for operation in read_operations()}
COVERED = [OPERATIONS[name] for name in ("evaluate-metrics", "reevaluate-calls")]
EVALUATE = COVERED[0]


def block(name: str) -> str:
    return (REPOSITORY.fragments / f"{name}.yaml").read_text("utf-8")


def whole(**changes: Json) -> Document:
    """The contract with more in it than this project covers."""
    document = merge_folder(REPOSITORY)
    text = json.dumps(document | {"x-more": 1} | changes)
    document = parse_document(text, "whole")
    paths, components = document["paths"], document["components"]
    assert isinstance(paths, dict)
    assert isinstance(components, dict)
    assert isinstance(components["schemas"], dict)
    paths["/other/"] = {"get": {"responses": {"200": {"description": ""}}}}
    for item in paths.values():
        assert isinstance(item, dict)
        item["trace"] = {"responses": {"204": {"description": ""}}}
    components["schemas"]["Other"] = {"$ref": "#/components/schemas/Evaluation"}
    return document


def import_contract(
    places: list[str], layout: Layout, day: str, fetch: Fetch | None = None
) -> list[Fragment]:
    """What the command does, but for telling of it."""
    new = read_import(places, layout, fetch or Downloads())
    write_import(new, layout, day)
    return list(new.found.fragments.values())


@pytest.fixture
def empty(layout: Layout) -> Layout:
    """A repository that has imported nothing yet."""
    for path in [*layout.fragments.iterdir(), layout.sources]:
        path.unlink()
    return layout


def test_the_block_of_a_page_becomes_the_fragment(empty: Layout, tmp_path: Path) -> None:
    places: list[str] = []
    for operation in COVERED:
        path = tmp_path / f"{operation.name}.md"
        path.write_text(markdown_page(block(operation.name)), "utf-8")
        places.append(str(path))
    import_contract(places, empty, DAY)
    for operation, place in zip(COVERED, places, strict=True):
        file = empty.fragments / f"{operation.name}.yaml"
        assert file.read_text("utf-8") == block(operation.name)
        assert read_document(empty.sources)[file.name] == {
            "url": operation.page,
            "file": Path(place).name,
            "sha256": hashlib.sha256(Path(place).read_bytes()).hexdigest(),
            "imported": DAY,
        }
    assert str(tmp_path) not in empty.sources.read_text("utf-8")


def test_the_operations_are_cut_out_of_a_whole_document(empty: Layout, tmp_path: Path) -> None:
    path = tmp_path / "whole.json"
    path.write_text(json.dumps(whole()), "utf-8")
    import_contract([str(path)], empty, DAY)
    for operation in COVERED:
        fragment = read_document(empty.fragments / f"{operation.name}.yaml")
        assert fragment == parse_document(block(operation.name), operation.name)


def test_a_yaml_document_gives_the_same_fragments_as_json(empty: Layout, tmp_path: Path) -> None:
    path = tmp_path / "whole.yaml"
    path.write_text("# The contract\n---\n" + format_document(whole()), "utf-8")
    import_contract([str(path)], empty, DAY)
    assert merge_folder(empty) == merge_folder(REPOSITORY)


def test_no_default_security_is_an_empty_list_as_on_the_pages() -> None:
    cut, told = cut_out(whole(security=None), EVALUATE, EVALUATE.paths[0])
    assert (cut["security"], told) == ([], [])


def test_default_security_brings_its_scheme_along() -> None:
    document = whole(security=[{"api_key": []}])
    for name in ("paths", "components"):
        text = re.sub(r', "security": \[\{"api_key": \[\]\}\]', "", json.dumps(document[name]))
        document[name] = parse_document(text, name)
    cut, _ = cut_out(document, EVALUATE, EVALUATE.paths[0])
    assert cut["security"] == [{"api_key": []}]
    assert '"securitySchemes": {"api_key"' in json.dumps(cut)


def test_a_url_is_fetched_over_https_alone(empty: Layout) -> None:
    def fetch(url: str) -> bytes:
        assert url == "https://docs.example/evaluate-metrics.md"
        return markdown_page(block("evaluate-metrics")).encode()

    found = import_contract(["https://docs.example/evaluate-metrics.md"], empty, DAY, fetch)
    assert [fragment.file for fragment in found] == ["evaluate-metrics.yaml"]
    for url, message in {
        "http://docs.example/page.md": "http://docs.example: expected a path or an https URL",
        "file:///page.md": "expected a path or an https URL",
        "https://me:secret@docs.example/": "expected a URL without a user name",
    }.items():
        with pytest.raises(RefusedError, match=message) as refusal:
            read_source(url, fetch)
        assert "secret" not in str(refusal.value)


def test_importing_the_same_again_changes_nothing(
    empty: Layout, tmp_path: Path, content_of: Content
) -> None:
    path = tmp_path / "page.md"
    path.write_text(markdown_page(block("evaluate-metrics")), "utf-8")
    import_contract([str(path)], empty, DAY)
    before = content_of(empty)
    import_contract([str(path)], empty, "2032-01-01")
    assert content_of(empty) == before


def test_one_page_alone_leaves_the_other_fragment_as_it_is(layout: Layout, tmp_path: Path) -> None:
    other = layout.fragments / "reevaluate-calls.yaml"
    before, source = other.read_bytes(), read_document(layout.sources)[other.name]
    path = tmp_path / "page.md"
    changed = block("evaluate-metrics").replace("Example: `224`", "Example: `225`")
    path.write_text(markdown_page(changed), "utf-8")
    import_contract([str(path)], layout, DAY)
    assert (layout.fragments / "evaluate-metrics.yaml").read_text("utf-8") == changed
    assert other.read_bytes() == before
    assert read_document(layout.sources)[other.name] == source


GOOD = block("evaluate-metrics")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([markdown_page(GOOD), GOOD], "1.md: evaluate-metrics is in"),
        (
            [markdown_page(GOOD.replace("required: true", "required: maybe"))],
            "not valid OpenAPI 3.1",
        ),
        ([markdown_page(GOOD.replace("version: v1", "version: v2"))], "info > version: "),
        (
            [markdown_page(GOOD), markdown_page(block("reevaluate-calls") + "\n a: [\n")],
            "not a YAML or JSON document",
        ),
    ],
)
def test_nothing_is_written_when_anything_is_wrong(
    texts: list[str], message: str, layout: Layout, tmp_path: Path, content_of: Content
) -> None:
    before = content_of(layout)
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.md").write_text(text, "utf-8")
    places = [str(tmp_path / f"{number}.md") for number in range(len(texts))]
    with pytest.raises(RefusedError, match=re.escape(message)):
        import_contract(places, layout, DAY)
    assert content_of(layout) == before


def test_what_cannot_be_read_is_refused(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="No such file"):
        import_contract([str(tmp_path / "nothing.md")], layout, DAY)
    with pytest.raises(RefusedError, match="latin: not UTF-8 text"):
        parse_source("ü".encode("latin-1"), "latin", "latin")


def test_the_sources_of_the_repository_are_the_published_pages() -> None:
    sources = read_document(REPOSITORY.sources)
    assert {operation.file for operation in COVERED} <= set(sources)
    assert {path.name for path in REPOSITORY.fragments.iterdir()} == set(sources)
    for file, source in sources.items():
        assert isinstance(source, dict)
        assert source.get("url", "") == OPERATIONS[file.removesuffix(".yaml")].page
        assert re.fullmatch(r"[0-9a-f]{64}", str(source["sha256"]))
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(source["imported"]))
