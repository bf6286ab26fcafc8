"""What costs credits goes over connections that nothing used before and nothing uses after."""

import logging
import socket

import httpx
import pytest
from cekura_client import Cekura

from tests.support.http2 import http2_server
from tests.support.twins import KEY, Twin
from tests.support.wire import Received, WireServer, reply, reply_bytes, send

FOUND = b'{"id": 1, "call_id": "a"}'
ROWS = b'[{"id": 1, "call_id": "a"}]'
# One reply too many.
LEFT_OVER = reply_bytes(429, b"", {"Retry-After": "0"})
NONE_KEPT = httpx.Limits(max_keepalive_connections=0)


@pytest.mark.parametrize("options", [{}, {"http": {"limits": NONE_KEPT}}], ids=["own", "given"])
def test_a_reply_left_over_on_a_connection_is_not_taken_for_a_paid_requests(
    twin: Twin, options: dict[str, object]
) -> None:
    scripts = [send(reply_bytes(200, FOUND) + LEFT_OVER), send(reply_bytes(200, ROWS) + LEFT_OVER)]
    with (
        WireServer(*scripts) as server,
        twin.open(base_url=server.url, **options) as calls,
    ):
        calls.retrieve(1)
        for charged in range(1, 4):
            assert len(calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])) == 1
            assert [request.method for request in server.received].count("POST") == charged


def test_only_what_is_free_keeps_its_connection(twin: Twin) -> None:
    scripts = [*[reply(200, FOUND)] * 3, *[reply(200, ROWS)] * 3]
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        for number in range(1, 4):
            calls.retrieve(number)
        assert server.connections == 1
        for count in range(2, 5):
            calls.rerun_evaluation(agent_id=1, call_logs="all")
            assert server.connections == count
    kept, paid = server.received[:3], server.received[3:]
    assert {request.headers["connection"] for request in kept} == {"keep-alive"}
    assert {request.headers["connection"] for request in paid} == {"close"}


def test_nothing_uses_the_connection_of_a_paid_request_of_a_given_client_afterwards(
    twin: Twin,
) -> None:
    scripts = reply(200, ROWS), reply(200, FOUND)
    with WireServer(*scripts) as server, twin.open(base_url=server.url, http={}) as calls:
        calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
        calls.retrieve(1)
        assert server.connections == 2


def test_a_kept_connection_that_the_server_resets_loses_no_paid_request(twin: Twin) -> None:
    """The reset comes with the next request, so that no look at the socket foresees it."""
    charged: list[Received] = []

    def found_then_reset_at_the_next(connection: socket.socket) -> None:
        connection.sendall(reply_bytes(200, FOUND))
        connection.recv(1, socket.MSG_PEEK)
        raise ConnectionAbortedError

    def charge(connection: socket.socket) -> None:
        charged.append(server.received[-1])
        connection.sendall(reply_bytes(200, ROWS))

    with (
        WireServer(found_then_reset_at_the_next, charge) as server,
        twin.open(base_url=server.url) as calls,
    ):
        calls.retrieve(1)
        assert len(calls.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])) == 1
    assert len(charged) == 1


def test_over_http2_the_key_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        http2_server(ROWS) as url,
        httpx.Client(http1=False, http2=True) as http,
        Cekura(KEY, base_url=url, http_client=http) as client,
    ):
        for _ in range(2):
            rows = client.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2])
            assert rows[0].call_id == "a"
    assert "httpcore.http2" in {record.name for record in caplog.records}
    assert KEY not in caplog.text
