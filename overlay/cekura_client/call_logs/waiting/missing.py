"""Says which of the metrics that were asked for a call has no score of, and why."""

from collections.abc import Iterable

from cekura_client.call_logs.arguments import id_list
from cekura_client.models import CallLog, CallLogSummary
from cekura_client.results import results_by_id, why_no_score


def missing_metrics(
    call: CallLog | CallLogSummary, metrics: Iterable[int]
) -> dict[int, str | None]:
    """Tell which of some metrics a call has no result or no score of, and why.

    Costs nothing; it reads what a reply already holds. A metric of another kind than binary may
    have an `enum` or a `value` in place of a score.

    Args:
        call: A call log or a summary, such as `wait_until_evaluated` returns. A summary may have no
            explanations, and so tell no reason.
        metrics: Ids of the metrics that were asked for, at least one.

    Returns:
        By id, in the order asked for: `"sampled out"`, `"trigger did not fire"`, or
        `"not applicable"` where the score is null for no other reason; None where there is no
        result at all. Empty where all have a score.

    Raises:
        InvalidRequestError: `metrics` are no ids.

    Example:
        >>> missing_metrics(cekura.call_logs.retrieve(123), [789, 790])
        {790: None}
    """
    results = results_by_id(call)
    missing: dict[int, str | None] = {}
    for metric_id in id_list("metrics", metrics):
        found = results.get(metric_id)
        reason = None if found is None else why_no_score(found)
        if found is None or reason is not None:
            missing[metric_id] = reason
    return missing
