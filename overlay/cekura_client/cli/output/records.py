"""What is written for a call: records with its outcome, and where it has results, one for each.

A record is the row of `to_rows`, with the outcome. Its reason is that of the outcome, or why a
metric has no score.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from cekura_client import (
    METRIC_ROW_FIELDS,
    CallLog,
    CallLogSummary,
    CekuraError,
    MetricRow,
    to_rows,
)
from cekura_client.cli.output.words import told

Record = Mapping[str, object]

_FIRST_FIELDS = ("call_log_id", "outcome", "reason")
RESULT_FIELDS = (
    *_FIRST_FIELDS,
    *(name for name in METRIC_ROW_FIELDS if name not in _FIRST_FIELDS),
)
"""What is known of a call's results, in order."""
ACCEPTED_FIELDS = (*_FIRST_FIELDS, "status")
"""What is known of a call before its results, in order."""
CALL_FIELDS = (
    *("call_log_id", "call_id", "agent_id", "agent_name", "status", "success", "is_reviewed"),
    *("started_at", "duration", "call_ended_reason", "dropoff_point", "topic"),
    *("created_at", "updated_at"),
)
"""What a list tells of a call, in order."""


def result_records(
    call: CallLog,
    outcome: str,
    metrics: Collection[int] | None = None,
    names: Mapping[int, str] | None = None,
) -> Iterator[Record]:
    """Lay out a call's results: one record for each metric, one without any for none.

    Args:
        call: The call.
        outcome: What became of it.
        metrics: The metrics asked for; a call may have older results of others, and none of these.
            None takes all.
        names: What they are called, for those without a result.
    """
    rows = to_rows([call])
    for row in rows:
        if metrics is None or row["metric_id"] in metrics:
            yield {**row, "outcome": outcome}
    came = {row["metric_id"] for row in rows}
    missing = {**dict.fromkeys(METRIC_ROW_FIELDS), **call_fields(rows[0]), "reason": "no result"}
    for metric_id in metrics or ():
        if metric_id not in came:
            name = (names or {}).get(metric_id)
            yield {**missing, "metric_id": metric_id, "metric_name": name, "outcome": outcome}


def failures(results: Iterable[Record]) -> Iterator[Record]:
    """Leave out results that did not fail, and calls without any."""
    return (record for record in results if record["passed"] is False)


def accepted_record(call: CallLog | CallLogSummary) -> Record:
    """Tell that a call is being evaluated."""
    (row, *_) = to_rows([call])
    return {"call_log_id": row["call_log_id"], "outcome": "accepted", "status": row["status"]}


def call_record(call: CallLogSummary) -> Record:
    """Lay out a call without its results."""
    (row, *_) = to_rows([call])
    return call_fields(row)


def call_fields(row: MetricRow) -> Record:
    """Take what a row tells of the call alone."""
    return {name: value for name, value in row.items() if name in CALL_FIELDS}


def outcome_records(outcome: str, call_ids: Iterable[int], reason: str | None) -> Iterator[Record]:
    """Tell what became of calls that there is no reply of."""
    for call_id in call_ids:
        yield {"call_log_id": call_id, "outcome": outcome, "reason": reason}


def reason_records(outcome: str, reasons: Mapping[int, str]) -> Iterator[Record]:
    """Tell what became of calls that each have a reason of their own."""
    for call_id, reason in reasons.items():
        yield {"call_log_id": call_id, "outcome": outcome, "reason": reason}


def error_records(outcome: str, errors: Mapping[int, CekuraError]) -> Iterator[Record]:
    """Tell what became of calls that there is an error for each of."""
    for call_id, error in errors.items():
        yield {"call_log_id": call_id, "outcome": outcome, "reason": told(error)}
