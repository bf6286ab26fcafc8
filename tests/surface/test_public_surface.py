"""What people see changes with the snapshot of it, or not at all."""

import shutil
from pathlib import Path

import cekura_client
import pytest
from cekura_client import sandbox

from scripts.surface.__main__ import (
    read_snapshot,
    surface_difference,
    update_surface,
)
from scripts.tools.layout import REPOSITORY, Layout


def test_what_people_see_is_what_was_taken_down() -> None:
    difference = surface_difference(REPOSITORY)
    if difference:
        pytest.fail(
            "What people see of cekura_client has changed. Say in CHANGELOG.md what that means "
            f"for them, then run make surface.\n{difference}"
        )


@pytest.fixture(scope="module")
def taken_down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the command reads, and what it has written."""
    layout = Layout(tmp_path_factory.mktemp("surface"))
    without_caches = shutil.ignore_patterns("__pycache__")
    for folder in ("overlay/cekura_client", "generated"):
        shutil.copytree(REPOSITORY.root / folder, layout.root / folder, ignore=without_caches)
    layout.surface.parent.mkdir(parents=True)
    update_surface(layout)
    return layout.root


@pytest.fixture
def layout(taken_down: Path, tmp_path: Path) -> Layout:
    shutil.copytree(taken_down, tmp_path, dirs_exist_ok=True)
    return Layout(tmp_path)


def change(layout: Layout, file: str, old: str, new: str) -> None:
    path = layout.root / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


MODELS = "generated/cekura_api/models.py"


SEEN = {
    "a field that is gone": (
        MODELS,
        ("    passed: bool | None = None\n", ""),
        ["-    passed: bool | None = None"],
    ),
    "another type of a field": (
        MODELS,
        ("    score: float | None = None\n", "    score: float | str | None = None\n"),
        ["-    score: float | None = None", "+    score: float | str | None = None"],
    ),
    "another value of an enum": (
        MODELS,
        ('SUCCESS = "success"', 'DONE = "done"'),
        ["-    SUCCESS = 'success'", "+    DONE = 'done'"],
    ),
    "another name of a parameter": (
        "overlay/cekura_client/_sync/call_logs.py",
        ("def retrieve(self, call_log_id: int)", "def retrieve(self, call_id: int)"),
        [
            "-    def retrieve(call_log_id: int) -> CallLog",
            "+    def retrieve(call_id: int) -> CallLog",
        ],
    ),
    "no longer async": (
        "overlay/cekura_client/_async/call_logs.py",
        ("    async def retrieve(", "    def retrieve("),
        [
            "-    async def retrieve(call_log_id: int) -> CallLog",
            "+    def retrieve(call_log_id: int) -> CallLog",
        ],
    ),
    "another default": (
        "overlay/cekura_client/config.py",
        ("max_wait: float = 60.0", "max_wait: float = 61.0"),
        ["-    max_wait: float = 60.0", "+    max_wait: float = 61.0"],
    ),
    "a name that is gone": (
        "overlay/cekura_client/__init__.py",
        ('    "TranscriptTurn",\n', ""),
        ["-class cekura_client.TranscriptTurn(Model)"],
    ),
}


def test_each_change_is_seen_until_it_is_taken_down(layout: Layout) -> None:
    for file, (old, new), _ in SEEN.values():
        change(layout, file, old, new)
    difference = surface_difference(layout).splitlines()
    unseen = {name for name, (*_, told) in SEEN.items() if not set(told) <= set(difference)}
    assert unseen == set()
    update_surface(layout)
    assert surface_difference(layout) == ""


def test_what_nobody_sees_may_change(layout: Layout) -> None:
    change(
        layout, "overlay/cekura_client/_sync/call_logs.py", "Read one call log", "Get one call log"
    )
    for file in ("errors.py", "call_logs/arguments.py"):
        path = layout.root / "overlay" / "cekura_client" / file
        more = "\n\ndef _private(one: int) -> None: ...\n"
        path.write_text(path.read_text("utf-8") + more, "utf-8")
    assert surface_difference(layout) == ""


def test_every_exported_name_is_taken_down_once() -> None:
    words = [line.split("(")[0].split() for line in read_snapshot(REPOSITORY)]
    names = [word.rstrip(":") for line in words for word in line if word.startswith("cekura_")]
    exported = {f"cekura_client.{name}" for name in cekura_client.__all__}
    exported |= {f"cekura_client.sandbox.{name}" for name in sandbox.__all__}
    assert exported <= set(names)
    twice = {name for name in names if names.count(name) > 1}
    assert twice == {"cekura_client.missing_metrics"}  # overloads
    # And what they lead to, such as `cekura.call_logs`.
    assert {"cekura_client._sync.call_logs.CallLogs", "cekura_client.CallStatus"} <= set(names)
    private = [name for name in names if name.rpartition(".")[2].startswith("_")]
    assert private == ["cekura_client.__version__"]
