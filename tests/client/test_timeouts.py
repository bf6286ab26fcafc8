"""How long a client waits for a reply: longer for what is paid for, unless it is told a time."""

from typing import Any

import httpx
import pytest

from tests.support.twins import Twin

ROWS = b'[{"id": 1, "call_id": "a"}]'
FOUND = b'{"id": 1, "call_id": "a"}'
FREE = {"connect": 5.0, "read": 30.0, "write": 30.0}
PAID = {"connect": 5.0, "read": 600.0, "write": 30.0}


def timeouts(twin: Twin, **options: Any) -> dict[str, dict[str, float]]:
    """Tell by method what httpx is really given, but for the wait for a connection."""
    given: dict[str, dict[str, float]] = {}

    def handle(request: httpx.Request) -> httpx.Response:
        times = dict(request.extensions["timeout"])
        assert times.pop("pool") > 599  # the policy's deadline
        given[request.method] = times
        return httpx.Response(200, content=ROWS if request.method == "POST" else FOUND)

    http = {"transport": httpx.MockTransport(handle)}
    with twin.open(base_url="https://api.example", http=http, **options) as calls:
        calls.retrieve(1)
        calls.rerun_evaluation(agent_id=1, call_logs="all")
        paid = given.pop("POST")
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        assert given["POST"] == paid
    return given


def test_a_paid_reply_is_waited_for_ten_minutes_and_any_other_30_seconds(twin: Twin) -> None:
    assert timeouts(twin) == {"GET": FREE, "POST": PAID}


@pytest.mark.parametrize(
    ("timeout", "held"),
    [
        (30.0, FREE),
        (2, {"connect": 2.0, "read": 2.0, "write": 2.0}),
        (httpx.Timeout(7.0), {"connect": 7.0, "read": 7.0, "write": 7.0}),
        (httpx.Timeout(30.0, connect=5.0), FREE),
    ],
)
def test_a_timeout_that_is_given_holds_for_every_operation(
    twin: Twin, timeout: object, held: dict[str, float]
) -> None:
    assert timeouts(twin, timeout=timeout) == {"GET": held, "POST": held}
