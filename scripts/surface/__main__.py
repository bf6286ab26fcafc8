"""Take down what people see of the package: `python -m scripts.surface`."""

import difflib
import sys

from scripts.surface.public_surface import public_surface
from scripts.tools.layout import REPOSITORY, Layout
from scripts.tools.refusals import exit_status
from scripts.tools.replacing import write_all

_HEAD = "# What people see of cekura_client: names, parameters, types. Written by `make surface`.\n"


def current_surface(layout: Layout) -> list[str]:
    """Describe what people see of the package now."""
    return public_surface(layout.root / "overlay", layout.generated)


def read_snapshot(layout: Layout) -> list[str]:
    """Read what was taken down; nothing where there is no snapshot."""
    text = layout.surface.read_text("utf-8") if layout.surface.exists() else ""
    return text.partition("\n\n")[2].splitlines()


def surface_difference(layout: Layout) -> str:
    """Compare the snapshot with what people see now; empty where both are the same."""
    old, new = read_snapshot(layout), current_surface(layout)
    return "\n".join(difflib.unified_diff(old, new, "snapshot", "now", lineterm=""))


def update_surface(layout: Layout) -> None:
    """Write the snapshot anew."""
    text = "\n".join([_HEAD, *current_surface(layout), ""])
    layout.build.mkdir(exist_ok=True)
    write_all({layout.surface: text}, layout.build)


def _command() -> None:
    difference = surface_difference(REPOSITORY)
    update_surface(REPOSITORY)
    print(difference or "What people see is as it was.")
    if difference:
        print("\nSay in the newest section of CHANGELOG.md what that means for people.")


if __name__ == "__main__":
    sys.exit(exit_status(_command))
