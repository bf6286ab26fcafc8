"""Take down what people see of the package: `python -m scripts.surface.__main__`.

Whoever changes that has to say so in CHANGELOG.md. The snapshot therefore holds the hash of the
changelog's newest section, and is not written again before that section has changed, too.
"""

import difflib
import hashlib
import re
import sys
from dataclasses import dataclass

from scripts.surface.public_surface import public_surface
from scripts.tools.layout import REPOSITORY, Layout
from scripts.tools.refusals import RefusedError, exit_status
from scripts.tools.replacing import write_all

_HASH = re.compile(r"^# (lines|changelog): ([0-9a-f]{64})$", re.MULTILINE)
_HEAD = """\
# What people see of cekura_client: names, parameters, types. Written by `make surface`, once
# CHANGELOG.md says what changes. The hashes are those of the lines below, and of the changelog's
# newest section at the last change of the lines.
# lines: {lines}
# changelog: {changelog}

"""


@dataclass(frozen=True)
class Snapshot:
    """What was taken down.

    Attributes:
        lines: The surface.
        sha256: The hash that goes with the lines; another one than theirs was not written by
            `make surface`.
        changelogs: The hash of the changelog's newest section; several of them where two
            branches meet.
    """

    lines: list[str]
    sha256: str
    changelogs: set[str]

    @property
    def by_hand(self) -> bool:
        """Whether somebody has changed the lines by hand."""
        return self.sha256 != _sha256("\n".join(self.lines))


def read_snapshot(layout: Layout) -> Snapshot:
    """Read the snapshot; an empty one where there is none."""
    text = layout.surface.read_text("utf-8") if layout.surface.exists() else ""
    _, _, body = text.partition("\n\n")
    hashes = _HASH.findall(text)
    return Snapshot(
        body.splitlines(),
        next((value for name, value in hashes if name == "lines"), ""),
        {value for name, value in hashes if name == "changelog"},
    )


def current_surface(layout: Layout) -> list[str]:
    """Describe what people see of the package now."""
    return public_surface(layout.root / "overlay", layout.generated)


def surface_difference(layout: Layout) -> str:
    """Compare the snapshot with what people see now; empty where both are the same."""
    old, new = read_snapshot(layout).lines, current_surface(layout)
    return "\n".join(difflib.unified_diff(old, new, "snapshot", "now", lineterm=""))


def update_surface(layout: Layout) -> bool:
    """Write the snapshot anew.

    Args:
        layout: Where everything lies.

    Returns:
        Whether anything had changed.

    Raises:
        RefusedError: The changelog does not say so yet.
    """
    snapshot, surface = read_snapshot(layout), current_surface(layout)
    if surface == snapshot.lines and not snapshot.by_hand and len(snapshot.changelogs) == 1:
        return False
    changelog = _sha256(newest_section(layout.changelog.read_text("utf-8")))
    if changelog in snapshot.changelogs:
        raise RefusedError(
            "what people see has changed, and the newest section of CHANGELOG.md has not: say "
            "there what changes for them, then run make surface again"
        )
    text = _HEAD.format(lines=_sha256("\n".join(surface)), changelog=changelog)
    layout.build.mkdir(exist_ok=True)
    write_all({layout.surface: text + "".join(f"{line}\n" for line in surface)}, layout.build)
    return True


def newest_section(changelog: str) -> str:
    """Cut the newest version out of the changelog; layout does not count."""
    _, _, newest = f"\n{changelog}".partition("\n## ")
    return " ".join(newest.partition("\n## ")[0].split())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _command() -> None:
    difference = surface_difference(REPOSITORY)
    print(difference or "What people see is as it was.")
    if update_surface(REPOSITORY):
        print(f"\nwritten: {REPOSITORY.surface.relative_to(REPOSITORY.root)}")


if __name__ == "__main__":
    sys.exit(exit_status(_command))
