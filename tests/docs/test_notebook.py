"""The notebook among the guides runs, cell by cell, and what it shows is shown as a table."""

import ast
import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "overlay" / "docs" / "comparing.ipynb"


def run_cell(source: str, names: dict[str, object]) -> object:
    """Run a cell as a notebook does: the value of its last line is what it shows."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "a cell", "exec"), names)  # noqa: S102  (our own notebook)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "a cell", "exec"), names)  # noqa: S102
    return eval(compile(ast.Expression(last.value), "a cell", "eval"), names)  # noqa: S307


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not [cell for cell in code if cell["outputs"]]
    names: dict[str, object] = {"__name__": "__main__"}
    shown = [run_cell("".join(cell["source"]), names) for cell in code]
    tables = [page for value in shown if (page := as_page(value)) is not None]
    assert len(tables) == 2  # a call, and the comparison
    assert all("<table" in table for table in tables)
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def as_page(value: object) -> str | None:
    make = getattr(value, "_repr_html_", None)
    return None if make is None else str(make())
