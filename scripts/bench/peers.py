"""What others do the same with: installed beside the client by `make bench` alone.

A peer that cannot be installed on this platform is left out of the table.
"""

import importlib
import json
from collections.abc import Callable
from typing import Any

import httpx
from cekura_client.call_logs import operations

from scripts.bench.figures import OURS
from scripts.tools.layout import REPOSITORY

JSON = "json.loads"
VENDOR = "cekura[sdk]"

CLEAN = REPOSITORY.build / "bench" / "clean" / "bin" / "python"
"""The Python of an environment that holds what installing the client and the vendor's brings."""


def installed(module: str) -> Any | None:  # noqa: ANN401  (not there for a type checker)
    """Import a peer's module; None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def reader_of(who: str) -> Callable[[bytes], Any] | None:
    """Find what reads the body of a reply to a re-run; None where the peer is not installed."""
    if who == JSON:
        return json.loads
    if who == OURS:
        rerun = operations.Rerun.checked(agent_id=1, assistant_id=None, call_logs="all")
        return rerun.operation().read
    if who == VENDOR:
        vendor = installed("cekura._http")
        # What each of its calls ends with.
        return vendor and (lambda body: vendor._parse_response(httpx.Response(200, content=body)))  # noqa: SLF001
    raise ValueError(who)
