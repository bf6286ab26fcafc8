"""Reconciling: what became of calls whose request may have run, read from the calls themselves.

`signs` has the rule; `unknowns` finds out which calls are meant, when they were sent and whose they
are; `reconciliation` is what comes of it. Nothing here sends.
"""

from cekura_client.call_logs.reconciling.reconciliation import Reconciliation

__all__ = ["Reconciliation"]
