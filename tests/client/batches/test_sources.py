"""Where the ids of a run come from: a set that changes meanwhile, a column that compares oddly."""

from collections.abc import Iterator
from typing import Any

from tests.support.twins import Twin
from tests.support.wire import DONE, WireServer


class Column:
    """Compares like a numpy array or a pandas column: with each of its values."""

    def __init__(self, *values: int) -> None:
        self._values = values

    def __iter__(self) -> Iterator[int]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, value: object) -> bool:
        return value in self._values

    def __eq__(self, other: object) -> "Column":  # type: ignore[override]
        return Column(*(value == other for value in self))

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        raise ValueError("the truth value of a column is ambiguous")


def test_a_set_may_change_while_its_calls_are_run(twin: Twin) -> None:
    pending = set(range(1, 21))

    def forget_one(_: Any) -> None:
        pending.pop()

    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        report = calls.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7], call_logs=pending, batch_size=2, on_reply=forget_one
        )
    assert sorted(report.succeeded) == list(range(1, 21))
    assert len(server.received) == 10


def test_a_column_of_ids_is_a_list_of_ids(twin: Twin) -> None:
    with WireServer(DONE) as server, twin.open(base_url=server.url) as calls:
        report = calls.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7], call_logs=Column(1, 2), repeat_unknown=Column()
        )
    assert report.succeeded == [1, 2]
