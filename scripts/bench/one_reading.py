"""A process that reads one body, once, and prints what that took."""

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

from scripts.bench.bodies import rerun_reply
from scripts.bench.peers import JSON, reader_of

_STATUS = Path("/proc/self/status")  # Linux; what the resource module tells is the parent's, too


def main(who: str, file: Path) -> None:
    """Print processor seconds, and by how many kilobytes the peak of memory rose."""
    reader = reader_of(who)
    if reader is None:
        raise SystemExit(f"{who} is not installed")
    reader(rerun_reply(1))  # what is made once is no part of it
    body = file.read_bytes()
    gc.collect()
    peak = _peak_kilobytes()
    begin = time.process_time()
    calls = reader(body)
    if who != JSON:
        touch_all = _touch_dicts if isinstance(calls[0], dict) else _touch_models
        touch_all(calls)
    seconds = time.process_time() - begin
    print(json.dumps({"seconds": seconds, "kilobytes": _peak_kilobytes() - peak}))


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


def _peak_kilobytes() -> int:
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
