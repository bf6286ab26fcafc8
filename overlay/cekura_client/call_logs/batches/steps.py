"""A run's batches, and the steps that its shell is told to take."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic

from cekura_client.call_logs.batches.jobs import Reply, RowT
from cekura_client.engine.operation import Operation
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import SentRequest


class StoppedError(Exception):
    """The run was stopped before this batch was sent (again)."""


@dataclass(eq=False, slots=True)
class Batch(Generic[RowT]):
    """Some ids that are sent together.

    Attributes:
        number: Its number in the journal, once it has one.
        begun: Whether a worker has taken it up.
        in_flight: Whether it may be running at the server.
        sent_at: When it was sent last.
        started: When it was first handed to a worker.
        delays: How often it was put off, since a call in it was still being evaluated.
        accounted: Whether the report tells what became of it.
        rows: Its reply, where that is wanted and not in the run's deliveries yet.
    """

    ids: list[int]
    operation: Operation[Reply[RowT]]
    number: int | None = None
    begun: bool = False
    in_flight: bool = False
    sent_at: Moment | None = None
    started: float | None = None
    delays: int = 0
    accounted: bool = False
    rows: list[RowT] | None = None

    def request(self) -> SentRequest:
        """Describe it as it was sent last."""
        parameters = json.loads(self.operation.request.body or b"{}")
        sent = self.sent_at or Moment(datetime.now(UTC))
        return SentRequest(self.operation.name, parameters, sent.local, sent.server)


@dataclass(frozen=True, slots=True)
class Send(Generic[RowT]):
    """Hand this batch to a worker."""

    batch: Batch[RowT]


@dataclass(frozen=True, slots=True)
class Pull:
    """Take this many ids from the caller's iterable, and `feed` them."""

    count: int


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait until a worker is done, or so many seconds; None: as long as it takes."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Delivery(Generic[RowT]):
    """A reply for `on_reply`, and the number of its batch in the journal."""

    rows: list[RowT]
    batch: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How a run is cut into batches, and how long one may be put off.

    Args:
        batch_size: Ids in a batch.
        max_concurrency: Batches in flight at once.
        deadline: Seconds for which a batch may be put off while a call is being evaluated.
    """

    batch_size: int
    max_concurrency: int
    deadline: float
