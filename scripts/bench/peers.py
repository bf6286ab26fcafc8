"""What others do the same with: installed beside the client by `make bench` alone.

A peer that cannot be installed on this platform is left out of the table.
"""

import importlib
import json
from collections.abc import Callable
from typing import Any

import httpx
from cekura_api.models import CallLog

from scripts.layout import REPOSITORY

BARE = "generated code"
VENDOR = "cekura[sdk]"

CLEAN = REPOSITORY.build / "bench" / "clean" / "bin" / "python"
"""The Python of an environment that holds what installing the client and the vendor's brings."""
DEVELOPMENT = REPOSITORY.root / ".venv" / "bin" / "python"
"""The Python that has the generator."""


def installed(module: str) -> Any | None:  # noqa: ANN401  (not there for a type checker)
    """Import a peer's module; None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def readers() -> dict[str, Callable[[bytes], Any]]:
    """List what reads the body of a reply to a re-run, by who does it."""
    found: dict[str, Callable[[bytes], Any]] = {BARE: _read_by_generated_code}
    if vendor := installed("cekura._http"):
        found[VENDOR] = lambda body: vendor._parse_response(httpx.Response(200, content=body))  # noqa: SLF001  (what its calls end with)
    for peer in ("pydantic", "msgspec"):
        if models := installed(f"scripts.bench.{peer}_models"):
            found[peer] = models.read
    return found


def _read_by_generated_code(body: bytes) -> list[CallLog]:
    return [CallLog.from_dict(row) for row in json.loads(body)]
