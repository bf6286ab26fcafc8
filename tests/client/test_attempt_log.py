"""At DEBUG the logger `cekura_client` tells of each attempt, and never the key or a query."""

import logging
import re

import pytest
from cekura_client import CekuraError

from tests.support.twins import KEY, Twin
from tests.support.wire import WireServer, reply, reply_bytes, then_close

ROWS = b'[{"id": 1, "call_id": "a"}]'


def attempts(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged at DEBUG, without the milliseconds."""
    told = [
        record.getMessage()
        for record in caplog.records
        if record.name == "cekura_client" and record.levelno == logging.DEBUG
    ]
    assert all(re.search(r" after \d+ ms, attempt \d$", text) for text in told)
    return [re.sub(r"\d+ ms", "… ms", text) for text in told]


@pytest.mark.usefixtures("short_backoff")
def test_each_attempt_is_told(twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="cekura_client")
    scripts = (
        reply(429, b"", {"Retry-After": "0"}),
        reply(200, b"{}"),
        then_close(),
        reply(503, b""),
        then_close(reply_bytes(200, b"{}", {"Content-Length": "9"})),
        reply(200, ROWS),
    )
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        calls.request("POST", "/a/", params={"token": "hidden"}, json={"secret": "hidden"})
        with pytest.raises(CekuraError):
            calls.request("GET", "/b/")
        calls.rerun_evaluation(agent_id=1, call_logs="all")
    assert attempts(caplog) == [
        "POST /a/: 429 after … ms, attempt 1",
        "POST /a/: 200 after … ms, attempt 2",
        "GET /b/: no reply (RemoteProtocolError) after … ms, attempt 1",
        "GET /b/: 503 after … ms, attempt 2",
        "GET /b/: 200, and breaks off (RemoteProtocolError) after … ms, attempt 3",
        "POST /observability/v1/call-logs/rerun_evaluation/: 200 after … ms, attempt 1",
    ]
    assert KEY not in caplog.text
    assert "hidden" not in caplog.text


@pytest.mark.usefixtures("short_backoff")
def test_what_was_never_sent_is_told_too(twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="cekura_client")
    with (
        twin.open(base_url="http://127.0.0.1:9") as calls,
        pytest.raises(CekuraError),
    ):
        calls.request("POST", "/a/")
    assert attempts(caplog) == [
        f"POST /a/: not sent (ConnectError) after … ms, attempt {number}" for number in (1, 2, 3)
    ]


def test_nothing_is_told_unasked(twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="cekura_client")
    with WireServer(reply(200, ROWS)) as server, twin.open(base_url=server.url) as calls:
        calls.rerun_evaluation(agent_id=1, call_logs="all")
    assert attempts(caplog) == []
