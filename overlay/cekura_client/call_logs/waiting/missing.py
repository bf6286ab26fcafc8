"""Says which of the metrics that were asked for a call has no score of, and why."""

from collections.abc import Iterable
from typing import overload

from cekura_client.call_logs.metric_names import ids_and_names
from cekura_client.errors import InvalidRequestError
from cekura_client.models import CallLog, CallLogSummary
from cekura_client.results import results_by_id, why_no_score


@overload
def missing_metrics(  # pyright: ignore[reportOverlappingOverload]  (ids are told by id)
    call: CallLog | CallLogSummary, metrics: Iterable[int]
) -> dict[int, str | None]: ...


@overload
def missing_metrics(
    call: CallLog | CallLogSummary, metrics: Iterable[int | str]
) -> dict[int | str, str | None]: ...


def missing_metrics(
    call: CallLog | CallLogSummary, metrics: Iterable[int | str]
) -> dict[int, str | None] | dict[int | str, str | None]:
    """Tell which of some metrics a call has no result or no score of, and why.

    Costs nothing; it reads what a reply already holds. A metric of another kind than binary may
    have an `enum` or a `value` in place of a score.

    Args:
        call: A call log or a summary, such as `wait_until_evaluated` returns. A summary may have no
            explanations, and so tell no reason.
        metrics: Ids or names of the metrics that were asked for, at least one. A text is a name,
            exactly as the call's results have it.

    Returns:
        Those by id or name, as they were asked for and in that order, with why. That is
        `"sampled out"`, `"trigger did not fire"`, or `"not applicable"` where the score is null
        for no other reason; None where there is no result at all. Empty where all have a score.

    Raises:
        InvalidRequestError: `metrics` are no ids or names; or results of two metrics bear a name.

    Example:
        >>> missing_metrics(cekura.call_logs.retrieve(123), [789, 790])
        {790: None}
    """
    results = results_by_id(call)
    by_name: dict[str, int] = {}
    twice: set[str] = set()
    for metric_id, result in results.items():
        if result.name is not None and by_name.setdefault(result.name, metric_id) != metric_id:
            twice.add(result.name)
    missing: dict[int | str, str | None] = {}
    for asked in ids_and_names("metrics", metrics):
        if asked in twice:
            raise InvalidRequestError(
                f"metrics holds {asked!r}, the name of several metrics: give the id instead."
            )
        found = results.get(by_name.get(asked, 0) if isinstance(asked, str) else asked)
        reason = None if found is None else why_no_score(found)
        if found is None or reason is not None:
            missing[asked] = reason
    return missing
