"""Have a differ that others keep compare two contracts."""

import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from scripts.tools.documents import Document, Json
from scripts.tools.npx import npx_tool
from scripts.tools.refusals import RefusedError

PACKAGE = "@redocly/cli@2.77.0"  # pinned: another version may judge otherwise
_LONGEST = 60.0  # seconds
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def differences(before: Document, after: Document) -> list[Document]:
    """Compare two contracts.

    Raises:
        NodeMissingError: Node.js is not here.
        RefusedError: The differ cannot be fetched, or fails.
    """
    command = npx_tool(PACKAGE, "redocly")
    with TemporaryDirectory(prefix="contracts-") as folder:
        for name, contract in {"before.json": before, "after.json": after}.items():
            (Path(folder) / name).write_text(json.dumps(contract), "utf-8")
        options = ["--format", "json", "--fail-on", "none"]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command
                [*command, "diff", "before.json", "after.json", *options],
                cwd=folder,
                env=os.environ | _QUIET,
                check=True,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_LONGEST,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
            raise RefusedError(f"{PACKAGE} failed: {error}\n{said}".strip()) from error
    return _changes(done.stdout)


def _changes(printed: bytes) -> list[Document]:
    try:
        report: Json = json.loads(printed)
    except ValueError as error:
        raise RefusedError(f"{PACKAGE} printed no JSON: {printed[:200]!r}") from error
    changes = report.get("changes") if isinstance(report, dict) else None
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
        raise RefusedError(f"{PACKAGE} printed no list of changes: {printed[:200]!r}")
    return cast("list[Document]", changes)
