"""A sandbox whose evaluations change their mind."""

import itertools

import pytest
from cekura_client import Cekura, compare
from cekura_client.sandbox import Flip, Sandbox


def evaluated_twice(
    drift: float, calls: int = 400
) -> tuple[tuple[Flip, ...], set[tuple[int, int, bool]]]:
    """What the sandbox says it turned, and what a comparison finds."""
    with (
        Sandbox(calls=calls, evaluation_seconds=0, drift=drift, credits=10_000) as sandbox,
        Cekura(sandbox.api_key, base_url=sandbox.url) as cekura,
    ):
        ids = [call.id for call in sandbox.call_logs if call.agent_id == 224]
        sides = [
            cekura.call_logs.wait_until_evaluated(
                cekura.call_logs.evaluate_metrics(
                    agent_id=224, call_logs=ids, metrics=[789, 790, 791, 792]
                )
            )
            for _ in range(3)
        ]
        first, *_, last = sides
        turned = sandbox.flips
        assert len(compare(first, last).other_changes) == 0
        flips = {
            (
                change.newest["call_log_id"] or 0,
                change.newest["metric_id"] or 0,
                bool(change.after and change.after["passed"]),
            )
            for earlier, later in itertools.pairwise(sides)
            for change in compare(earlier, later).flips
        }
        return turned, flips


def test_so_many_verdicts_turn_and_the_same_ones_each_time() -> None:
    turned, flips = evaluated_twice(0.1)
    # Of an earlier evaluation nothing was read, so what turned then is not among these.
    assert flips <= {(flip.call_log_id, flip.metric_id, flip.passed) for flip in turned}
    assert {flip.metric_id for flip in turned} == {789, 790}
    # 200 calls, two metrics, evaluated again at least twice; some do not apply.
    assert 0.07 < len(turned) / 900 < 0.13
    assert evaluated_twice(0.1) == (turned, flips)


@pytest.mark.parametrize(("drift", "share"), [(0, 0.0), (1, 1.0)])
def test_none_and_all(drift: float, share: float) -> None:
    turned, flips = evaluated_twice(drift, calls=60)
    assert bool(turned) == bool(flips) == bool(share)


@pytest.mark.parametrize("drift", [-0.1, 1.1, "1", None, float("nan"), True])
def test_what_is_no_share_is_refused(drift: object) -> None:
    with pytest.raises(ValueError, match="drift must be a number from 0 to 1"):
        Sandbox(drift=drift)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
