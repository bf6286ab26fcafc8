"""Tells whether a call log was evaluated since a reply, by what the API says and by no clock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cekura_client.call_logs.arguments import one_id
from cekura_client.models import CallLog, CallLogSummary
from cekura_client.results import (
    agent_of,
    result_ids,
    says_evaluating,
    status_of,
    with_time_zone,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationBaseline:
    """The little of a reply that tells later whether the evaluation it announced is over.

    `wait_until_evaluated` takes baselines in place of call logs. Where there are many, keep
    them alone: each takes some hundred bytes, a call log with its transcript some ten thousand.

    Attributes:
        id: The id of the call log.
        status: Its status, as text; None where the reply names none.
        success_is_null: Whether its `success` was null, as a re-run leaves it.
        updated_at: When the API last changed it; None where the reply does not say.
        metrics: Ids of the metrics that it had results of.
        agent_id: The agent that had the call; None where the reply does not say. Calls of one
            agent can be read with one list.
        timestamp: When the call occurred, which a list of it has to name; None where the reply
            does not say.

    Example:
        >>> reply = CallLog.from_dict({"id": 7, "call_id": "a", "status": "evaluating"})
        >>> EvaluationBaseline.of(reply).status
        'evaluating'
    """

    id: int
    status: str | None = None
    success_is_null: bool = False
    updated_at: datetime | None = None
    metrics: tuple[int, ...] = ()
    agent_id: int | None = None
    timestamp: datetime | None = None

    @classmethod
    def of(cls, call: CallLog | CallLogSummary) -> Self:
        """Make the baseline of a call log, as `evaluate_metrics` or `rerun_evaluation` returned it.

        Args:
            call: The call log.
        """
        return cls(
            id=one_id("calls", call.id),
            status=status_of(call),
            success_is_null=call.success is None,
            updated_at=_updated_at(call),
            metrics=tuple(sorted(result_ids(call))),
            agent_id=agent_of(call),
            timestamp=call.timestamp,
        )


def is_evaluated(
    call: CallLog | CallLogSummary, *, since: EvaluationBaseline, metrics: frozenset[int]
) -> bool:
    """Tell whether a call log, read now, was evaluated since its baseline was made.

    The rule, and where it cannot know, are documented with `CallLogs.wait_until_evaluated`.

    Args:
        call: The call log as it is now.
        since: What it was like when its evaluation was asked for.
        metrics: The metrics asked for; empty where that is not known.
    """
    found = result_ids(call)
    results_are_there = metrics <= found if metrics else bool(found)
    return results_are_there and has_come_to_rest(call, since=since, metrics=metrics)


def has_come_to_rest(
    call: CallLog | CallLogSummary, *, since: EvaluationBaseline, metrics: frozenset[int]
) -> bool:
    """Tell whether a call log is not being evaluated, and is another than its baseline.

    Results may be missing nonetheless.

    Args:
        call: The call log as it is now.
        since: What it was like when its evaluation was asked for.
        metrics: The metrics asked for; empty where that is not known.
    """
    if says_evaluating(status_of(call)):
        return False
    before, now = since.updated_at, _updated_at(call)
    if before is not None and now is not None:
        before = with_time_zone(before)
        if now < before:
            return False  # a copy that lags behind the reply
        if now > before:
            return True
    return (
        says_evaluating(since.status)
        or (since.success_is_null and call.success is not None)
        or (_has_any(result_ids(call), metrics) and not _has_any(since.metrics, metrics))
    )


def _has_any(found: Collection[int], metrics: frozenset[int]) -> bool:
    return not metrics.isdisjoint(found) if metrics else bool(found)


def is_still_pending(
    row: CallLogSummary, *, since: EvaluationBaseline, metrics: frozenset[int]
) -> bool:
    """Tell whether a list shows for certain that a call was not evaluated since its baseline.

    A row may leave out what `retrieve` shows; what it does not show is no sign.

    Args:
        row: The call's row.
        since: What the call was like when its evaluation was asked for.
        metrics: The metrics asked for; empty where that is not known.
    """
    if says_evaluating(status_of(row)):
        return True
    if since.updated_at is not None:
        now = _updated_at(row)
        if now is None:
            return False
        if now < with_time_zone(since.updated_at):
            return True  # a copy that lags behind the reply
    return bool(result_ids(row)) and not is_evaluated(row, since=since, metrics=metrics)


def _updated_at(call: CallLog | CallLogSummary) -> datetime | None:
    return None if call.updated_at is None else with_time_zone(call.updated_at)
