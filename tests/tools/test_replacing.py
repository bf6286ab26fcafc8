"""Replacing files and folders: all of them, or none."""

import signal
import sys
from inspect import unwrap
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, cast

import pytest

from scripts.tools.replacing import replace_all, write_all

if TYPE_CHECKING:
    from collections.abc import Callable


def content(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("old/file", "old/folder/inner", "new/file", "new/folder/other", "new/third"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")
    return tmp_path


def test_files_and_folders_take_the_place_of_old_ones(root: Path) -> None:
    names = ("file", "folder", "third")
    replace_all({root / "old" / name: root / "new" / name for name in names}, root)
    assert content(root) == {
        "old/file": "new/file",
        "old/folder/other": "new/folder/other",
        "old/third": "new/third",
    }


@pytest.mark.parametrize("missing", ["file", "folder", "third"])
def test_a_failure_half_way_is_undone(missing: str, root: Path) -> None:
    (root / "new" / missing).rename(root / "elsewhere")
    before = content(root)
    names = ("file", "folder", "third")
    with pytest.raises(FileNotFoundError):
        replace_all({root / "old" / name: root / "new" / name for name in names}, root)
    assert content(root) == before
    assert {path.name for path in root.iterdir()} == {"old", "new", "elsewhere"}


@pytest.mark.parametrize("step", range(1, 30))
def test_an_interrupt_at_any_step_leaves_all_or_none(step: int, root: Path) -> None:
    names = ("file", "folder", "third")
    before = content(root)
    after = {
        "old/file": "new/file",
        "old/folder/other": "new/folder/other",
        "old/third": "new/third",
    }
    lines = 0

    def interrupt(frame: FrameType, event: str, _: object) -> object:
        nonlocal lines
        if frame.f_code is not unwrap(replace_all).__code__:
            return None
        lines += event == "line"
        if lines == step and event == "line":
            raise KeyboardInterrupt
        return interrupt

    traced = sys.gettrace()
    sys.settrace(cast("Callable[[FrameType, str, object], None]", interrupt))
    try:
        replace_all({root / "old" / name: root / "new" / name for name in names}, root)
    except KeyboardInterrupt:
        sys.settrace(traced)
        assert content(root) in (before, after)
    else:
        sys.settrace(traced)
        assert step > lines
        assert content(root) == after
    assert {path.name for path in root.iterdir()} == {"old", "new"}


def test_a_file_that_holds_the_text_already_is_not_touched(root: Path) -> None:
    file = root / "old" / "file"
    written = file.stat().st_mtime_ns
    write_all({file: "old/file", root / "old" / "deep" / "one": "text\n"}, root)
    assert file.stat().st_mtime_ns == written
    assert (root / "old" / "deep" / "one").read_bytes() == b"text\n"
    assert {path.name for path in root.iterdir()} == {"old", "new"}


def test_a_signal_in_the_middle_waits_for_the_end(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def interrupted(place: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGINT)
        return rename(place, target)

    names = ("file", "folder", "third")
    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_all({root / "old" / name: root / "new" / name for name in names}, root)
    monkeypatch.undo()
    assert content(root) == {
        "old/file": "new/file",
        "old/folder/other": "new/folder/other",
        "old/third": "new/third",
    }
