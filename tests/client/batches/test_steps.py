"""What one step of a resumed run costs: the same, however many batches wait."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from cekura_client import BatchReport, Cekura

from tests.support.twins import KEY
from tests.support.wire import Script, WireServer, reply

REFUSED = reply(401, b"{}")
NOT_SO = reply(400, b"{}")


def function_calls(work: Callable[[], object]) -> int:
    """Count the function calls of this thread, and the steps of its generators."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def resumed(journal: Path, waiting: int, *scripts: Script, tells: bool) -> int:
    """Count the calls of a run of four steps, in which so many batches of one call wait."""
    told: list[object] = []

    def run() -> BatchReport:
        return client.call_logs.evaluate_metrics_in_batches(
            agent_id=1,
            metrics=[7],
            call_logs=iter(range(1, waiting + 1)),
            batch_size=1,
            max_concurrency=1,
            journal=journal,
            on_progress=told.append if tells else None,
        )

    with WireServer(REFUSED, *scripts) as server, Cekura(KEY, base_url=server.url) as client:
        assert len(run().not_sent) == waiting - 1
        calls = function_calls(run)
        assert len(server.received) == 1 + len(scripts)
    return calls


@pytest.mark.parametrize("tells", [False, True])
def test_a_step_costs_the_same_however_many_batches_wait(tmp_path: Path, *, tells: bool) -> None:
    def cost_of_a_step(waiting: int) -> float:
        few = resumed(tmp_path / f"{waiting}.few", waiting, REFUSED, tells=tells)
        many = resumed(tmp_path / f"{waiting}.many", waiting, *[NOT_SO] * 20, REFUSED, tells=tells)
        return (many - few) / 20

    assert cost_of_a_step(400) < 2 * cost_of_a_step(40)
