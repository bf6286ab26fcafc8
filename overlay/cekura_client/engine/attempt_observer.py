"""What a client's shell tells of one call, attempt by attempt, to who runs many of them."""

from typing import Protocol

from cekura_client.engine.server_clock import Moment


class AttemptObserver(Protocol):
    """Notes what a call is about to do."""

    @property
    def blocks(self) -> bool:
        """Whether noting takes as long as a disk does."""
        ...

    @property
    def stopped(self) -> bool:
        """Whether the call is to be given up before it is sent (again)."""
        ...

    def sending(self, now: Moment) -> None:
        """Note that the request is sent now; raises where it must not be."""

    def held(self) -> None:
        """Note that the request certainly did not run, and is sent again later."""

    def give_up(self) -> Exception:
        """Make what is raised where the call is given up."""
        ...
