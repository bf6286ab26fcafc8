"""Lays the results of call logs out as rows: for a CSV file, pandas, polars or a database."""

import contextlib
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypedDict

from cekura_client.call_facts import agent_of
from cekura_client.models import CallLog, CallLogSummary, MetricResult
from cekura_client.verdicts import metric_results, passed


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
        "explanation": _text(
            "\n".join(result.explanation)
            if isinstance(result.explanation, list)
            else result.explanation
        ),
        "started_at": _moment(call.timestamp),
        "duration": _text(call.duration),
        "call_ended_reason": _text(call.call_ended_reason),
        "dropoff_point": _text(call.dropoff_point),
        "topic": _text(call.topic),
        "created_at": _moment(call.created_at),
        "updated_at": _moment(call.updated_at),
    }


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
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    with contextlib.suppress(OverflowError):  # in the first and the last hours that there are
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
