"""What is done with call logs, without I/O: what is asked for, and what comes of it.

`operations` makes each request of checked `arguments`, within the limit of `spending`;
`metric_names` puts ids for names, and `agent_pages` reads the list of agents. `listing/`
reads lists page by page, `batches/` runs long lists of ids, `waiting/` polls calls until they are
evaluated, `reconciling/` tells what became of requests whose outcome is unknown.

What sends is in `_async/`, by the same names. Imports `results`, `engine` and what is below them.
"""
