"""The rule by which a call tells whether a request that was sent at some moment ran on it."""

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cekura_client.engine.server_clock import Moment
from cekura_client.models import CallLog, CallLogSummary
from cekura_client.results import is_at_rest, says_evaluating, status_of

# A call that was taken for untouched by mistake would be charged twice, so this is far more than
# the server's `Date` can be wrong by: it has whole seconds, and is as old as its reply's way.
CLOCK_DIFFERENCE = timedelta(minutes=10)
# Where no `Date` came before the request failed, this machine's clock has to do, which may have
# been wrong then. By more than minutes it is wrong for the sake of a time zone, mostly.
UNCHECKED_CLOCK_DIFFERENCE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What became of calls whose request may have run: by id, the reason for each.

    Attributes:
        ran: The request ran, and was charged.
        did_not_run: It certainly did not run: sending it again is safe.
        undetermined: The call shows no sign either way. Do not send it again unasked.

    Example:
        >>> print(Reconciliation(did_not_run={123: "last updated a day before the sending"}))
        0 ran, 1 did not run, 0 undetermined
    """

    ran: dict[int, str] = field(default_factory=dict[int, str])
    did_not_run: dict[int, str] = field(default_factory=dict[int, str])
    undetermined: dict[int, str] = field(default_factory=dict[int, str])

    def __str__(self) -> str:
        """Say how many calls came to what."""
        return (
            f"{len(self.ran)} ran, {len(self.did_not_run)} did not run, "
            f"{len(self.undetermined)} undetermined"
        )


class Sign(enum.Enum):
    """What a call shows of a request: whether it ran."""

    RAN = "ran"
    DID_NOT_RUN = "did not run"
    UNDETERMINED = "undetermined"


def read_signs(
    call: CallLog | CallLogSummary | None, *, sent: Moment, read: Moment, grace: timedelta
) -> tuple[Sign, str]:
    """Tell whether a request ran on a call, and why.

    The rule is documented with `CallLogs.reconcile`.

    Args:
        call: The call as it was read; None where there is no such call.
        sent: When the request was sent first.
        read: When the call was asked for.
        grace: How long a lost request may take to show.

    Example:
        >>> from datetime import UTC
        >>> call = CallLog.from_dict({"id": 7, "call_id": "a", "status": "evaluating"})
        >>> sent = Moment(datetime(2026, 1, 1, tzinfo=UTC))
        >>> read_signs(call, sent=sent, read=sent, grace=timedelta(0))
        (<Sign.RAN: 'ran'>, 'it is being evaluated')
    """
    if call is None:
        return Sign.UNDETERMINED, "there is no such call, or the key may not see it"
    status = status_of(call)
    if says_evaluating(status):
        return Sign.RAN, "it is being evaluated"
    updated = call.updated_at
    if not isinstance(updated, datetime):
        return Sign.UNDETERMINED, "the API does not say when it was last updated"
    sign, why = _read_update(updated, status, sent=sent, read=read, grace=grace)
    return sign, f"it was last updated at {updated.isoformat()}{why}"


def _read_update(
    updated: datetime, status: str | None, *, sent: Moment, read: Moment, grace: timedelta
) -> tuple[Sign, str]:
    sent_at, read_at, margin = _by_one_clock(sent, read)
    sign = Sign.UNDETERMINED
    if updated.utcoffset() is None or sent_at.utcoffset() is None:
        why = ", and one of the moments has no time zone"
    elif updated >= sent_at:
        sign, why = Sign.RAN, ", after the sending"
    elif not is_at_rest(status):
        why = f", but with status {status!r} it may not be at rest"
    elif sent_at - updated < margin:
        span = "ten minutes" if margin is CLOCK_DIFFERENCE else "a day"
        why = f", within {span} before the sending"
    elif grace and read_at - sent_at < grace:  # a Date has whole seconds: it may seem negative
        why = "; but it was sent too recently for a sign to be there"
    else:
        sign, why = Sign.DID_NOT_RUN, ", before the sending"
    return sign, why


def _by_one_clock(sent: Moment, read: Moment) -> tuple[datetime, datetime, timedelta]:
    """Return both moments by the server's clock, if need be by ours, and how wrong that may be."""
    if sent.server is not None and read.server is not None:
        return sent.server, read.server, CLOCK_DIFFERENCE
    ahead = timedelta(0) if read.server is None else read.server - read.local
    return sent.local + ahead, read.local + ahead, UNCHECKED_CLOCK_DIFFERENCE
