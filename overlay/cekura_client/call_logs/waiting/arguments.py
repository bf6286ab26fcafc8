"""Checks the arguments of a wait, before anything is sent."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, cast

from cekura_client.call_logs.arguments import id_list, one_id, optional_id
from cekura_client.call_logs.waiting.baselines import EvaluationBaseline
from cekura_client.errors import InvalidRequestError
from cekura_client.models import CallLog, CallLogSummary

_LONGEST_TIMEOUT = 30 * 86400.0  # seconds; no lock or timer takes any number
_ArgumentT = TypeVar("_ArgumentT")


def checked_metrics(metrics: object) -> frozenset[int]:
    """Return the ids of the metrics; none for None.

    Raises:
        InvalidRequestError: It is no iterable of ids, or an empty one.
    """
    return frozenset(() if metrics is None else id_list("metrics", metrics))


def checked_marks(calls: object) -> Iterator[EvaluationBaseline]:
    """Yield the mark of each call log; what it was taken of is not kept.

    Raises:
        InvalidRequestError: It is no iterable of call logs that have an id.
    """
    if isinstance(calls, (str, bytes)) or not isinstance(calls, Iterable):
        raise InvalidRequestError(
            f"calls is a {type(calls).__name__}; it takes several call logs, as the operations "
            "return them."
        )
    for call in cast("Iterable[object]", calls):
        if isinstance(call, EvaluationBaseline):
            one_id("calls", call.id)
            optional_id("calls", call.agent_id)
            yield call
        elif isinstance(call, (CallLog, CallLogSummary)):
            yield EvaluationBaseline.of(call)
        else:
            raise InvalidRequestError(
                f"calls holds a {type(call).__name__}; it takes call logs as the operations "
                "return them, or an EvaluationBaseline of each."
            )


def checked_timeout(timeout: object) -> float:
    """Return the seconds that a wait may take.

    Raises:
        InvalidRequestError: It is no such number.
    """
    if (
        isinstance(timeout, bool)
        or not isinstance(timeout, (int, float))
        or not 0 < timeout <= _LONGEST_TIMEOUT
    ):
        raise InvalidRequestError(
            f"timeout is a number of seconds above 0, 30 days at most; got {timeout!r}."
        )
    return float(timeout)


def checked_concurrency(number: object) -> int:
    """Return how many looks may be under way at once.

    Raises:
        InvalidRequestError: It is no whole number of 1 or more.
    """
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise InvalidRequestError(f"max_concurrency is a whole number, 1 or more; got {number!r}.")
    return number


def checked_function(
    name: str, callback: Callable[[_ArgumentT], object] | None
) -> Callable[[_ArgumentT], object] | None:
    """Return a function to call on the way, or None for None.

    Raises:
        InvalidRequestError: It cannot be called.
    """
    if callback is not None and not callable(callback):
        raise InvalidRequestError(f"{name} is a function; got {callback!r}.")
    return callback
