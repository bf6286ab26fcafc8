"""Where the ids of a run come from: what a collection, an iterator and an array may do meanwhile."""

from typing import Any

from tests.support.twins import Twin
from tests.support.wire import WireServer, reply

ROWS = b'[{"call_id": "a"}]'


def test_a_set_may_change_while_its_calls_are_run(twin: Twin) -> None:
    pending = set(range(1, 21))

    def forget_one(_: Any) -> None:
        pending.pop()

    with WireServer(reply(200, ROWS)) as server, twin.open(base_url=server.url) as calls:
        report = calls.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7], call_logs=pending, batch_size=2, on_reply=forget_one
        )
    assert sorted(report.succeeded) == list(range(1, 21))
    assert len(server.received) == 10
