"""Every Python block of README.md runs, in order, against the sandbox."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cekura_client.sandbox import Sandbox

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    monkeypatch.chdir(tmp_path)
    with Sandbox(evaluation_seconds=0) as sandbox:
        monkeypatch.setenv("CEKURA_API_KEY", sandbox.api_key)
        monkeypatch.setenv("CEKURA_API_URL", sandbox.url)
        yield sandbox


def test_there_are_blocks() -> None:
    assert len(BLOCKS) == README.read_text().count("```python")
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_runs(block: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(block, str(README), "exec"), names)  # noqa: S102  (our own README)
    # One block only makes a client; the others call the sandbox or print.
    assert sandbox.requests or capsys.readouterr().out or "httpx.Client()" in block


def test_the_first_call_prints_results(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(BLOCKS[0], str(README), "exec"), {})  # noqa: S102  (our own README)
    printed = capsys.readouterr().out
    assert "Instruction Follow False 0" in printed
    assert sandbox.metric_runs == 4


def test_every_correction_and_addition_is_in_the_table() -> None:
    overlay = README.parent / "overlay"
    files = [*overlay.glob("corrections/*.yaml"), *overlay.glob("additions/*.yaml")]
    text = README.read_text()
    assert [file.stem for file in files if f"`{file.stem}`" not in text] == []
