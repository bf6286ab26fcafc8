"""(b) Reading a reply of 15 MB, over `json.loads` of it; and what memory it takes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cekura_client import operations

from scripts.bench.bodies import rerun_reply
from scripts.bench.figures import OURS, Figure, figures_of
from scripts.bench.peers import BARE, VENDOR, readers
from scripts.bench.ratios import Measure, compare, timed

FLOOR = "json.loads"
CALL_LOGS = 2000  # 15 MB
_ROUNDS = 15
_ROUNDS_OF_MEMORY = 5
_STATUS = Path("/proc/self/status")  # Linux alone tells the peak of a process by itself
_NOTES = {
    OURS: "typed, checked, keeps unknown fields",
    BARE: "typed, hands back unchecked values",
    VENDOR: "dicts; dates are text",
    "pydantic": "typed, checked, keeps unknown fields",
    "msgspec": "typed, checked, drops unknown fields",
}

read = operations.rerun_evaluation(agent_id=1, assistant_id=None, call_logs="all").read


def measure() -> Iterable[Figure]:
    """Read the reply and touch every turn, metric and date; the floor touches nothing."""
    body = rerun_reply(CALL_LOGS)
    subjects = {OURS: read, **readers()}
    ratios = compare(
        timed(lambda: json.loads(body)),
        {who: timed(_touching(reader, body)) for who, reader in subjects.items()},
        _ROUNDS,
    )
    yield from figures_of("(b) a 15 MB reply", FLOOR, ratios, target=1.6, notes=_NOTES)
    if not _STATUS.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body.json"
        file.write_bytes(body)
        memory = compare(
            _peak(FLOOR, file), {who: _peak(who, file) for who in subjects}, _ROUNDS_OF_MEMORY
        )
    yield from figures_of("(b) its peak memory", FLOOR, memory)


def _touching(reader: Callable[[bytes], Any], body: bytes) -> Callable[[], object]:
    def touch() -> object:
        calls = reader(body)
        touch_all = _touch_dicts if isinstance(calls[0], dict) else _touch_models
        touch_all(calls)
        return calls

    return touch


def _touch_models(calls: list[Any]) -> None:
    for call in calls:
        _ = call.timestamp, call.created_at, call.updated_at
        for turn in call.transcript_object:
            _ = turn.role, turn.content
        for metric in call.evaluation.metrics:
            _ = metric.name, metric.score


def _touch_dicts(calls: list[dict[str, Any]]) -> None:
    for call in calls:
        _ = call["timestamp"], call["created_at"], call["updated_at"]
        for turn in call["transcript_object"]:
            _ = turn["role"], turn["content"]
        for metric in call["evaluation"]["metrics"]:
            _ = metric["name"], metric["score"]


def _peak(who: str, file: Path) -> Measure:
    command = [sys.executable, "-m", "scripts.bench.large_reply", who, str(file)]

    def measure() -> float:
        done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603  (this file)
        return float(done.stdout)

    return measure


def _print_peak(who: str, file: Path) -> None:
    """Print by how much reading the body raises the peak memory of this process."""
    reader = {OURS: read, FLOOR: json.loads, **readers()}[who]
    reader(rerun_reply(1))  # what is made once is no part of it
    body = file.read_bytes()
    before = _peak_kilobytes()
    calls = reader(body)
    print(_peak_kilobytes() - before)
    del calls


def _peak_kilobytes() -> int:
    # What the resource module tells begins with the peak of whoever started the process.
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


if __name__ == "__main__":
    _print_peak(sys.argv[1], Path(sys.argv[2]))
