"""What a start costs: importing the package, and making a client, load little beside httpx."""

import subprocess
import sys
from importlib.metadata import version

import cekura_client
import pytest
from cekura_client.config import VERSION

LATER = {
    *("cekura_api", "dateutil", "msgspec", "sqlite3", "importlib.metadata"),
    *(
        "cekura_client._sync.performing",
        "cekura_client.engine.attempts",
        "cekura_client.engine.retrying",
    ),
}
STARTED = """
import sys
import httpx
httpx.Client()
before = {*sys.modules}
from cekura_client import Cekura
Cekura("key")
print(*{*sys.modules} - before)
"""
ALL_NAMES = """
from cekura_client import *
import cekura_client
assert {*cekura_client.__all__} <= {*dir(), *dir(cekura_client)}
print(type(metric_results).__name__, CallLog.__name__, AsyncCekura.__name__, BatchReport.__name__)
"""


def run(script: str) -> str:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def test_making_a_client_loads_neither_models_nor_what_sends() -> None:
    loaded = {*run(STARTED).split()}
    assert "cekura_client._sync.client" in loaded
    assert loaded & LATER == set()
    assert not [name for name in loaded if name.startswith("cekura_client.call_logs.batches")]


def test_every_public_name_is_there() -> None:
    assert run(ALL_NAMES).split() == ["function", "CallLog", "AsyncCekura", "BatchReport"]
    for name in cekura_client.__all__:
        assert getattr(cekura_client, name) is not None


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match=r"'cekura_client' has no attribute 'CallLogs'"):
        _ = cekura_client.CallLogs  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def test_the_version_is_the_packages() -> None:
    assert version("cekura-client") == VERSION == cekura_client.__version__
