"""A run in batches keeps ids, and nothing of the replies."""

import json
import tracemalloc

from cekura_client import Cekura

from tests.support.limited import limited_server
from tests.support.twins import KEY
from tests.support.wire import Received

LONG = "x" * 100_000


def rows(request: Received) -> bytes:
    asked = json.loads(request.body)["call_logs"]
    found: list[dict[str, object]] = [{"id": call, "call_id": "a"} for call in asked]
    found[0]["transcript"] = LONG
    return json.dumps(found).encode()


def peak(calls: int) -> int:
    with (
        limited_server(10**9, 1.0, body=rows) as server,
        Cekura(KEY, base_url=server.url) as client,
    ):
        tracemalloc.start()
        report = client.call_logs.evaluate_metrics_in_batches(
            agent_id=1, metrics=[7], call_logs=(10**9 + n for n in range(calls))
        )
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(report.succeeded) == calls
    return most


def test_memory_grows_with_the_ids_alone() -> None:
    peak(200)
    few, many = peak(2_000), peak(20_000)
    # An id takes some 100 bytes, and the test's own server keeps each request's 1 kB; the replies
    # of 180 more batches would be 18 MB.
    assert many - few < 8_000_000
