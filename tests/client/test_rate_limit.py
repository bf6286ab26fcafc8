"""A 429 over the wire: waited out, or given up at once."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cekura_client import Cekura, RateLimitError, RetryPolicy

from tests.support.twins import KEY, Twin
from tests.support.wire import WireServer, reply

DATE = {"Date": "Tue, 24 Nov 2026 10:00:00 GMT"}


# What a 429 says, and how many seconds have to pass.
TOLD: dict[str, tuple[dict[str, str], float]] = {
    "whole seconds": ({"Retry-After": "1"}, 1.0),
    "decimal seconds": ({"Retry-After": "0.5"}, 0.5),
    "zero": ({"Retry-After": "0"}, 0.0),
    "date of RFC 9110": (DATE | {"Retry-After": "Tue, 24 Nov 2026 10:00:01 GMT"}, 1.0),
    "date of RFC 850": (DATE | {"Retry-After": "Tuesday, 24-Nov-26 10:00:01 GMT"}, 1.0),
    "date of asctime": (DATE | {"Retry-After": "Tue Nov 24 10:00:01 2026"}, 1.0),
    "absent": ({}, 0.0),
    "negative": ({"Retry-After": "-5"}, 0.0),
    "words": ({"Retry-After": "soon"}, 0.0),
    "nan": ({"Retry-After": "nan"}, 0.0),
}


@pytest.mark.usefixtures("short_backoff")
def test_it_waits_as_told_then_succeeds(twin: Twin) -> None:
    def check(case: str) -> None:
        headers, least = TOLD[case]
        scripts = reply(429, b'{"detail": "slow down"}', headers), reply()
        with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
            found = calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        assert found == [], case
        refused, charged = server.received
        assert least <= charged.moment - refused.moment < 5, case
        assert charged.body == refused.body, case

    with ThreadPoolExecutor(len(TOLD)) as threads:  # the waits are real, so all at once
        list(threads.map(check, TOLD))


def test_longer_than_the_policy_allows_raises_at_once(twin: Twin) -> None:
    script = reply(429, b'{"detail": "tomorrow"}', {"Retry-After": "86400"})
    with WireServer(script) as server, twin.open(base_url=server.url) as calls:
        started = time.monotonic()
        with pytest.raises(RateLimitError) as raised:
            calls.rerun_evaluation(agent_id=1, call_logs="all")
    assert time.monotonic() - started < 1
    assert len(server.received) == 1
    error = raised.value
    assert error.retry_after == 86400.0
    assert error.attempts == 1
    assert not error.may_have_run
    assert "Nothing was charged" in str(error)
    assert error.detail == "tomorrow"


def test_a_moment_in_the_place_of_seconds_does_not_shut_a_client_for_a_month() -> None:
    scripts = reply(429, b"", {"Retry-After": "1764336000"}), reply()
    with (
        WireServer(*scripts) as server,
        Cekura(KEY, base_url=server.url, retries=RetryPolicy(max_wait=1.0)) as client,
    ):
        for _ in range(3):
            with pytest.raises(RateLimitError):
                client.call_logs.retrieve(1)
        assert len(server.received) == 1
        time.sleep(1.05)
        for _ in range(3):
            assert client.call_logs.rerun_evaluation(agent_id=1, call_logs="all") == []
        assert client.rate_limit_pause == 0.0
    assert len(server.received) == 4


def test_the_deadline_ends_the_waits(twin: Twin) -> None:
    script = reply(429, b"", {"Retry-After": "0.4"})
    policy = RetryPolicy(deadline=1.0)
    with (
        WireServer(script) as server,
        twin.open(base_url=server.url, retries=policy) as calls,
        pytest.raises(RateLimitError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert raised.value.attempts == len(server.received)
    assert 2 <= raised.value.attempts <= 3


def test_the_longest_of_two_headers_counts(twin: Twin) -> None:
    head = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n"
    raw = head + b"Retry-After: 0\r\nRetry-After: 3000\r\n\r\n"
    with (
        WireServer(lambda connection: connection.sendall(raw)) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(RateLimitError) as raised,
    ):
        calls.retrieve(1)
    assert raised.value.retry_after == 3000.0


def test_each_wait_is_one_line_in_the_log(twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    scripts = reply(429, b"", {"Retry-After": "0"}), reply()
    with (
        caplog.at_level(logging.INFO, logger="cekura_client"),
        WireServer(*scripts) as server,
        twin.open(base_url=server.url) as calls,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    lines = [record for record in caplog.records if record.name == "cekura_client"]
    assert [record.levelname for record in lines] == ["INFO"]
    assert lines[0].getMessage().startswith("evaluate_metrics: rate limited; waiting 0.")
    assert KEY not in caplog.text
