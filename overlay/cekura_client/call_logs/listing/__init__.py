"""Lists of call logs: which are asked for, and reading them page by page, each call once.

Begin with `query`: the checked arguments of `list` and `count`, and the windows of 33 days that a
longer range is cut into. `reader` decides which page comes next and which rows are new; `filters`
has the conditions that people write, and `finding` looks for the platform's own ids.
`_async/lists.py` sends.

Imports `arguments` and `operations` beside it, `engine` and what is below.
"""

from cekura_client.call_logs.listing.filters import Filter, FilterValue

__all__ = ["Filter", "FilterValue"]
