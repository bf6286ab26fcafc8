"""A run in batches that its parent kills: prints its report as JSON when it comes to an end.

Arguments: the twin, the server's URL, the journal, a file with the calls' ids as JSON,
and the size of a batch.
"""

import json
import sys
from pathlib import Path

import anyio
from cekura_client import AsyncCekura, BatchReport, Cekura, JournalFinishedError

KEY = "sandbox-key"


def main(twin: str, url: str, journal: str, calls: str, size: str) -> None:
    ids: list[int] = json.loads(Path(calls).read_text())
    batch_size = int(size)

    def run_sync() -> BatchReport:
        with Cekura(KEY, base_url=url) as cekura:
            return cekura.call_logs.evaluate_metrics_in_batches(
                agent_id=224,
                metrics=[789],
                call_logs=iter(ids),
                journal=journal,
                batch_size=batch_size,
            )

    async def run_async() -> BatchReport:
        async with AsyncCekura(KEY, base_url=url) as cekura:
            return await cekura.call_logs.evaluate_metrics_in_batches(
                agent_id=224,
                metrics=[789],
                call_logs=iter(ids),
                journal=journal,
                batch_size=batch_size,
            )

    try:
        report = run_sync() if twin == "sync" else anyio.run(run_async, backend=twin)
    except JournalFinishedError as finished:
        report = finished.report
    kinds = {
        "succeeded": report.succeeded,
        "refused": list(report.refused),
        "unknown": list(report.unknown),
        "not_sent": report.not_sent,
    }
    print(json.dumps(kinds))  # noqa: T201  (for the parent)


if __name__ == "__main__":
    main(*sys.argv[1:])
