"""Tools from npm: where they cannot be had, a test that needs one is skipped, but not in CI."""

import os

import pytest

from scripts.tools.npx import npx_tool
from scripts.tools.refusals import RefusedError


def fetched(package: str, program: str) -> list[str]:
    """Have npx fetch a package; the command that runs its program."""
    try:
        return npx_tool(package, program)
    except RefusedError as error:  # no Node.js, or no network
        if os.environ.get("CI") == "true":
            pytest.fail(f"{package}: {error}")
        pytest.skip(f"{package}: {error}".splitlines()[0])
