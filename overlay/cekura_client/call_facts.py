"""What a call log says of itself: whether it is being evaluated or at rest, and whose it is.

The statuses are those seen in use; the published contract leaves them open. One that is in neither
set may mean anything.
"""

import re

from cekura_client.arguments import LARGEST_ID
from cekura_client.models import CallLog, CallLogSummary

EVALUATING = frozenset({"evaluating", "pending"})
AT_REST = frozenset(
    {
        "success",
        "failure",
        "reviewed_success",
        "reviewed_failure",
        "reviewed",
        "completed",
        "failed",
    }
)
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


def status_of(call: CallLog | CallLogSummary) -> str | None:
    """Return a call's status as text; None where it has none."""
    return None if call.status is None else str(call.status)


def is_evaluating(status: str | None) -> bool:
    """Whether a call of this status is being evaluated, or is about to be.

    Example:
        >>> is_evaluating("Evaluating"), is_evaluating("queued"), is_evaluating(None)
        (True, False, False)
    """
    return status is not None and status.strip().lower() in EVALUATING


def is_at_rest(status: str | None) -> bool:
    """Whether a call of this status is certainly not being evaluated.

    Example:
        >>> is_at_rest("success"), is_at_rest("queued"), is_at_rest(None)
        (True, False, False)
    """
    return status is not None and status.strip().lower() in AT_REST


def agent_of(call: CallLog | CallLogSummary) -> int | None:
    """Return the agent that had a call: its `agent`, else its `agent_id`, where that is an id.

    Example:
        >>> agent_of(CallLog.from_dict({"id": 7, "call_id": "a", "agent_id": "224"}))
        224
    """
    shown = (call.agent, call.agent_id) if isinstance(call, CallLog) else (call.agent,)
    for value in shown:
        number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
        if isinstance(number, int) and 1 <= number <= LARGEST_ID:
            return number
    return None
