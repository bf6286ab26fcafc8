"""Tools from npm: where there is no Node.js, a test that needs them is skipped, but not in CI."""

import os

import pytest

from scripts.tools.npx import NodeMissingError, npx_tool


def fetched(package: str, program: str) -> list[str]:
    """Have npx fetch a package; the command that runs its program."""
    try:
        return npx_tool(package, program)
    except NodeMissingError as error:
        reason = f"{package}: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
