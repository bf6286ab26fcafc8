"""The rule that tells whether a call was evaluated since a reply."""

from dataclasses import dataclass
from typing import Any

import pytest
from cekura_client import (
    CallLog,
    CallLogSummary,
    EvaluationBaseline,
    to_rows,
)
from cekura_client.call_logs.waiting.baselines import is_evaluated, is_still_pending

BEFORE, THEN, AFTER = (f"2025-03-03T09:12:0{second}Z" for second in (4, 5, 6))


@dataclass(frozen=True)
class State:
    """A call at one moment. Absent, null and unknown values are given on purpose."""

    status: Any = "success"
    success: Any = True
    updated_at: Any = THEN
    results: tuple[int, ...] | dict[str, None] | None = (1, 2)

    def fields(self) -> dict[str, Any]:
        known = {"status": self.status, "success": self.success, "updated_at": self.updated_at}
        given = {name: value for name, value in known.items() if value != "absent"}
        results: object = self.results
        if isinstance(self.results, tuple):
            results = {"metrics": [{"id": number, "name": "a"} for number in self.results]}
        return given | {"id": 7, "call_id": "a", "evaluation": results}

    def baseline(self) -> EvaluationBaseline:
        return EvaluationBaseline.of(CallLog.from_dict(self.fields()))


ANY = set[int]()
BUSY = State(status="evaluating", results=())
RERUN = State(success=None)
NOTHING = State(results=None)


@pytest.mark.parametrize(
    ("reply", "poll", "metrics", "evaluated"),
    [
        # The reply said that the evaluation was under way: that it no longer is will do.
        (BUSY, State(), {1, 2}, True),
        (BUSY, State(), ANY, True),
        (State(status="pending"), State(), {1, 2}, True),
        (BUSY, State(status="completed"), {1}, True),
        (BUSY, State(status="reviewed_failure"), {1}, True),
        (BUSY, State(status="in a word not seen yet"), {1}, True),
        (BUSY, State(status=None), {1}, True),
        (BUSY, State(status="absent"), {1}, True),
        (BUSY, State(updated_at=None), {1}, True),
        (BUSY, State(updated_at="absent"), {1}, True),
        # It still is.
        (BUSY, BUSY, {1}, False),
        (BUSY, State(status="evaluating", updated_at=AFTER), {1, 2}, False),
        (BUSY, State(status="pending", updated_at=AFTER), {1, 2}, False),
        (BUSY, State(status=" Evaluating", updated_at=AFTER), {1, 2}, False),
        # Not all that was asked for is there.
        (BUSY, State(updated_at=AFTER), {1, 3}, False),
        (BUSY, State(updated_at=AFTER, results=()), ANY, False),
        (BUSY, State(updated_at=AFTER, results=None), ANY, False),
        (BUSY, State(updated_at=AFTER, results={"metrics": None}), ANY, False),
        (BUSY, State(updated_at=AFTER, results=(3,)), ANY, True),
        # The reply looked evaluated: it has to be older than what is seen.
        (State(), State(), {1, 2}, False),
        (State(), State(), ANY, False),
        (State(), State(updated_at=AFTER), {1, 2}, True),
        (State(), State(updated_at=AFTER), ANY, True),
        (State(), State(updated_at="2025-03-03T11:12:05.000001+02:00"), {1}, True),
        (State(), State(updated_at="2025-03-03T09:12:06"), {1}, True),
        (State(updated_at="2025-03-03T09:12:05"), State(), {1}, False),
        (State(updated_at=None), State(updated_at=AFTER), {1}, False),
        (State(), State(updated_at=None), {1}, False),
        # A copy that lags behind the reply.
        (State(), State(updated_at=BEFORE), {1}, False),
        (BUSY, State(updated_at=BEFORE), {1}, False),
        (RERUN, State(updated_at=BEFORE), {1}, False),
        (NOTHING, State(updated_at=BEFORE), {1}, False),
        # A re-run had reset the outcome of a call that nobody reviewed.
        (RERUN, State(), {1}, True),
        (RERUN, State(success=False, status="failure"), ANY, True),
        (RERUN, State(success=None), {1}, False),
        (RERUN, State(success=None, updated_at=AFTER), {1}, True),
        (RERUN, State(success="absent"), {1}, False),
        # An outcome that is left out reads as one that is null.
        (State(success="absent"), State(), {1}, True),
        # Results that the reply had not.
        (NOTHING, State(), {1, 2}, True),
        (NOTHING, State(), ANY, True),
        (State(results=(3,)), State(results=(1, 2, 3)), {1, 2}, True),
        (State(results=(1,)), State(results=(1, 2)), {1, 2}, False),
        (State(results=(1,)), State(results=(1, 2)), ANY, False),
        (State(results=(1,)), State(results=(1, 2)), {2}, True),
    ],
)
def test_whether_a_call_was_evaluated_since(
    reply: State,
    poll: State,
    metrics: set[int],
    evaluated: bool,  # noqa: FBT001  (a table)
) -> None:
    call = CallLog.from_dict(poll.fields())
    assert is_evaluated(call, since=reply.baseline(), metrics=frozenset(metrics)) is evaluated


@pytest.mark.parametrize(
    ("reply", "poll", "metrics", "pending"),
    [
        (BUSY, BUSY, {1}, True),
        (State(), State(status="pending", updated_at=AFTER), {1}, True),
        (State(), State(), {1}, True),
        (State(), State(updated_at=BEFORE, results=None), {1}, True),
        (State(updated_at=None), State(), {1}, True),
        (BUSY, State(updated_at=AFTER), {1, 3}, True),
        # Evaluated: for `retrieve` to say.
        (BUSY, State(), {1, 2}, False),
        (State(), State(updated_at=AFTER), ANY, False),
        # The row may leave out what would tell.
        (BUSY, State(results=None), {1}, False),
        (BUSY, State(results=()), ANY, False),
        (NOTHING, NOTHING, {1}, False),
        (State(), State(updated_at=None), {1}, False),
        (State(), State(updated_at="absent"), {1}, False),
        (State(updated_at=None), NOTHING, {1}, False),
    ],
)
def test_whether_a_row_shows_for_certain_that_a_call_is_pending(
    reply: State,
    poll: State,
    metrics: set[int],
    pending: bool,  # noqa: FBT001  (a table)
) -> None:
    row = CallLogSummary.from_dict(poll.fields())
    assert is_still_pending(row, since=reply.baseline(), metrics=frozenset(metrics)) is pending


@pytest.mark.parametrize(
    ("fields", "agent"),
    [
        ({"agent_id": 224}, 224),
        ({"agent_id": "224"}, 224),
        ({"agent": 224}, 224),
        ({"agent_id": "asst_1", "agent": 224}, 224),
        ({"agent_id": 9, "agent": 224}, 224),
        ({"agent_id": 224, "agent": 0}, 224),
        ({"agent_id": None, "agent": None}, None),
        ({"agent_id": "asst_1"}, None),
        ({"agent_id": "9" * 19}, None),
        ({"agent_id": "9" * 5000}, None),
        ({"agent_id": 0}, None),
        ({}, None),
    ],
)
def test_the_agent_of_a_baseline(fields: dict[str, Any], agent: int | None) -> None:
    moment = "2025-03-03T09:12:05Z"
    call = CallLog.from_dict({"id": 7, "call_id": "a", "timestamp": moment} | fields)
    baseline = EvaluationBaseline.of(call)
    assert (baseline.agent_id, baseline.timestamp) == (agent, call.timestamp)
    assert to_rows([call])[0]["agent_id"] == agent


def test_a_baseline_made_by_hand_waits_for_any_result() -> None:
    by_hand = EvaluationBaseline(id=7)
    assert is_evaluated(CallLog.from_dict(State().fields()), since=by_hand, metrics=frozenset({1}))
    assert not is_evaluated(CallLog.from_dict(BUSY.fields()), since=by_hand, metrics=frozenset({1}))


def test_a_summary_and_a_call_give_the_same_baseline() -> None:
    results = [{"id": 2, "name": "b"}, {"id": 1, "name": "a"}]
    fields = {"id": 7, "call_id": "a", "status": "success", "success": None, "updated_at": THEN}
    baselines = {
        EvaluationBaseline.of(CallLog.from_dict(fields | {"evaluation": {"metrics": results}})),
        EvaluationBaseline.of(CallLogSummary.from_dict(fields | {"metrics": results})),
        EvaluationBaseline.of(
            CallLogSummary.from_dict(fields | {"evaluation": {"metrics": results}})
        ),
    }
    (baseline,) = baselines
    assert (baseline.id, baseline.status, baseline.success_is_null) == (7, "success", True)
    assert baseline.metrics == (1, 2)
    assert baseline.updated_at is not None
