"""One request, from its first attempt to its end: decisions without I/O. Knows no operation.

`exchange` carries one call. `attempts` tells what an attempt came to, by `statuses`; `retrying` and
`retry_after` decide whether and when to send again; `rate_gate` holds calls back together.
`request_builder` and `connections` are the way to httpx. What sends and waits is in `_async/`.

Imports `models`, `config` and `errors` alone. Begin with `exchange`.
"""
