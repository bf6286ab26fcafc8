"""Long lists of calls, sent batch by batch: what became of each call is known at the end."""

from cekura_client.call_logs.batches.report import (
    BatchInterrupt,
    BatchProgress,
    BatchReport,
    IncompleteBatchesError,
    JournalFinishedError,
)

__all__ = [
    "BatchInterrupt",
    "BatchProgress",
    "BatchReport",
    "IncompleteBatchesError",
    "JournalFinishedError",
]
