"""What is sent of an operation: how it goes out, how its reply is read, whether it costs.

What may be repeated and what costs credits are two questions. Only what reads, and costs nothing,
is sent again though it may have run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from cekura_client.engine.attempts import Reply

ResultT = TypeVar("ResultT")

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing at the server, however often they are sent."""


# Not frozen, as nothing is that every call makes: to make a frozen one takes three times as long.
@dataclass(slots=True)
class RequestParts:
    """What goes over the wire, without what belongs to a client. The path holds the query."""

    method: str
    path: str
    body: bytes | None


@dataclass(slots=True, kw_only=True)
class Operation(Generic[ResultT]):
    """One call that is ready to be sent."""

    name: str
    costs_credits: bool | None
    """Whether it costs credits each time it runs; None: nobody knows."""
    request: RequestParts
    read: Callable[[bytes], ResultT]
    """Reads an accepted reply's body, or raises DecodeError."""

    def result_of(self, reply: "Reply") -> ResultT:
        """Read an accepted reply, or raise DecodeError."""
        return self.read(reply.body)

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again though it may have run."""
        return not self.costs_credits and self.request.method in READING
