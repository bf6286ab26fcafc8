"""Fixtures of the command line's tests."""

from collections.abc import Iterator

import pytest
from cekura_client.sandbox import Sandbox

from tests.support.command import KEY


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(calls=700, credits=10**6, evaluation_seconds=0, api_key=KEY) as sandbox:
        yield sandbox


@pytest.fixture
def calls(sandbox: Sandbox) -> list[int]:
    """Ids of calls of agent 224."""
    return [call.id for call in sandbox.call_logs if call.agent_id == 224]
