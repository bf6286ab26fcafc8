"""The signs by which a call tells whether a request that was sent at some moment ran on it."""

import enum
from datetime import datetime, timedelta

from cekura_client.models import CallLog, CallLogSummary
from cekura_client.waits.marks import EvaluationMark, is_evaluating

# The moments compared are of two clocks, the API's and ours. A call that was taken for untouched
# by mistake would be charged twice, so this is far more than clocks differ by.
CLOCK_DIFFERENCE = timedelta(minutes=10)


class Settled(enum.Enum):
    """Whether a request ran on a call."""

    RAN = "ran"
    DID_NOT_RUN = "did not run"
    CANNOT_TELL = "cannot tell"


def read_signs(
    call: CallLog | CallLogSummary | None, *, sent: datetime, now: datetime, grace: timedelta
) -> tuple[Settled, str]:
    """Tell whether a request ran on a call, and by which sign.

    The rule is documented with `CallLogs.settle`.

    Args:
        call: The call as it is now; None where there is no such call.
        sent: When the request was sent last.
        now: When the call was read.
        grace: How long a lost request may take to show.

    Example:
        >>> from datetime import UTC
        >>> call = CallLog.from_dict({"id": 7, "call_id": "a", "status": "evaluating"})
        >>> sent = datetime(2026, 1, 1, tzinfo=UTC)
        >>> read_signs(call, sent=sent, now=sent, grace=timedelta(0))
        (<Settled.RAN: 'ran'>, 'it is being evaluated')
    """
    if call is None:
        return Settled.CANNOT_TELL, "there is no such call, or the key may not see it"
    mark = EvaluationMark.of(call)
    if is_evaluating(mark.status):
        return Settled.RAN, "it is being evaluated"
    updated = mark.updated_at
    if updated is None:
        return Settled.CANNOT_TELL, "the API does not say when it was last updated"
    said = f"it was last updated at {updated.isoformat()}"
    settled = Settled.CANNOT_TELL
    if updated >= sent:
        settled, said = Settled.RAN, f"{said}, after the sending"
    elif updated > sent - CLOCK_DIFFERENCE:
        said = f"{said}, within ten minutes before the sending"
    elif now - sent < grace:
        said = f"{said}; but it was sent too recently for a sign to be there"
    else:
        settled, said = Settled.DID_NOT_RUN, f"{said}, before the sending"
    return settled, said
