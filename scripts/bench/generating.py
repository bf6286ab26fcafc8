"""(e) `make generate`, over the generator alone on the corrected contract."""

import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from scripts.bench.figures import OURS, Figure, figures_of
from scripts.bench.peers import DEVELOPMENT
from scripts.bench.ratios import Measure, compare
from scripts.layout import REPOSITORY

_ROUNDS = 7


def measure() -> Iterable[Figure]:
    """Run both as commands; the generator with the same settings and hooks."""
    _command("scripts.correct_contract")()
    with tempfile.TemporaryDirectory() as folder:
        generator = _command(
            "openapi_python_client", "generate", "--meta", "none", "--overwrite",
            "--path", str(REPOSITORY.corrected), "--config", str(REPOSITORY.generator_settings),
            "--output-path", str(Path(folder) / "cekura_api"),
        )  # fmt: skip
        ratios = compare(generator, {OURS: _command("scripts.generate_client")}, _ROUNDS)
    return figures_of("(e) make generate", "generator", ratios, target=1.3)


def _command(module: str, *arguments: str) -> Measure:
    # The generator calls Ruff by its name.
    environment = {"PATH": f"{DEVELOPMENT.parent}:/usr/bin:/bin"}
    command = [str(DEVELOPMENT), "-m", module, *arguments]

    def measure() -> float:
        begin = time.perf_counter()
        subprocess.run(  # noqa: S603  (our own commands)
            command, cwd=REPOSITORY.root, env=environment, check=True, capture_output=True
        )
        return time.perf_counter() - begin

    return measure
