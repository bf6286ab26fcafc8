"""What may have run is never sent again when it costs credits: every way a wire can break."""

import gzip
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cekura_client import (
    APIStatusError,
    CekuraError,
    InvalidResponseError,
    OutcomeUnknownError,
    RetryPolicy,
    ServerError,
)

from tests.support.twins import Calls, Twin
from tests.support.wire import (
    Script,
    WireServer,
    reply,
    reply_bytes,
    send,
    then_close,
    then_reset,
    then_silence,
)

ONE_ROW = b'[{"call_id": "a", "id": 1}]'
WHOLE = reply_bytes(200, ONE_ROW)
HEAD, _, _ = WHOLE.partition(b"\r\n\r\n")
HTML = b"<html><body>Bad gateway</body></html>"
GZIPPED = gzip.compress(ONE_ROW * 1000)

FAULTS: list[tuple[str, Script, type[CekuraError]]] = [
    ("500", reply(500, b'{"detail": "boom"}'), ServerError),
    ("502 with HTML", reply(502, HTML, {"Content-Type": "text/html"}), ServerError),
    ("503 that asks to wait", reply(503, b"", {"Retry-After": "0"}), ServerError),
    ("504", reply(504, b""), ServerError),
    ("520 of a CDN", reply(520, HTML), ServerError),
    ("999", reply(999, b""), ServerError),
    ("closed without a word", then_close(), OutcomeUnknownError),
    ("reset without a word", then_reset(), OutcomeUnknownError),
    ("late", then_silence(), OutcomeUnknownError),
    ("half a status line", then_close(b"HTTP/1.1 20"), OutcomeUnknownError),
    ("half the headers", then_close(HEAD[:40]), OutcomeUnknownError),
    ("silence in the headers", then_silence(HEAD[:40]), OutcomeUnknownError),
    ("a garbage status line", then_close(b"SMTP ready\r\n\r\n"), OutcomeUnknownError),
    ("a status below 100", then_close(b"HTTP/1.1 099 Odd\r\n\r\n"), OutcomeUnknownError),
    ("half a body", then_close(WHOLE[:-9]), InvalidResponseError),
    ("half a body, then reset", then_reset(WHOLE[:-9]), InvalidResponseError),
    ("half a body, then silence", then_silence(WHOLE[:-9]), InvalidResponseError),
    (
        "a broken chunk",
        then_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{\r\nzz"),
        InvalidResponseError,
    ),
    (
        "gzip that breaks off",
        reply(200, GZIPPED[:-20], {"Content-Encoding": "gzip"}),
        InvalidResponseError,
    ),
    ("gzip that is none", reply(200, b"[]", {"Content-Encoding": "gzip"}), InvalidResponseError),
    ("HTML for JSON", reply(200, HTML, {"Content-Type": "text/html"}), InvalidResponseError),
    ("null for a list", reply(200, b"null"), InvalidResponseError),
    ("an object for a list", reply(200, b'{"call_id": "a"}'), InvalidResponseError),
    ("a text for a row", reply(200, b'["a"]'), InvalidResponseError),
    ("no body", reply(200, b""), InvalidResponseError),
    ("204", send(b"HTTP/1.1 204 No Content\r\n\r\n"), InvalidResponseError),
    ("no UTF-8", reply(200, b'["\xff\xfe"]'), InvalidResponseError),
    ("too deep", reply(200, b"[" * 100_000), InvalidResponseError),
    ("too large a number", reply(200, b"[" + b"9" * 10_000 + b"]"), InvalidResponseError),
    ("302 after the deed", reply(302, b"", {"Location": "/done"}), APIStatusError),
]


@pytest.fixture(params=["evaluate_metrics", "rerun_evaluation"])
def charge(request: pytest.FixtureRequest) -> Any:
    def charge(calls: Calls) -> Any:
        if request.param == "evaluate_metrics":
            return calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        return calls.rerun_evaluation(agent_id=1, call_logs="all")

    return charge


@pytest.mark.parametrize(
    ("script", "kind"),
    [pytest.param(script, kind, id=name) for name, script, kind in FAULTS],
)
def test_one_request_and_may_have_run(
    twin: Twin, charge: Any, script: Script, kind: type[CekuraError]
) -> None:
    with (
        # What follows would be a success: a second request would be charged.
        WireServer(script, reply()) as server,
        twin.open(base_url=server.url, timeout=0.3, retries=RetryPolicy(attempts=5)) as calls,
        pytest.raises(kind) as raised,
    ):
        charge(calls)
    assert type(raised.value) is kind
    assert raised.value.may_have_run
    assert len(server.received) == 1
    assert "charged" in str(raised.value) or kind is APIStatusError
    if isinstance(raised.value, InvalidResponseError):
        assert "do not send it again" in str(raised.value)


@pytest.fixture
def broken_off() -> Iterator[WireServer]:
    with WireServer(then_close(WHOLE[:-9])) as server:
        yield server


def test_what_arrived_of_a_reply_is_kept(twin: Twin, broken_off: WireServer) -> None:
    with (
        twin.open(base_url=broken_off.url) as calls,
        pytest.raises(InvalidResponseError) as raised,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert raised.value.body == ONE_ROW[:-9]
    assert raised.value.status_code == 200
    assert raised.value.headers["Content-Length"] == str(len(ONE_ROW))


def test_a_refusal_whose_body_breaks_off_is_still_a_refusal(twin: Twin) -> None:
    cut = reply_bytes(429, b'{"detail": "slow down"}', {"Retry-After": "0"})[:-5]
    with (
        WireServer(then_close(cut), reply()) as server,
        twin.open(base_url=server.url) as calls,
    ):
        assert calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2]) == []
    assert len(server.received) == 2


def test_a_closed_idle_connection_costs_no_second_request(twin: Twin) -> None:
    with (
        WireServer(then_close(reply_bytes()), reply()) as server,
        twin.open(base_url=server.url) as calls,
    ):
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        time.sleep(0.1)  # the close arrives
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert len(server.received) == 2
    assert server.connections == 2


def test_garbage_after_a_reply_spoils_neither_it_nor_the_bill(twin: Twin) -> None:
    with (
        WireServer(send(WHOLE + b"]garbage"), reply()) as server,
        twin.open(base_url=server.url) as calls,
    ):
        assert len(calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])) == 1
        with pytest.raises(OutcomeUnknownError):
            calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert len(server.received) == 2


@pytest.mark.parametrize(
    "script",
    [
        reply(500, b""),
        reply(502, HTML),
        then_close(),
        then_reset(),
        then_silence(),
        then_close(WHOLE[:-9]),
        reply(200, HTML),
        reply(200, b"[]"),
    ],
    ids=["500", "502", "closed", "reset", "late", "half", "HTML", "a list"],
)
def test_retrieve_costs_nothing_and_is_tried_again(twin: Twin, script: Script) -> None:
    with (
        WireServer(script, reply(200, b'{"call_id": "a"}')) as server,
        twin.open(base_url=server.url, timeout=0.3) as calls,
    ):
        assert calls.retrieve(1).call_id == "a"
    assert len(server.received) == 2


def test_retrieve_gives_up_after_three(twin: Twin) -> None:
    with (
        WireServer(reply(500, b"")) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(ServerError, match="after 3 attempts") as raised,
    ):
        calls.retrieve(1)
    assert not raised.value.may_have_run
    assert len(server.received) == 3


def test_a_large_reply_is_read_whole(twin: Twin) -> None:
    text = "x" * 1_000_000
    body = b"[" + b",".join([b'{"call_id": "a", "transcript": "%s"}' % text.encode()] * 20) + b"]"
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        found = calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert len(found) == 20
    assert found[19].transcript == text
