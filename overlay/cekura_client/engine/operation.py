"""What is sent of an operation: how it goes out, how its reply is read, whether it costs.

A request that costs credits is never repeated unless it certainly did not run; that is why each
operation says whether it costs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

ResultT = TypeVar("ResultT")


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
    costs_credits: bool
    request: RequestParts
    read: Callable[[bytes], ResultT]
    """Reads an accepted reply's body, or raises DecodeError."""
