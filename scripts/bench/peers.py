"""What others do the same with: installed beside the client by `make bench` alone.

A peer that no index has for this platform is left out of the table.
"""

import importlib
from typing import Any

VENDOR = "cekura[sdk]"


def installed(module: str) -> Any | None:  # noqa: ANN401  (not there for a type checker)
    """Import a peer's module; None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
