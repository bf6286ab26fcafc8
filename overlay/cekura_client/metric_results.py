"""Reads the results of a call log's metrics, however the API wrote them."""

from cekura_client.models import (
    CallLog,
    CallLogSummary,
    Evaluation,
    MetricResult,
    MetricResultSummary,
)
from cekura_client.replies import UnexpectedReplyError, read_model

_VERDICTS_NORMALIZED: dict[float, bool] = {1: True, 0: False}
_VERDICTS: dict[float, bool] = {5: True, 0: False}


def metric_results(call: CallLog | CallLogSummary) -> list[MetricResult]:
    """List the metric results of a call log.

    Costs nothing; it reads what a reply already holds.

    Args:
        call: A call log from `retrieve` or `rerun_evaluation`, or a summary from
            `evaluate_metrics`. A summary has no explanations.

    Returns:
        The results; an empty list where there are none (yet), whether the API left the list out,
        sent null or sent it empty.

    Example:
        >>> call = cekura.call_logs.retrieve(123)
        >>> [(result.name, result.score) for result in metric_results(call)]
        [('Instruction Follow', 0)]
    """
    if isinstance(call, CallLogSummary) and call.metrics:
        return [_widened(metric) for metric in call.metrics]
    evaluation = call.evaluation
    return list(evaluation.metrics or []) if isinstance(evaluation, Evaluation) else []


def _widened(summary: MetricResultSummary) -> MetricResult:
    """Read a summary's fields that only a whole result defines, where they are of its types."""
    written = summary.to_dict()
    try:
        return read_model(MetricResult, written)
    except UnexpectedReplyError:
        unknown = summary.additional_properties
        known = {name: value for name, value in written.items() if name not in unknown}
        result = MetricResult.from_dict(known)
        result.additional_properties = dict(unknown)
        return result


def verdict(result: MetricResult) -> bool | None:
    """Tell whether a metric passed.

    Costs nothing; it reads what a reply already holds.

    Args:
        result: One of `metric_results(call)`.

    Returns:
        True for a pass, False for a fail; None where the result says neither: not applicable,
        not scored, or a metric that has no pass and fail. Read from `passed`, else from
        `score_normalized` (1 passes, 0 fails), else from `score` (5 passes, 0 fails).

    Example:
        >>> verdict(MetricResult(id=1, name="Greeting", score=5))
        True
    """
    if isinstance(result.passed, bool):
        return result.passed
    if isinstance(result.score_normalized, (int, float)):
        return _VERDICTS_NORMALIZED.get(result.score_normalized)
    if isinstance(result.score, (int, float)):
        return _VERDICTS.get(result.score)
    return None
