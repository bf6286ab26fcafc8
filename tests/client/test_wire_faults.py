"""Every way a wire can break, as one table: what is charged, what is raised, what it says."""

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
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
    dribble,
    reply,
    reply_bytes,
    reset_unread,
    send,
    then_close,
    then_reset,
    then_silence,
)

ONE_ROW = b'[{"id": 1, "call_id": "a", "id": 1}]'
WHOLE = reply_bytes(200, ONE_ROW)
HEAD, _, _ = WHOLE.partition(b"\r\n\r\n")
HTML = b"<html><body>Bad gateway</body></html>"
GZIPPED = gzip.compress(ONE_ROW * 1000)
TIMEOUT = 0.8  # seconds; a busy machine must not be taken for a silent server


@dataclass(frozen=True)
class Fault:
    """What the server does, and what becomes of the call.

    `charged` is how many requests the server has read whole: it may have charged each of them.
    """

    name: str
    script: Script
    raises: type[CekuraError]
    charged: int = 1
    may_have_run: bool = True
    on_connect: Script | None = None


def status_line(line: bytes) -> Script:
    return then_close(line + b"\r\n\r\n")


ENDLESS_HEADER = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2**20

FAULTS = [
    Fault("500", reply(500, b'{"detail": "boom"}'), ServerError),
    Fault("502 with HTML", reply(502, HTML, {"Content-Type": "text/html"}), ServerError),
    Fault("503 that asks to wait", reply(503, b"", {"Retry-After": "0"}), ServerError),
    Fault("504", reply(504, b""), ServerError),
    Fault("520 of a CDN", reply(520, HTML), ServerError),
    Fault("999", reply(999, b""), ServerError),
    Fault("502 cut short", then_close(reply_bytes(502, HTML)[:-5]), ServerError),
    Fault("302 after the deed", reply(302, b"", {"Location": "/done"}), APIStatusError),
    # Whether the request was read before the reset is not for the client to know.
    Fault(
        "reset before the request is read",
        reply(),
        OutcomeUnknownError,
        charged=0,
        on_connect=reset_unread,
    ),
    Fault("closed after the request", then_close(), OutcomeUnknownError),
    Fault("reset after the request", then_reset(), OutcomeUnknownError),
    Fault("late", then_silence(), OutcomeUnknownError),
    Fault("half a status line", then_close(b"HTTP/1.1 20"), OutcomeUnknownError),
    Fault("half the headers", then_close(HEAD[:40]), OutcomeUnknownError),
    Fault("slow headers", then_silence(HEAD[:40]), OutcomeUnknownError),
    Fault("a garbage status line", status_line(b"SMTP ready"), OutcomeUnknownError),
    Fault("a status below 100", status_line(b"HTTP/1.1 099 Odd"), OutcomeUnknownError),
    Fault("headers without end", send(ENDLESS_HEADER), OutcomeUnknownError),
    Fault("half a body", then_close(WHOLE[:-9]), InvalidResponseError),
    Fault("half a body, then reset", then_reset(WHOLE[:-9]), InvalidResponseError),
    Fault("slow body", then_silence(WHOLE[:-9]), InvalidResponseError),
    Fault(
        "a Content-Length too long",
        then_close(reply_bytes(200, ONE_ROW, {"Content-Length": "1000"})),
        InvalidResponseError,
    ),
    Fault(
        "a Content-Length too short",
        then_close(reply_bytes(200, ONE_ROW, {"Content-Length": "10"})),
        InvalidResponseError,
    ),
    Fault(
        "a Content-Length that is none",
        then_close(reply_bytes(200, ONE_ROW, {"Content-Length": "ten"})),
        OutcomeUnknownError,
    ),
    Fault(
        "a broken chunk",
        then_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{\r\nzz"),
        InvalidResponseError,
    ),
    Fault(
        "gzip that breaks off",
        reply(200, GZIPPED[:-20], {"Content-Encoding": "gzip"}),
        InvalidResponseError,
    ),
    Fault(
        "gzip that is none",
        reply(200, b"[]", {"Content-Encoding": "gzip"}),
        InvalidResponseError,
    ),
    Fault(
        "HTML for JSON", reply(200, HTML, {"Content-Type": "text/html"}), InvalidResponseError
    ),
    Fault("null for a list", reply(200, b"null"), InvalidResponseError),
    Fault("an object for a list", reply(200, b'{"id": 1, "call_id": "a"}'), InvalidResponseError),
    Fault("a text for a row", reply(200, b'["a"]'), InvalidResponseError),
    Fault("no body", reply(200, b""), InvalidResponseError),
    Fault("204", send(b"HTTP/1.1 204 No Content\r\n\r\n"), InvalidResponseError),
    Fault("no UTF-8", reply(200, b'["\xff\xfe"]'), InvalidResponseError),
    Fault("too deep", reply(200, b"[" * 100_000), InvalidResponseError),
    Fault("too large a number", reply(200, b"[" + b"9" * 10_000 + b"]"), InvalidResponseError),
]  # fmt: skip

Charge = Callable[[Calls], list[Any]]
CHARGES: dict[str, Charge] = {
    "evaluate": lambda calls: calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2]),
    "rerun": lambda calls: calls.rerun_evaluation(agent_id=1, call_logs="all"),
}


@pytest.fixture(params=CHARGES)
def charge(request: pytest.FixtureRequest) -> Charge:
    return CHARGES[request.param]


# httpx leaves the rest of a request body that it could not send to the garbage collector.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx._content.ByteStream:ResourceWarning")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_never_charged_twice(twin: Twin, charge: Charge, fault: Fault) -> None:
    # What follows the fault would be a success: a second request would be charged.
    server = WireServer(fault.script, reply(), on_connect=fault.on_connect)
    policy = RetryPolicy(attempts=5)
    with (
        server,
        twin.open(base_url=server.url, timeout=TIMEOUT, retries=policy) as calls,
        pytest.raises(fault.raises) as raised,
    ):
        charge(calls)
    assert type(raised.value) is fault.raises
    assert raised.value.may_have_run is fault.may_have_run
    assert len(server.received) == fault.charged
    assert server.connections == 1
    assert "charged" in str(raised.value)
    if isinstance(raised.value, InvalidResponseError):
        assert "do not send it again" in str(raised.value)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(dribble(WHOLE, pieces=12, pause=0.05), id="slow but steady"),
        pytest.param(send(b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE), id="an early 100"),
        pytest.param(
            send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + WHOLE), id="early hints"
        ),
        pytest.param(
            then_close(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + ONE_ROW), id="no length"
        ),
        pytest.param(reply(200, gzip.compress(ONE_ROW), {"Content-Encoding": "gzip"}), id="gzip"),
        pytest.param(reply(202, ONE_ROW), id="202"),
        pytest.param(reply(200, b"\xef\xbb\xbf" + ONE_ROW), id="a byte order mark"),
        pytest.param(reply(200, ONE_ROW, {"Content-Type": "text/plain"}), id="as plain text"),
    ],
)
def test_what_is_odd_but_whole_is_read(twin: Twin, charge: Charge, script: Script) -> None:
    with (
        WireServer(script, reply()) as server,
        twin.open(base_url=server.url, timeout=TIMEOUT) as calls,
    ):
        (row,) = charge(calls)
    assert row.call_id == "a"
    assert len(server.received) == 1


@pytest.mark.slow
def test_a_reply_of_100_megabytes_is_read_whole(twin: Twin) -> None:
    text = "x" * 1_000_000
    row = b'{"id": 1, "call_id": "a", "transcript": "%s"}' % text.encode()
    body = b"[" + b",".join([row] * 100) + b"]"
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        found = calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
    assert len(body) > 100_000_000
    assert len(found) == 100
    assert found[99].transcript == text
    assert len(server.received) == 1


def test_what_arrived_of_a_reply_is_kept(twin: Twin, charge: Charge) -> None:
    with (
        WireServer(then_close(WHOLE[:-9])) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(InvalidResponseError) as raised,
    ):
        charge(calls)
    assert raised.value.body == ONE_ROW[:-9]
    assert raised.value.status_code == 200
    assert raised.value.headers["Content-Length"] == str(len(ONE_ROW))


def test_a_refusal_whose_body_breaks_off_is_still_a_refusal(twin: Twin, charge: Charge) -> None:
    cut = reply_bytes(429, b'{"detail": "slow down"}', {"Retry-After": "0"})[:-5]
    with WireServer(then_close(cut), reply()) as server, twin.open(base_url=server.url) as calls:
        assert charge(calls) == []
    assert len(server.received) == 2


def test_a_closed_idle_connection_costs_no_second_request(twin: Twin, charge: Charge) -> None:
    with (
        WireServer(then_close(reply_bytes()), reply()) as server,
        twin.open(base_url=server.url) as calls,
    ):
        charge(calls)
        time.sleep(0.1)  # the close arrives
        charge(calls)
    assert len(server.received) == 2
    assert server.connections == 2


def test_garbage_after_a_reply_spoils_neither_it_nor_the_bill(twin: Twin, charge: Charge) -> None:
    with (
        WireServer(send(WHOLE + b"]garbage"), reply()) as server,
        twin.open(base_url=server.url) as calls,
    ):
        assert len(charge(calls)) == 1
        assert charge(calls) == []
    assert len(server.received) == 2
