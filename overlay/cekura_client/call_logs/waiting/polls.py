"""What a look is at: one call, or many that one list shows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cekura_client.call_logs.listing.query import MOST_ROWS, ListQuery
from cekura_client.call_logs.listing.windows import Window
from cekura_client.call_logs.waiting.baselines import EvaluationBaseline
from cekura_client.models import CallLog, CallLogSummary

# The API lists 33 days at most in one request; whether the ends are in it is not published.
_PERIOD = timedelta(days=32)
_MARGIN = timedelta(seconds=1)
_FIRST_PERIOD = datetime(2000, 1, 1, tzinfo=UTC)
_YEARS = range(2000, 9999)


@dataclass(frozen=True, slots=True)
class ListScope:
    """Where a list finds a call: its agent, and a range of time that one request may name.

    Attributes:
        agent_id: The agent.
        period: The number of the range; None for the API's own, the last 30 days.
    """

    agent_id: int
    period: int | None

    @classmethod
    def of(cls, mark: EvaluationBaseline) -> "ListScope | None":
        """Find the shelf of a call; None where its agent is not known."""
        if mark.agent_id is None:
            return None
        moment = mark.timestamp
        if moment is None or moment.year not in _YEARS:
            return cls(mark.agent_id, None)
        aware = moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment
        return cls(mark.agent_id, (aware - _FIRST_PERIOD) // _PERIOD)

    def query(self, call_ids: tuple[int, ...]) -> ListQuery:
        """Ask for these calls, 200 at most."""
        whole = None
        if self.period is not None:
            start = _FIRST_PERIOD + self.period * _PERIOD
            whole = Window(start - _MARGIN, start + _PERIOD + _MARGIN)
        return ListQuery(
            scope={"agent_id": self.agent_id},
            whole=whole,
            call_ids=call_ids,
            page_size=MOST_ROWS,
        )


@dataclass(frozen=True, slots=True)
class ListPoll:
    """A look at many calls through one list.

    Attributes:
        shelf: Where they are.
        ids: The calls, 200 at most.
    """

    shelf: ListScope
    ids: tuple[int, ...]

    def query(self) -> ListQuery:
        """What the list is asked for."""
        return self.shelf.query(self.ids)


Poll = int | ListPoll
"""What to send: `retrieve` of the call with this id, or a list."""

Outcome = CallLog | list[CallLogSummary] | BaseException
"""What a look came to."""
