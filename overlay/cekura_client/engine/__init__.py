"""One request, from its first attempt to its end: decisions without I/O. Knows no operation.

`exchange` has the state of one call. `attempts` tells what an attempt came to, by `statuses`;
`retrying` decides whether and when to send again; `rate_gate` keeps all calls waiting after a 429.
`request_builder` and `connections` lead to httpx. What sends and waits is in `_async/`.

Imports `models`, `config` and `errors` alone. Begin with `exchange`.
"""
