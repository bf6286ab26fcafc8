"""Waiting for evaluations: many calls looked at in turn, until their results are there.

`marks` has the rule; `evaluation_wait` decides without I/O and without a clock which calls to look
at, and when, by its `agenda`; `looks` has what a look is; `threads` and `tasks` send, sleep and
tell the time.
"""

from cekura_client.waits.evaluation_wait import WaitProgress
from cekura_client.waits.marks import EvaluationMark

__all__ = ["EvaluationMark", "WaitProgress"]
