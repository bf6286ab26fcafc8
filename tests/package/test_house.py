"""The house: few entries at the top of the package, and imports that run down only."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cekura_client
import pytest

PACKAGE = Path(cekura_client.__file__).parent
# From the top down; what stands in one row may not import its neighbours.
FLOORS = (
    ("cli",),
    ("report", "sandbox"),
    ("__init__",),
    ("_async", "_sync"),
    ("_concurrency",),
    ("call_logs", "comparison", "webhooks"),
    ("billing", "results"),
    ("engine",),
    ("models",),
    ("config",),
    ("errors",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def rooms() -> list[str]:
    entries = [
        entry for entry in PACKAGE.iterdir() if entry.name not in ("py.typed", "__pycache__")
    ]
    return sorted(entry.stem for entry in entries)


def imported(file: Path) -> Iterator[str]:
    """Name the rooms that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "cekura_client":
                room = rest.partition(".")[0]
                yield room if room in FLOOR_OF else "__init__"


def test_a_dozen_names_tell_the_story() -> None:
    assert len(rooms()) + 1 <= 17
    assert set(rooms()) <= FLOOR_OF.keys()


@pytest.mark.parametrize("room", rooms())
def test_imports_run_down(room: str) -> None:
    place = PACKAGE / room
    files = [*place.rglob("*.py")] if place.is_dir() else [place.with_suffix(".py")]
    assert files
    for file in files:
        for other in imported(file):
            down = FLOOR_OF[other] > FLOOR_OF[room]
            assert down or other == room, f"{file.relative_to(PACKAGE)} imports {other}"


@pytest.mark.parametrize(
    "folder", sorted({file.parent for file in PACKAGE.rglob("*.py")}), ids=lambda path: path.name
)
def test_a_folder_tells_its_story(folder: Path) -> None:
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))


def test_the_page_about_the_house_names_what_is_there() -> None:
    page = (Path(__file__).parents[2] / "overlay" / "docs" / "house.md").read_text("utf-8")
    house = page.partition("\n## The package\n")[2]
    inside = "|".join(sorted(FLOOR_OF.keys() - {"__init__"}))
    named = re.findall(rf"`((?:{inside})(?:/[a-z_/]*)?(?:\.py)?)`", house)
    assert len(named) > 30
    assert [name for name in named if not (PACKAGE / name).exists()] == []


def bodies(file: Path) -> Iterator[str]:
    """Give the bodies of more than three lines of a file's functions, without docstrings."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body and (body[-1].end_lineno or 0) - body[0].lineno >= 3:
                yield "\n".join(map(ast.unparse, body))


def test_no_body_is_written_twice() -> None:
    by_hand = [file for file in PACKAGE.rglob("*.py") if "_sync" not in file.parts]
    found = Counter(body for file in by_hand for body in {*bodies(file)})
    assert len(found) > 300
    assert [body for body, times in found.items() if times > 1] == []
