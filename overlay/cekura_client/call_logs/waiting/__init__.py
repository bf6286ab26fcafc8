"""Waiting for evaluations: many calls looked at in turn, until their results are there.

`marks` has the rule; `evaluation_wait` decides without I/O and without a clock which calls to look
at, and when, by its `agenda`; `looks` has what a look is; `threads` and `tasks` send, sleep and
tell the time.
"""

from cekura_client.call_logs.waiting.baselines import EvaluationBaseline
from cekura_client.call_logs.waiting.evaluation_wait import WaitProgress

__all__ = ["EvaluationBaseline", "WaitProgress"]
