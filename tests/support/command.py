"""The command line as a process of its own, in a pipe; or as a function, which is quicker."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

import pytest
from cekura_client.cli import main

COMMAND = [sys.executable, "-m", "cekura_client.cli"]
KEY = "test-key-that-shows-nowhere"
Words = tuple[str | int | Path, ...]
_PATIENCE = 60  # seconds that a process may take on a busy machine


class Server(Protocol):
    """Anything to send to: a `Sandbox`, a `WireServer`."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True)
class Ran:
    """What a process came to."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def ids(self, outcome: str) -> list[int]:
        return [r["call_log_id"] for r in self.records if r["outcome"] == outcome]


def environment(server: Server | None, **changes: str | None) -> dict[str, str]:
    """The variables for a command that talks to a server; None takes one away."""
    names = {"CEKURA_API_KEY": KEY, "COLUMNS": None, "NO_COLOR": None, "TERM": "xterm-256color"}
    wanted: Mapping[str, str | None] = {
        **os.environ,
        **names,
        "CEKURA_API_URL": server.url if server else "http://127.0.0.1:9",
        **changes,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def run(
    *words: str | int | Path, server: Server | None = None, typed: str = "", **changes: str | None
) -> Ran:
    """Run the command to its end; `typed` is its standard input."""
    with started(*words, server=server, **changes) as process:
        out, err = process.communicate(typed, timeout=_PATIENCE)
    return _checked(Ran(process.returncode, out, err))


def run_here(
    *words: str | int | Path, server: Server | None = None, typed: str = "", **changes: str | None
) -> Ran:
    """Do as `run` does, in this process: making another one takes long."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for name in ("out", "err")}
    with (
        patch.dict(os.environ, environment(server, **changes), clear=True),
        patch("sys.argv", ["cekura-client", *map(str, words)]),
        patch("sys.stdin", io.TextIOWrapper(io.BytesIO(typed.encode()))),
        patch("sys.stdout", streams["out"]),
        patch("sys.stderr", streams["err"]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    for stream in streams.values():
        stream.seek(0)
    assert isinstance(ended.value.code, int)
    return _checked(Ran(ended.value.code, streams["out"].read(), streams["err"].read()))


def _checked(ran: Ran) -> Ran:
    assert KEY not in ran.out + ran.err
    assert "Traceback" not in ran.err, ran.err
    return ran


@contextmanager
def started(
    *words: str | int | Path, server: Server | None = None, **changes: str | None
) -> Generator[subprocess.Popen[str]]:
    """Start the command, and see to it that it ends."""
    with subprocess.Popen(  # noqa: S603  (our own command)
        [*COMMAND, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(server, **changes),
    ) as process:
        try:
            yield process
        finally:
            process.kill()
