# Made from _async/__init__.py by `make generate`. Do not edit.
"""Every flow that does I/O, written once, for event loops.

`make generate` makes `_sync/` from it; what differs between the two stands in `_concurrency.py`.
Begin with `client.py`, then `performing.py`: how one call is sent.
"""
