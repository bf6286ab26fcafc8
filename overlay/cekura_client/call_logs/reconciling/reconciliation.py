"""What became of calls whose request may have run."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """By id, the sign by which each call was sorted.

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
