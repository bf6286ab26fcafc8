"""Every flow that does I/O, written once, for event loops.

`make generate` makes `_sync/` from it; what differs between the two stands in `_concurrency.py`.
Begin with `client.py`, then `performing.py`: how one call is sent.
"""
