"""Results that come one by one, and those that never come."""

from datetime import date
from decimal import Decimal

from cekura_client.sandbox.content.own import read_own
from cekura_client.sandbox.content.seed import Seed
from cekura_client.sandbox.requests.bodies import EvaluateRequest, UpdateRequest
from cekura_client.sandbox.state import CallView, State

DAY = date(2026, 11, 28)
SECOND = 1_000_000_000
EVALUATE = EvaluateRequest(224, None, [123], [789, 790, 791, 792])


def looks(seed: Seed, request: EvaluateRequest) -> list[tuple[float, CallView]]:
    """Look at a call every tenth of a second until two seconds and a tenth have gone by."""
    now = [0]
    state = State(
        seed, credits_left=Decimal(9), evaluation_seconds=(0.2, 2.0), clock=lambda: now[0]
    )
    (call_id,) = request.call_logs
    views = [(0.0, state.evaluate(request)[0])]
    for tenth in range(1, 22):
        now[0] = tenth * SECOND // 10
        views.append((tenth / 10, state.retrieve(call_id)))
    return views


def test_each_result_comes_at_a_moment_of_its_own() -> None:
    first, second = (looks(Seed.made_up(12, DAY), EVALUATE) for _ in range(2))
    came = [(at, [metric.id for metric in view.metrics]) for at, view in first]
    assert came == [(at, [metric.id for metric in view.metrics]) for at, view in second]
    counts = [len(metrics) for _, metrics in came]
    assert counts == sorted(counts)
    assert {0, 4} < {*counts}  # some are there before others
    assert next(at for at, metrics in came if metrics) >= 0.2
    for at, view in first:
        whole = len(view.metrics) == 4
        assert (view.status == "evaluating") is not whole, at
    updated = [view.updated_at for _, view in first if view.updated_at is not None]
    assert updated == sorted(updated)
    assert updated[-1] > updated[0]


def test_a_call_is_at_rest_without_the_result_that_never_comes() -> None:
    seed = read_own(
        agents=[{"id": 1, "agent_name": "One"}],
        metrics=[{"id": 5, "name": "Polite"}, {"id": 6, "name": "Never", "outcome": "never"}],
        call_logs=[{"id": 9}],
        today=DAY,
    )
    request = EvaluateRequest(1, None, [9], [5, 6])
    views = looks(seed, request)
    assert [(at, view.status) for at, view in views if at in (0.1, 1.9)] == [
        (0.1, "evaluating"),
        (1.9, "evaluating"),
    ]
    last = views[-1][1]
    assert last.status in ("success", "failure")
    assert [metric.id for metric in last.metrics] == [5]


def test_an_update_leaves_a_call_alone_that_is_being_evaluated() -> None:
    now = [0]
    state = State(
        Seed.made_up(12, DAY),
        credits_left=Decimal(9),
        evaluation_seconds=(1, 1),
        clock=lambda: now[0],
    )
    state.evaluate(EVALUATE)
    asked = UpdateRequest("reviewed_success", None, {"feedback": "so"}, reevaluate=True)
    runs = state.metric_runs
    assert state.update(123, asked).status == "evaluating"
    assert "feedback" not in state.retrieve(123).call.facts
    now[0] = 2 * SECOND
    assert state.update(123, asked).status == "evaluating"  # since it is evaluated again
    assert (state.retrieve(123).call.facts["feedback"], state.metric_runs) == ("so", runs + 4)
