"""A tag is released under its own version, with its own words of the changelog, or not at all."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts.release import ROOT, release_notes
from scripts.tools.refusals import RefusedError

CHANGES = """# Changelog

Versions follow a scheme.

## 1.2.0

- New.

### Removed

- Old.

## 1.1.9

- Before.
"""


def notes(folder: Path, tag: str, version: str = "1.2.0", changes: str = CHANGES) -> str:
    project, changelog = folder / "pyproject.toml", folder / "CHANGELOG.md"
    project.write_text(f'[project]\nversion = "{version}"\n', "utf-8")
    changelog.write_text(changes, "utf-8")
    return release_notes(tag, project, changelog)


def test_the_notes_are_the_newest_section_without_its_heading(tmp_path: Path) -> None:
    assert notes(tmp_path, "v1.2.0") == "- New.\n\n### Removed\n\n- Old."


def test_the_only_section_ends_with_the_file(tmp_path: Path) -> None:
    assert notes(tmp_path, "v1.1.9", "1.1.9", "# C\n\n## 1.1.9\n\n- Before.\n") == "- Before."


@pytest.mark.parametrize(
    ("tag", "version", "changes", "message"),
    [
        ("v1.2.1", "1.2.0", CHANGES, "expected the tag v1.2.0.*found v1.2.1"),
        ("1.2.0", "1.2.0", CHANGES, "expected the tag v1.2.0"),
        ("v1.1.9", "1.1.9", CHANGES, "expected the newest section to be 1.1.9, found 1.2.0"),
        ("v1.2.0", "1.2.0", CHANGES.replace("1.2.0", "1.2.0rc1"), "found 1.2.0rc1"),
        ("v1.2.0", "1.2.0", "# Changelog\n", "found none"),
        ("v1.2.0", "1.2.0", "## 1.2.0\n\n## 1.1.9\n\n- Before.\n", "1.2.0 is empty"),
    ],
)
def test_what_does_not_fit_is_refused(
    tag: str, version: str, changes: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match=message):
        notes(tmp_path, tag, version, changes)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.release", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603


def test_the_command_prints_what_this_version_brings_and_nothing_for_another_tag() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    right, wrong = run(f"v{version}"), run("v0.0.0")
    assert right.returncode == 0
    assert right.stdout.strip() in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert right.stdout.strip()
    assert wrong.returncode == 1
    assert wrong.stdout == ""
    assert wrong.stderr.startswith("refused: expected the tag v")
