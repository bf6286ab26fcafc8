"""Hold a tag against the version and CHANGELOG.md; print what the changelog says of the version.

`python -m scripts.release v0.1.0` is what the release workflow runs before it publishes anything.
"""

import re
import sys
import tomllib
from pathlib import Path

from scripts.tools.refusals import RefusedError, exit_status

ROOT = Path(__file__).parents[1]
_HEADING = re.compile(r"^## (?P<version>.+)$", re.MULTILINE)


def release_notes(tag: str, project: Path, changelog: Path) -> str:
    """Read the newest section of the changelog, where it is the one of the tag.

    Raises:
        RefusedError: The tag is not `v` and the project's version, or the newest section of the
            changelog has another version, or no words.
    """
    version = tomllib.loads(project.read_text("utf-8"))["project"]["version"]
    if tag != f"v{version}":
        raise RefusedError(f"expected the tag v{version}, as {project.name} has it, found {tag}")
    text = changelog.read_text("utf-8")
    headings = list(_HEADING.finditer(text))
    newest = headings[0]["version"].strip() if headings else "none"
    if newest != version:
        raise RefusedError(
            f"{changelog.name}: expected the newest section to be {version}, found {newest}"
        )
    end = headings[1].start() if len(headings) > 1 else len(text)
    notes = text[headings[0].end() : end].strip()
    if not notes:
        raise RefusedError(f"{changelog.name}: the section {version} is empty")
    return notes


def _command() -> int | None:
    if len(sys.argv) != 2:  # noqa: PLR2004 - the command and the tag
        raise RefusedError("usage: python -m scripts.release TAG")
    print(release_notes(sys.argv[1], ROOT / "pyproject.toml", ROOT / "CHANGELOG.md"))
    return None


if __name__ == "__main__":
    sys.exit(exit_status(_command))
