"""(b) Reading a reply of 15 MB, over `json.loads` of it; and what memory it takes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from scripts.bench.bodies import rerun_reply
from scripts.bench.figures import OURS, Figure, figures_of
from scripts.bench.peers import JSON, VENDOR, reader_of
from scripts.bench.ratios import Measure, compare

_CALL_LOGS = 2000  # 15 MB
_ROUNDS = 15
_ROUNDS_OF_MEMORY = 3
_SUBJECTS = {
    OURS: "typed, checked, keeps unknown fields",
    VENDOR: "dicts; dates are text",
}


def measure() -> Iterable[Figure]:
    """Read the reply and touch every turn, metric and date; the floor touches nothing.

    Each reading is the first of a process of its own, which holds nothing of the others.
    """
    subjects = [who for who in _SUBJECTS if reader_of(who)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body.json"
        file.write_bytes(rerun_reply(_CALL_LOGS))
        seconds = compare(
            _reading(JSON, file, "seconds"),
            {who: _reading(who, file, "seconds") for who in subjects},
            _ROUNDS,
        )
        kilobytes = compare(
            _reading(JSON, file, "kilobytes"),
            {who: _reading(who, file, "kilobytes") for who in subjects},
            _ROUNDS_OF_MEMORY,
        )
    yield from figures_of("(b) a 15 MB reply", JSON, seconds, target=1.6, notes=_SUBJECTS)
    yield from figures_of("(b) its peak memory", JSON, kilobytes)


def _reading(who: str, file: Path, unit: str) -> Measure:
    command = [sys.executable, "-m", "scripts.bench.one_reading", who, str(file)]

    def measure() -> float:
        done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603  (ours)
        return float(json.loads(done.stdout)[unit])

    return measure
