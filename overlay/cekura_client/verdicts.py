"""Reads the results of a call log's metrics, however the API wrote them."""

from cekura_api.reading import DecodeError

from cekura_client.models import (
    CallLog,
    CallLogSummary,
    Evaluation,
    MetricResult,
    MetricResultSummary,
)

_BINARY = "binary"
_NOTHING: tuple[object, ...] = (None, "", [], {})
_PASSED_NORMALIZED: dict[float, bool] = {1: True, 0: False}
_PASSED: dict[float, bool] = {5: True, 0: False}


def metric_results(call: CallLog | CallLogSummary) -> list[MetricResult]:
    """List the metric results of a call log.

    Costs nothing; it reads what a reply already holds.

    Args:
        call: A call log from `retrieve` or `rerun_evaluation`, or a summary from
            `evaluate_metrics` or a list. A summary may have no explanations.

    Returns:
        The results; an empty list where there are none (yet), whether the API left the list out,
        sent null or sent it empty.

    Example:
        >>> call = cekura.call_logs.retrieve(123)
        >>> [(result.name, result.score) for result in metric_results(call)]
        [('Instruction Follow', 0)]
    """
    bare, whole = _lists(call)
    if not bare:
        return whole
    results = {found.id: found for found in whole}
    shown = {found.id for found in bare}
    return [
        *(_widened(found, results.get(found.id)) for found in bare),
        *(found for found in whole if found.id not in shown),
    ]


def result_ids(call: CallLog | CallLogSummary) -> set[int]:
    """Return the ids of the metrics that a call log has results of."""
    bare, whole = _lists(call)
    return {found.id for found in bare} | {found.id for found in whole}


def _lists(call: CallLog | CallLogSummary) -> tuple[list[MetricResultSummary], list[MetricResult]]:
    """Return the results beside the evaluation, which a row of a list may have, and those in it."""
    bare = (call.metrics or []) if isinstance(call, CallLogSummary) else []
    evaluation = call.evaluation
    whole = (evaluation.metrics or []) if isinstance(evaluation, Evaluation) else []
    return bare, whole


def _widened(summary: MetricResultSummary, whole: MetricResult | None) -> MetricResult:
    """Read a summary as a whole result: its fields, and where they say nothing, the other's."""
    result = _read(summary)
    if whole is None:
        return result
    other = {name: value for name, value in whole.to_dict().items() if value is not None}
    unknown = result.additional_properties
    known = {name: value for name, value in result.to_dict().items() if name not in unknown}
    said = {name: value for name, value in known.items() if value not in _NOTHING}
    merged = MetricResult.from_dict({**known, **other, **said})
    for name, value in unknown.items():
        if name not in other:
            merged[name] = value
    return merged


def _read(summary: MetricResultSummary) -> MetricResult:
    """Read a summary's fields that only a whole result defines, where they are of its types."""
    written = summary.to_dict()
    try:
        return MetricResult.from_dict(written)
    except DecodeError:
        unknown = summary.additional_properties
        known = {name: value for name, value in written.items() if name not in unknown}
        result = MetricResult.from_dict(known)
        result.additional_properties = dict(unknown)
        return result


def passed(result: MetricResult) -> bool | None:
    """Tell whether a metric passed.

    Costs nothing; it reads what a reply already holds.

    Args:
        result: One of `metric_results(call)`.

    Returns:
        `result.passed` where that is a boolean. Else, of a binary metric, one whose `eval_type`
        or `type` begins with `binary`: by `score_normalized` (1 passes, 0 fails), or where that
        is no number by `score` (5 passes, 0 fails). None for anything else: a metric of another
        kind, another score, none, or a metric that did not apply to the call, which the API
        tells by null scores or by `trigger_failed` in `extra`.

    Example:
        >>> passed(MetricResult(id=1, name="Greeting", eval_type="binary", score=5))
        True
        >>> passed(MetricResult(id=2, name="Empathy", eval_type="numeric", score=5)) is None
        True
    """
    if result.passed is not None:
        return result.passed
    if not _is_binary(result) or _trigger_failed(result):
        return None
    if result.score_normalized is not None:
        return _PASSED_NORMALIZED.get(result.score_normalized)
    return None if result.score is None else _PASSED.get(result.score)


def _is_binary(result: MetricResult) -> bool:
    kinds = (result.eval_type, result.type_)
    return any(kind is not None and kind.lower().startswith(_BINARY) for kind in kinds)


def _trigger_failed(result: MetricResult) -> bool:
    extra = result.extra
    return extra is not None and extra.get("trigger_failed") is True
