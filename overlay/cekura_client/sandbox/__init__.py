"""A stand-in for the Cekura API that runs on this machine: a real HTTP server on loopback.

It needs the extra: ``pip install 'cekura-client[sandbox]'``. Start one in a test or a notebook
with `Sandbox`, or from a shell with ``python -m cekura_client.sandbox --port 8765``; tests have the
fixture `cekura_sandbox` of `cekura_client_pytest`.

Begin with `server`, which starts and stops it, and `routes`, which answers a request: `requests`
reads it, `state` knows what has become of the calls and of the credits, `replies` shows it as the
API does. `content` is what a sandbox holds: made up, or somebody's own.
"""

try:
    from cekura_client.sandbox.server import Sandbox
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in {"starlette", "uvicorn"}:
        raise
    raise ImportError(
        f"The sandbox needs {error.name}, which is not installed: "
        "pip install 'cekura-client[sandbox]'",
        name=__name__,  # so that ``python -m`` ends with one line, and no traceback
    ) from error
from cekura_client.sandbox.content.seed import Agent, Metric, Project, SeededCall
from cekura_client.sandbox.state import Flip, Vote

__all__ = ["Agent", "Flip", "Metric", "Project", "Sandbox", "SeededCall", "Vote"]
