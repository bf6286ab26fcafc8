"""The tools that shape generated code, at the versions that the project pins."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scripts.tools.refusals import RefusedError

_PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>\S+)")


def require_pinned_tools(pyproject: Path) -> None:
    """Let only the pinned versions pass: others write other code.

    Raises:
        RefusedError: A tool is missing, or is installed at another version.
    """
    pins = tomllib.loads(pyproject.read_text("utf-8"))["dependency-groups"]["generate"]
    for pin in pins:
        match = _PIN.fullmatch(pin)
        if match is None:
            raise RefusedError(f"{pyproject.name}: {pin!r} in the group generate is no pin")
        found = _installed(match["name"])
        if found != match["version"]:
            raise RefusedError(
                f"{match['name']}: expected {match['version']}, as {pyproject.name} pins it, "
                f"found {found or 'none'}: run make setup"
            )


def run_tool(command: list[str], folder: Path, failed: str) -> str:
    """Run a tool of this interpreter's environment, free of outside settings.

    Raises:
        RefusedError: It failed; `failed` says what that means.
    """
    beside = Path(sys.executable).parent
    program = command[0] if Path(command[0]).is_absolute() else str(beside / command[0])
    settings = ("RUFF_", "PYTHON", "VIRTUAL_ENV")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(settings)}
    environment["PATH"] = os.pathsep.join([str(beside), environment.get("PATH", os.defpath)])
    try:
        done = subprocess.run(  # noqa: S603 - the commands are ours
            [program, *command[1:]],
            cwd=folder,
            env=environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise RefusedError(f"{failed}: {error}") from error
    if done.returncode != 0:
        raise RefusedError(f"{failed}: {done.stdout.strip()}")
    return done.stdout


def _installed(name: str) -> str | None:
    try:
        found = version(name)
    except PackageNotFoundError:
        return None
    if name == "ruff":
        # Its package is but a wrapper: ask the program that will run.
        output = run_tool(["ruff", "--version"], Path.cwd(), "ruff does not run")
        return output.split()[-1]
    return found
