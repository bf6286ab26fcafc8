"""Fixtures that every folder of tests shares."""

import os
from pathlib import Path

import pytest

from tests.support.twins import TWINS, Twin

TESTS = Path(__file__).parent
OWN_TOOLS = {"bench", "contract", "surface"}


# What trio does otherwise than asyncio is anyio's matter, so that a change seldom breaks it alone.
TIERED = [
    pytest.param(twin, marks=[pytest.mark.slow] if twin.name == "trio" else []) for twin in TWINS
]


@pytest.fixture(params=TIERED, ids=lambda twin: twin.name)
def twin(request: pytest.FixtureRequest) -> Twin:
    chosen: Twin = request.param
    return chosen


@pytest.fixture(autouse=True)
def no_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CEKURA_API_KEY", "CEKURA_API_URL", "CEKURA_AGENT_ID", "CEKURA_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a client wait no longer than a server says: its own waits are another test's matter."""
    monkeypatch.setattr("cekura_client.engine.retrying._FIRST_BACKOFF", 0.01)
    monkeypatch.setattr("cekura_client.engine.retrying._FIRST_RECONNECT", 0.01)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.name != "posix":
        skip = pytest.mark.skip(reason="this repository's own tools need make, bash and signals")
        for item in items:
            if OWN_TOOLS & {*item.path.relative_to(TESTS).parts}:
                item.add_marker(skip)
    if "live" in str(config.getoption("markexpr")):
        return
    skip = pytest.mark.skip(reason="talks to the real API; asked for with -m live")
    for item in items:
        if item.get_closest_marker("live"):
            item.add_marker(skip)
