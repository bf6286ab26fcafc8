"""Long lists of calls, sent batch by batch: what became of each call is known at the end.

Begin with `run`: the state of a run, which says what to do next and takes in what came of it.
`jobs` has what a run asks of each batch, and the rules by which refusals are told apart;
`preparing` checks the arguments and opens the journal before anything is sent; `journal` is the
file that knows each call's state whatever becomes of the process; `report` is what people get.
`_async/batches.py` pulls ids, sends and waits.

Imports `arguments`, `operations` and `spending` beside it, `engine` and what is below.
"""

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
