"""Says what is about to be sent, and what it costs; asks before a big run."""

import contextlib
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Generic, TypeVar

from cekura_client import Cekura, CekuraError, RetryPolicy
from cekura_client.call_logs.batches.preparing import Remaining
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.sending.run import Run
from cekura_client.cli.settings import Settings

_CALLS_WITHOUT_QUESTION = 100
_LONGEST_LOOK = 3.0  # seconds, at the balance
_LONGEST_COUNT = 10.0  # seconds, of every call that an agent ever had
_T = TypeVar("_T")


def may_go_on(run: Run, left: Remaining | None, settings: Settings, terminal: Terminal) -> bool:
    """Announce a run; above 100 calls, ask whether to send it where there is somebody to ask.

    Only for a question the API is looked at, as long as that is quick.

    Args:
        run: What is to be sent.
        left: What is left of it, where it was begun earlier.
        settings: How to go about it.
        terminal: Where to say and ask it.

    Raises:
        SpendLimitError: The answer would be in vain: it is more than the limit allows.
    """
    calls = run.calls if left is None else left.to_send
    if calls is not None:
        run.check_limit(calls if left is None else calls + left.repeated)
    is_small = calls is not None and calls <= _CALLS_WITHOUT_QUESTION
    asks = not (settings.yes or is_small) and terminal.can_ask
    if asks and calls is None:
        calls = _Look(run.count, settings, _LONGEST_COUNT).found()
        if calls is not None:
            run.check_limit(calls)
    if left is not None and left.charged_twice:
        terminal.say(
            "--repeat-unknown names calls that the API has accepted already, so they are charged "
            f"twice: {' '.join(map(str, left.charged_twice))}.",
            "bold",
        )
    prices, has = run.prices, ""
    if asks:
        # Both at once, as somebody waits for them.
        balance = _Look(_credits_remaining, settings, _LONGEST_LOOK)
        listed = None if prices else _Look(run.list_prices, settings, _LONGEST_LOOK)
        if listed is not None:
            prices = listed.found()
        if (amount := balance.found()) is not None:
            has = f"; the balance is {amount:f}"
    announcement = (
        run.announcement(calls, prices) if left is None else run.announcement_of_rest(left, prices)
    )
    terminal.say(f"{announcement}{has}.")
    return not asks or terminal.confirm("Go on?")


def balance_of(settings: Settings) -> Decimal | None:
    """Look at the balance; None where it cannot be had in time."""
    return _Look(_credits_remaining, settings, _LONGEST_LOOK).found()


def _credits_remaining(cekura: Cekura) -> Decimal | None:
    return cekura.billing.info().credits_remaining


class _Look(Generic[_T]):
    """Reads something that is good to know and not needed, meanwhile.

    Args:
        read: Reads it.
        settings: Where the API is.
        seconds: How long it may take.
    """

    def __init__(
        self, read: Callable[[Cekura], _T | None], settings: Settings, seconds: float
    ) -> None:
        self._read = read
        self._settings = settings
        self._seconds = seconds
        self._found: _T | None = None
        # A timeout is of each step of a request; this is of all of them together.
        self._end = time.monotonic() + seconds
        self._thread = threading.Thread(target=self._look, name="cekura-look", daemon=True)
        self._thread.start()

    def found(self) -> _T | None:
        """Return it; None where it cannot be had in time."""
        self._thread.join(max(0.0, self._end - time.monotonic()))
        return self._found

    def _look(self) -> None:
        # A client of its own: what becomes of it holds back nothing that is sent later.
        retries = RetryPolicy(deadline=0, attempts=1)
        with (
            contextlib.suppress(CekuraError),
            Cekura(
                base_url=self._settings.base_url, timeout=self._seconds, retries=retries
            ) as cekura,
        ):
            self._found = self._read(cekura)
