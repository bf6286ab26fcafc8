"""Which ids a run takes: checked, each once, and of this run."""

from collections.abc import Iterable

from cekura_client.call_logs.arguments import one_id
from cekura_client.call_logs.batches.journal import Journal
from cekura_client.call_logs.spending import SpendLimit
from cekura_client.errors import InvalidRequestError


class IdSource:
    """Knows every id that a run has taken.

    Args:
        journal: What an earlier process has read, if anything.
        limit: How many metric runs the calls may come to.
        repeats: How many of them are sent again that may have run already.

    Attributes:
        seen: The ids that were taken, by earlier processes, too.
        total: How many ids there are in all, where that is known.
    """

    def __init__(self, journal: Journal | None, limit: SpendLimit, *, repeats: int = 0) -> None:
        self._journal = journal
        self._limit = limit
        self._repeats = repeats if journal is None else repeats + journal.repeats
        self._all_known = journal is not None and journal.all_known
        # What an earlier process has read is of this run, whatever became of it.
        self.seen = set[int]() if journal is None else journal.calls()
        self.total: int | None = None
        limit.check(len(self.seen), self._repeats)

    def check_all(self, ids: Iterable[object]) -> list[int]:
        """Check and count ids, and take none of them.

        Returns:
            The ids, each once, in the order they came: a run reads these, and not what the
            caller, or a callback, may change meanwhile.

        Raises:
            InvalidRequestError: One is no id, or not of the journal's run.
            SpendLimitError: They are too many.
        """
        given = list(dict.fromkeys(self._checked(value) for value in ids))
        self.total = len(given)
        self._limit.check(len(self.seen.union(given)), self._repeats)
        return given

    def take(self, values: Iterable[object], into: list[int]) -> None:
        """Take those that are new.

        Args:
            values: What came from the caller's iterable.
            into: Where they go, as far as they are ids.

        Raises:
            InvalidRequestError: One is no id, or not of the journal's run.
            SpendLimitError: They are too many; those up to the limit are taken.
        """
        for value in values:
            call = self._checked(value)
            if call not in self.seen:
                self._limit.check(len(self.seen) + 1, self._repeats)
                self.seen.add(call)
                into.append(call)

    def _checked(self, value: object) -> int:
        call = one_id("call_logs", value)
        if self._all_known and self._journal and call not in self.seen:
            raise InvalidRequestError(
                f"Call log {call} is not of the run that the journal {self._journal.path} belongs "
                "to. A new run needs a new journal."
            )
        return call
