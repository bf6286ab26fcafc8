"""Reconciling: what became of calls whose request may have run, read from the calls themselves.

Begin with `signs`: the rule, and what comes of it. `unknowns` finds out which calls are meant, when
they were sent and whose they are, and sorts them reading by reading. `_async/reconciling.py` reads.

Imports `arguments`, `batches` and `listing` beside it, `results`, `engine` and what is below.
"""

from cekura_client.call_logs.reconciling.signs import Reconciliation

__all__ = ["Reconciliation"]
