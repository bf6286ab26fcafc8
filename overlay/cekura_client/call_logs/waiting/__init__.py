"""Waiting for evaluations: many calls polled in turn, until their results are there.

Begin with `baselines`: the rule by which a call counts as evaluated. `evaluation_wait` is the
state of one wait, without I/O and without a clock; `poll_schedule` says which call or list it polls
next, and when. `_async/waits.py` sends, sleeps and tells the time.

Imports `arguments` and `listing` beside it, `results`, `engine` and what is below.
"""

from cekura_client.call_logs.waiting.baselines import EvaluationBaseline
from cekura_client.call_logs.waiting.evaluation_wait import WaitProgress
from cekura_client.call_logs.waiting.missing import missing_metrics

__all__ = ["EvaluationBaseline", "WaitProgress", "missing_metrics"]
