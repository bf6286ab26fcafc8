"""Reads results, however the API wrote them; lays them out as rows; tells a call's state."""

import contextlib
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypedDict

from cekura_api.reading import DecodeError

from cekura_client.models import (
    LARGEST_ID,
    CallLog,
    CallLogSummary,
    Evaluation,
    MetricResult,
    MetricResultSummary,
)

_BINARY = "binary"
_SAMPLED_OUT = re.compile(r"\bsampling skipped\b", re.IGNORECASE)
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


def results_by_id(call: CallLog | CallLogSummary) -> dict[int, MetricResult]:
    """Give the metric results of a call log by the id of the metric.

    Costs nothing; it reads what a reply already holds.

    Args:
        call: A call log or a summary, as `metric_results` takes it.

    Returns:
        The results of `metric_results`; an empty dict where there are none (yet).

    Example:
        >>> results = results_by_id(cekura.call_logs.retrieve(123))
        >>> results[789].name
        'Instruction Follow'
    """
    return {found.id: found for found in metric_results(call)}


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


def explanation_text(result: MetricResult) -> str:
    """Give the explanation of a result as one text, whether the API sent a list or a text.

    Costs nothing; it reads what a reply already holds.

    Args:
        result: One of `metric_results(call)`. The results of a list often have no explanation.

    Returns:
        All explanations, one in each line; an empty text where there are none.

    Example:
        >>> print(explanation_text(MetricResult(id=1, explanation=["It was kind.", "So was he."])))
        It was kind.
        So was he.
    """
    found = result.explanation
    return "\n".join(found) if isinstance(found, list) else found or ""


def why_no_score(result: MetricResult) -> str | None:
    """Say in a few words why a result has no score; None where it has one.

    Example:
        >>> why_no_score(MetricResult(id=1, explanation=["Sampling skipped for this call."]))
        'sampled out'
    """
    if result.passed is not None:
        return None
    if _trigger_failed(result):
        return "trigger did not fire"
    scores: list[object] = [result.score, result.score_normalized]
    if not _is_binary(result):
        scores += [result.enum or None, result.value or None]
    if any(score is not None for score in scores):
        return None
    if _SAMPLED_OUT.search(explanation_text(result)):
        return "sampled out"
    return "not applicable"


EVALUATING = frozenset({"evaluating", "pending"})
AT_REST = frozenset(
    {
        "success",
        "failure",
        "reviewed_success",
        "reviewed_failure",
        "reviewed",
        "completed",
        "failed",
    }
)
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


def status_of(call: CallLog | CallLogSummary) -> str | None:
    """Return a call's status as text; None where it has none."""
    return None if call.status is None else str(call.status)


def is_evaluating(call: CallLog | CallLogSummary) -> bool:
    """Tell whether a call is being evaluated, or is about to be, as far as its status says.

    Costs nothing; it reads what a reply already holds. Whether the results of one evaluation are
    there is more than a status can tell: `wait_until_evaluated` does.

    Args:
        call: A call log or a summary.

    Returns:
        True where its `status` is `evaluating` or `pending`; False where it is another or absent.

    Example:
        >>> is_evaluating(cekura.call_logs.retrieve(123))
        False
    """
    return says_evaluating(status_of(call))


def says_evaluating(status: str | None) -> bool:
    """Whether a call of this status is being evaluated, or is about to be.

    Example:
        >>> says_evaluating("Evaluating"), says_evaluating("queued"), says_evaluating(None)
        (True, False, False)
    """
    return status is not None and status.strip().lower() in EVALUATING


def is_at_rest(status: str | None) -> bool:
    """Whether a call of this status is certainly not being evaluated.

    Example:
        >>> is_at_rest("success"), is_at_rest("queued"), is_at_rest(None)
        (True, False, False)
    """
    return status is not None and status.strip().lower() in AT_REST


def with_time_zone(moment: datetime) -> datetime:
    """Take a moment without a time zone for one in UTC.

    Example:
        >>> with_time_zone(datetime(2026, 1, 31)).isoformat()
        '2026-01-31T00:00:00+00:00'
    """
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment


def agent_of(call: CallLog | CallLogSummary) -> int | None:
    """Return the agent that had a call: its `agent`, else its `agent_id`, where that is an id.

    Example:
        >>> agent_of(CallLog.from_dict({"id": 7, "call_id": "a", "agent_id": "224"}))
        224
    """
    shown = (call.agent, call.agent_id) if isinstance(call, CallLog) else (call.agent,)
    for value in shown:
        number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
        if isinstance(number, int) and 1 <= number <= LARGEST_ID:
            return number
    return None


class MetricRow(TypedDict):
    """One metric's result on one call: what `to_rows` makes. None stands for what is not known.

    Moments are ISO 8601 texts in UTC, all of one length.

    Example:
        >>> list(MetricRow.__annotations__) == list(METRIC_ROW_FIELDS)
        True
    """

    call_log_id: int | None
    """The call log's id, as `retrieve` takes it."""
    call_id: str
    """The call's id at the platform that had it."""
    agent_id: int | None
    agent_name: str | None
    status: str | None
    """The call log's status, such as `success`, `reviewed_failure` or `evaluating`."""
    success: bool | None
    """Whether the call as a whole was successful."""
    is_reviewed: bool | None
    metric_id: int | None
    """None in the one row of a call that has no results."""
    metric_name: str | None
    metric_type: str | None
    eval_type: str | None
    """The kind of metric, such as `binary`."""
    passed: bool | None
    """What `passed(result)` says."""
    score: float | None
    score_normalized: float | None
    value: str | None
    enum: str | None
    explanation: str | None
    """All explanations, one in each line."""
    started_at: str | None
    """When the call occurred: the call log's `timestamp`."""
    duration: str | None
    """The call's length as MM:SS."""
    call_ended_reason: str | None
    dropoff_point: str | None
    topic: str | None
    created_at: str | None
    """When the call log was made."""
    updated_at: str | None
    """When the call log was last changed."""
    critical_categories: str | None
    """What went wrong in the call, and how, one in each line; empty where nothing did."""
    error_message: str | None
    feedback: str | None
    """What somebody said of the call, or of its evaluation."""
    reason: str | None
    """Why the metric has no score: `sampled out`, `trigger did not fire` or `not applicable`."""


METRIC_ROW_FIELDS: tuple[str, ...] = tuple(MetricRow.__annotations__)
"""The keys of every row, in order: `fieldnames` of a `csv.DictWriter`."""

_NO_RESULT = MetricResult(id=0)


def to_rows(calls: Iterable[CallLog | CallLogSummary]) -> list[MetricRow]:
    """Lay out the metric results of call logs, one row for each call and metric.

    Costs nothing; it reads what replies already hold. The rows are ready for `csv.DictWriter`,
    `pandas.DataFrame` and `polars.DataFrame`: each has the keys `METRIC_ROW_FIELDS`, in that
    order, and under each key there is text, a number or a boolean, of one type, or None. Polars
    needs `infer_schema_length=None`, or it takes a column's type from the first rows alone.

    Args:
        calls: Call logs from `wait_until_evaluated`, `retrieve` or `rerun_evaluation`, or
            summaries, which may have no explanations.

    Returns:
        The rows, in the order of the calls and of their results. A call without results has one
        row, whose metric is None.

    Example:
        >>> rows = to_rows([cekura.call_logs.retrieve(123)])
        >>> [(row["call_log_id"], row["metric_name"], row["passed"]) for row in rows]
        [(123, 'Instruction Follow', False)]
    """
    return [_row(call, result) for call in calls for result in _results(call)]


def _results(call: CallLog | CallLogSummary) -> list[MetricResult] | list[None]:
    return metric_results(call) or [None]


def _row(call: CallLog | CallLogSummary, found: MetricResult | None) -> MetricRow:
    result = found or _NO_RESULT
    return {
        "call_log_id": call.id,
        "call_id": _cleaned(call.call_id),
        "agent_id": agent_of(call),
        "agent_name": _text(call.agent_name),
        "status": _text(call.status),
        "success": call.success,
        "is_reviewed": call.is_reviewed,
        "metric_id": found.id if found else None,
        "metric_name": _text(result.name),
        "metric_type": _text(result.type_),
        "eval_type": _text(result.eval_type),
        "passed": passed(result),
        "score": _number(result.score),
        "score_normalized": _number(result.score_normalized),
        "value": _text(result.value),
        "enum": _text(result.enum),
        "explanation": None if result.explanation is None else _text(explanation_text(result)),
        "started_at": _moment(call.timestamp),
        "duration": _text(call.duration),
        "call_ended_reason": _text(call.call_ended_reason),
        "dropoff_point": _text(call.dropoff_point),
        "topic": _text(call.topic),
        "created_at": _moment(call.created_at),
        "updated_at": _moment(call.updated_at),
        "critical_categories": _categories(call),
        "error_message": _text(call.error_message),
        "feedback": _text(call.feedback),
        "reason": why_no_score(found) if found else None,
    }


def _categories(call: CallLog | CallLogSummary) -> str | None:
    found = call.critical_categories if isinstance(call, CallLog) else None
    if found is None:
        return None
    told = ((category.category, category.deviation) for category in found)
    lines = (": ".join(str(part) for part in parts if part is not None) for parts in told)
    return _text("\n".join(lines))


def _text(value: str | None) -> str | None:
    return None if value is None else _cleaned(str(value))


def _cleaned(text: str) -> str:
    # JSON may hold half a surrogate pair, which no file and no data frame can take.
    return text.encode("utf-8", "replace").decode()


def _number(value: float | None) -> float | None:
    if value is None:
        return None
    try:
        return float(value)
    except OverflowError:  # JSON sets no limit to whole numbers
        return math.inf if value > 0 else -math.inf


def _moment(value: datetime | None) -> str | None:
    if value is None:
        return None
    moment = with_time_zone(value)
    with contextlib.suppress(OverflowError):  # in the first and the last hours that there are
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
