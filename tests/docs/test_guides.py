"""README.md and the guides: every Python block runs, and every link leads somewhere."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cekura_client
import pytest
from cekura_client.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
README, DOCS = ROOT / "README.md", ROOT / "overlay" / "docs"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
TEXTS = {page.name: page.read_text("utf-8") for page in PAGES}
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTED = re.compile(r"^\.\. auto\w+:: cekura_client\.(\w+)$", re.MULTILINE)
BLOCKS = [
    pytest.param(block, id=f"{name}-{number}")
    for name, text in TEXTS.items()
    for number, block in enumerate(
        re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL), 1
    )
]
SENDS_NOTHING = ("read_event", "httpx.Client()", "import pytest")


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    monkeypatch.chdir(tmp_path)
    with Sandbox(evaluation_seconds=0) as sandbox:
        monkeypatch.setenv("CEKURA_API_KEY", sandbox.api_key)
        monkeypatch.setenv("CEKURA_API_URL", sandbox.url)
        yield sandbox


def run(block: str) -> None:
    exec(compile(block, "a guide", "exec"), {"__name__": "guide"})  # noqa: S102  (our own guides)


def test_every_block_is_found() -> None:
    assert len(BLOCKS) == sum(text.count("```python") for text in TEXTS.values())
    assert len(BLOCKS) >= 20


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_runs(block: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    run(block)
    printed = capsys.readouterr().out
    # What a reader is to see, or to have sent.
    own = "Sandbox(" in block
    assert any(word in block for word in SENDS_NOTHING) or (printed if own else sandbox.requests)


def test_the_first_call_prints_results(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    first = next(block for block in BLOCKS if "metric_results" in str(block.values))
    run(str(first.values[0]))
    assert "Instruction Follow False 0" in capsys.readouterr().out
    assert sandbox.metric_runs == 4


def test_the_test_in_the_guide_passes(tmp_path: Path) -> None:
    [block] = [str(block.values[0]) for block in BLOCKS if "@pytest.fixture" in str(block.values)]
    (tmp_path / "test_rescoring.py").write_text(block, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-q", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_shows_where_two_changes_met(page: Path) -> None:
    assert re.findall(r"^(?:<<<<<<<|>>>>>>>) .*", TEXTS[page.name], re.MULTILINE) == []


def test_the_readme_is_a_page_to_read() -> None:
    assert len(TEXTS["README.md"].splitlines()) <= 220


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", TEXTS[page.name])
    files = [link for link in links if "://" not in link]
    assert [link for link in files if not (page.parent / link).is_file()] == []


def test_every_guide_is_on_the_readmes_and_the_sites_list() -> None:
    guides = {page.name for page in PAGES if page.parent == DOCS} - {"index.md", "reference.md"}
    assert {name for name in guides if f"(overlay/docs/{name})" not in TEXTS["README.md"]} == set()
    assert {name for name in guides if f"({name})" not in TEXTS["index.md"]} == set()


def test_the_reference_has_everything_that_people_import() -> None:
    listed = set(
        re.findall(r"^\.\. auto\w+:: cekura_client\.(\w+)$", TEXTS["reference.md"], re.MULTILINE)
    )
    assert listed == {*cekura_client.__all__} - {"__version__"}


def test_every_correction_and_addition_is_in_the_table() -> None:
    overlay = ROOT / "overlay"
    files = [*overlay.glob("corrections/*.yaml"), *overlay.glob("additions/*.yaml")]
    text = TEXTS["contract.md"]
    assert [file.stem for file in files if f"`{file.stem}`" not in text] == []
