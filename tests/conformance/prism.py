"""Prism: a server that nobody here wrote, and that answers by the contract alone."""

import re
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.node import fetched

PACKAGE = "@stoplight/prism-cli@5.16.0"
LONGEST_START = 30.0  # seconds
LONGEST_STOP = 5.0

_URL = re.compile(r"Prism is listening on (http://127\.0\.0\.1:\d+)")


def install() -> list[str]:
    """Have npx fetch Prism, some 100 MB the first time; the command that runs it."""
    return fetched(PACKAGE, "prism")


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
