"""What each process makes for itself: a fork copies open sockets and locks that somebody holds."""

import os
from collections.abc import Callable
from typing import Generic, TypeVar

_MadeT = TypeVar("_MadeT")


class PerProcess(Generic[_MadeT]):
    """Something of which each process has its own.

    Args:
        make: Makes it; called in each process that asks for it.

    Example:
        >>> numbers = PerProcess(os.getpid)
        >>> numbers.get() == os.getpid()
        True
    """

    def __init__(self, make: Callable[[], _MadeT]) -> None:
        self._make = make
        self._made: dict[int, _MadeT] = {}

    def get(self) -> _MadeT:
        """Return this process's own. It is made when it is first asked for."""
        process = os.getpid()
        found = self._made.get(process)
        if found is None:
            # No lock guards this: a thread that the fork left behind might hold it for ever.
            found = self._made.setdefault(process, self._make())
            for other in [*self._made]:
                if other != process:
                    self._made.pop(other, None)
        return found
