"""(e) `make generate`, over the generator alone on the corrected contract."""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from scripts.bench.figures import OURS, Figure, figures_of
from scripts.bench.peers import DEVELOPMENT
from scripts.bench.ratios import compare, timed_process
from scripts.tools.layout import REPOSITORY

_ROUNDS = 7
_RUNS = 7  # of each in a round


def measure() -> Iterable[Figure]:
    """Run both as commands; the generator with the same settings and hooks."""
    subprocess.run(  # noqa: S603  (our own command)
        [DEVELOPMENT, "-m", "scripts.contract.step3_correct.correcting"],
        cwd=REPOSITORY.root,
        check=True,
        capture_output=True,
    )
    # The generator calls Ruff by its name.
    environment = {"PATH": f"{DEVELOPMENT.parent}:/usr/bin:/bin"}
    options = {"cwd": REPOSITORY.root, "env": environment, "stdout": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as folder:
        generator: list[str | Path] = [
            *(DEVELOPMENT, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--overwrite", "--path", REPOSITORY.corrected),
            *("--config", REPOSITORY.generator_settings),
            *("--output-path", Path(folder) / "cekura_api"),
        ]
        ours: list[str | Path] = [DEVELOPMENT, "-m", "scripts.contract.step4_generate.generating"]
        ratios = compare(
            timed_process(generator, **options),
            {OURS: timed_process(ours, **options)},
            _ROUNDS,
            at_a_time=_RUNS,
        )
    return figures_of("(e) make generate", "generator", ratios, target=1.3)
