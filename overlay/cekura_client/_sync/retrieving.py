# Made from _async/retrieving.py by `make generate`. Do not edit.
"""Reads many call logs, several at once, and hands them over in the order asked for."""

from collections.abc import Callable, Collection, Generator, Iterable

from cekura_client._concurrency import (
    Wakeup,
    iterator_of,
    refuse_coroutines,
    take,
    workers,
)
from cekura_client._sync.performing import Perform
from cekura_client.call_logs import operations
from cekura_client.call_logs.arguments import check_several, one_id
from cekura_client.config import whole_number
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import (
    APIConnectionError,
    AuthenticationError,
    CekuraError,
    ClientClosedError,
    InvalidRequestError,
    PermissionDeniedError,
    RetrieveManyError,
)
from cekura_client.models import CallLog

# The next call log would fail in the same way.
_FOR_ALL = (APIConnectionError, AuthenticationError, ClientClosedError, PermissionDeniedError)


class Retrieving:
    """Reads many call logs.

    Args:
        perform: Does one call.
        wake: Ends every wait of the client's calls, so that they see whether to go on.
    """

    def __init__(self, perform: Perform, wake: Callable[[], None]) -> None:
        self._perform = perform
        self._wake = wake

    def many(self, ids: Iterable[int], max_concurrency: int) -> Generator[CallLog]:
        """Check the arguments, and begin.

        Raises:
            InvalidRequestError: One is refused; nothing was sent.
        """
        refuse_coroutines(ids=ids)
        check_several("ids", ids, "ids, such as [123, 456]")
        if isinstance(ids, Collection):
            ids = [one_id("ids", call_id) for call_id in ids]
        at_once = whole_number("max_concurrency", max_concurrency, least=1, most=1000)
        return self._calls(ids, at_once)

    def _calls(self, ids: Iterable[int], at_once: int) -> Generator[CallLog]:
        """Read call logs, so many at once; then hand them over, and read the next.

        So nothing is under way while the caller has one, and nothing is left when it stops.

        Raises:
            RetrieveManyError: Some cannot be read; raised after all others.
            CekuraError: What would keep all others from being read.
        """
        source = iterator_of(ids)
        failed: dict[int, CekuraError] = {}
        ending: Exception | None = None
        is_last = False
        while not is_last and ending is None:
            pulled: list[object] = []
            try:
                take(source, at_once, pulled)
                is_last = len(pulled) < at_once
            except Exception as error:  # noqa: BLE001  (raised once what came before it is read)
                ending = error
            wanted: list[int] = []
            try:
                wanted += (one_id("ids", value) for value in pulled)
            except InvalidRequestError as error:
                ending = error
            reads = _Reads(self._perform, wanted)
            for call_id, read in zip(wanted, self._all_of(reads), strict=True):
                if isinstance(read, CallLog):
                    yield read
                elif isinstance(read, CekuraError) and not isinstance(read, _FOR_ALL):
                    failed[call_id] = read
                else:
                    raise read
        if ending is not None:
            raise ending
        if failed:
            raise RetrieveManyError(failed) from next(iter(failed.values()))

    def _all_of(self, reads: "_Reads") -> list[CallLog | Exception]:
        try:
            with workers() as start:
                for place in range(len(reads.ids)):
                    start(reads.read, place)
                return reads.ended()
        except BaseException:
            reads.stopped = True
            self._wake()
            raise


class _Reads:
    """Reads that are under way at once, and what they came to.

    It observes the attempts of its own requests, too: what is not sent when nobody waits for it
    any more is given up.
    """

    def __init__(self, perform: Perform, ids: list[int]) -> None:
        self.ids = ids
        self._perform = perform
        self._results: dict[int, CallLog | Exception] = {}
        self._bell = Wakeup()
        self.blocks = self.stopped = False

    def read(self, place: int) -> None:
        result: CallLog | Exception
        try:
            result = self._perform(operations.retrieve(self.ids[place]), self)
        except Exception as error:  # noqa: BLE001  (raised where the call logs are handed over)
            result = error
        self._results[place] = result
        self._bell.wake()

    def ended(self) -> list[CallLog | Exception]:
        while len(self._results) < len(self.ids):
            self._bell.wait(None)
        return [self._results[place] for place in range(len(self.ids))]

    def sending(self, now: Moment) -> None:
        """Note nothing: a read costs nothing."""

    def not_run(self) -> None:
        """Note nothing."""

    def give_up(self) -> Exception:
        return CekuraError("The reading is over.")  # nobody is left to see it
