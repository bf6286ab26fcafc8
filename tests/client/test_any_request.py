"""`request`: any operation of the API, with all that the client does for its own."""

import json
import traceback
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cekura_client import (
    APIConnectionError,
    APIStatusError,
    BadRequestError,
    CekuraError,
    ClientClosedError,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    Response,
    RetryPolicy,
    ServerError,
)

from tests.client.test_timeouts import FREE, PAID
from tests.support.twins import KEY, Twin
from tests.support.wire import Script, WireServer, reply, reply_bytes, then_close

EVALUATE = "/observability/v1/call-logs/evaluate_metrics/"


def test_a_request_and_its_reply_as_they_are(twin: Twin) -> None:
    body = b'{"id": 7, "tags": ["a", null]}'
    found = reply(201, body, {"X-Request-Id": "r1", "Set-Cookie": "session=1", "X-Echo": KEY})
    with WireServer(found) as server, twin.open(base_url=f"{server.url}/behind/a/gateway") as calls:
        response = calls.request("post", "/things/", json={"name": "naïve", "on": True})
    assert type(response) is Response
    assert (response.status_code, response.body) == (201, body)
    assert response.json() == {"id": 7, "tags": ["a", None]}
    assert response.headers["x-request-id"] == "r1"
    assert "set-cookie" not in response.headers
    assert KEY not in str(response.headers)
    assert repr(response) == "Response(status_code=201)"
    (sent,) = server.received
    assert (sent.method, sent.path) == ("POST", "/behind/a/gateway/things/")
    assert json.loads(sent.body) == {"name": "naïve", "on": True}
    assert sent.headers["x-cekura-api-key"] == KEY
    assert sent.headers["content-type"] == sent.headers["accept"] == "application/json"


def test_how_parameters_are_written(twin: Twin) -> None:
    params = {
        "ids": [1, 2],
        "on": True,
        "off": False,
        "none": None,
        "since": datetime(2026, 1, 2, tzinfo=UTC),
        "share": 0.5,
        "q": "a&b=c ü",
        "names": ("x", True),
    }
    with WireServer(reply(200, b"[]")) as server, twin.open(base_url=server.url) as calls:
        calls.request("GET", "/things/", params=params)
        calls.request("GET", "/things/", params={})
        calls.request("GET", "/things/", params={"none": None})
    first, *others = [request.path for request in server.received]
    assert first == (
        "/things/?ids=1&ids=2&on=true&off=false&since=2026-01-02T00:00:00%2B00:00"
        "&share=0.5&q=a%26b%3Dc+%C3%BC&names=x&names=true"
    )
    assert others == ["/things/"] * 2
    assert all("content-type" not in request.headers for request in server.received)


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b""), (202, b"null")])
def test_without_a_body_there_is_none(twin: Twin, status: int, body: bytes) -> None:
    with WireServer(reply(status, body)) as server, twin.open(base_url=server.url) as calls:
        assert calls.request("POST", "/anything/", json={}).json() is None
    assert len(server.received) == 1


@pytest.mark.parametrize("body", [b"<html>", b"NaN", b'{"a": Infinity}', b"\xff", b"[" * 10**5])
def test_a_body_that_is_no_json_is_kept(twin: Twin, body: bytes) -> None:
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        read, written = calls.request("GET", "/a/"), calls.request("DELETE", "/a/")
    for response, may_have_run in ((read, False), (written, True)):
        assert response.body == body
        with pytest.raises(InvalidResponseError) as raised:
            response.json()
        assert (raised.value.status_code, raised.value.body) == (200, body)
        assert raised.value.headers == response.headers
        assert raised.value.may_have_run is may_have_run
        assert " /a/ was accepted (200), but its reply is no JSON (" in str(raised.value)


def test_a_429_is_waited_out(twin: Twin) -> None:
    scripts = reply(429, b"", {"Retry-After": "0.2"}), reply(200, b"{}")
    with WireServer(*scripts) as server, twin.open(base_url=server.url) as calls:
        assert calls.request("POST", "/anything/", json={"a": 1}).json() == {}
    refused, taken = server.received
    assert taken.moment - refused.moment >= 0.2
    assert refused.body == taken.body == b'{"a":1}'


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("costs", [True, False, None])
@pytest.mark.parametrize(
    ("script", "error"),
    [(reply(500, b""), ServerError), (then_close(), OutcomeUnknownError)],
    ids=["500", "dropped"],
)
def test_what_changes_something_is_sent_once(
    twin: Twin,
    method: str,
    script: Script,
    error: type[CekuraError],
    *,
    costs: bool | None,
) -> None:
    with (
        WireServer(script) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(error) as raised,
    ):
        calls.request(method, "/anything/", json={"a": 1}, costs_credits=costs)
    assert len(server.received) == 1
    assert server.received[0].headers["connection"] == "close"
    assert raised.value.may_have_run
    assert ("charged" in str(raised.value)) is (costs is True)
    sent = raised.value.sent
    assert sent is not None
    assert (sent.operation, sent.parameters) == (f"{method} /anything/", {"a": 1})
    with twin.open() as calls, pytest.raises(InvalidRequestError, match="names no call logs"):
        calls.reconcile(raised.value)


@pytest.mark.usefixtures("short_backoff")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("script", [reply(500, b""), then_close()], ids=["500", "dropped"])
def test_what_reads_is_sent_again_unless_it_is_said_to_cost_credits(
    twin: Twin, method: str, script: Script
) -> None:
    with WireServer(script) as server, twin.open(base_url=server.url) as calls:
        for costs in (None, False):
            with pytest.raises(CekuraError) as raised:
                calls.request(method, "/anything/", costs_credits=costs)
            assert not raised.value.may_have_run
        assert len(server.received) == 6
        with pytest.raises(CekuraError) as raised:
            calls.request(method, "/anything/", costs_credits=True)
        assert raised.value.may_have_run
    assert len(server.received) == 7


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, BadRequestError), (404, NotFoundError), (405, APIStatusError), (307, APIStatusError)],
)
def test_a_refusal_is_the_same_error_as_ever(
    twin: Twin, status: int, kind: type[APIStatusError]
) -> None:
    script = reply(status, b'{"detail": "No."}', {"Location": "/elsewhere/"})
    with WireServer(script) as server, twin.open(base_url=server.url) as calls:
        for costs, words in (
            (True, "Nothing was charged."),
            (False, "It did not run."),
            (None,) * 2,
        ):
            with pytest.raises(kind) as raised:
                calls.request("PATCH", "/a/1/", json={}, costs_credits=costs)
            assert type(raised.value) is kind
            assert not raised.value.may_have_run
            assert raised.value.detail == "No."
            assert "PATCH /a/1/" in str(raised.value)
            assert (words or "It did not run.") in str(raised.value)
            assert ("charged" in str(raised.value)) is (costs is True)
    assert {request.path for request in server.received} == {"/a/1/"}


def test_a_redirect_is_not_followed(twin: Twin) -> None:
    with (
        WireServer(reply(302, b"", {"Location": "/elsewhere/"})) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(APIStatusError, match="302") as raised,
    ):
        calls.request("POST", "/a/")
    assert raised.value.may_have_run
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("path", "costs", "charged"),
    [
        (EVALUATE, None, True),
        (EVALUATE, False, True),
        ("/observability/v2/call-logs/rerun_evaluation", None, True),
        ("/observability/v1/observe/", None, True),
        ("/observability/v1/%6fbserve/", None, True),
        ("/observability/v2/call-logs/7/", None, False),
    ],
)
def test_what_is_known_to_cost_credits_does(
    twin: Twin, path: str, *, costs: bool | None, charged: bool
) -> None:
    with (
        WireServer(reply(500, b"")) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(ServerError) as raised,
    ):
        calls.request("POST", path, json={}, costs_credits=costs)
    assert ("charged" in str(raised.value)) is charged


def test_how_long_its_reply_is_waited_for(twin: Twin) -> None:
    given: list[dict[str, float]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        times = request.extensions["timeout"]
        given.append({name: times[name] for name in FREE})
        return httpx.Response(200)

    http = {"transport": httpx.MockTransport(handle)}
    with twin.open(base_url="https://api.example", http=http) as calls:
        for method, costs in (("GET", None), ("PATCH", False), ("POST", None), ("POST", True)):
            calls.request(method, "/a/", costs_credits=costs)
    assert given == [FREE, FREE, PAID, PAID]


class Odd:
    """Nothing that can be sent."""


PATHS: list[Any] = [
    *("", "things/", "//evil.example/", "https://evil.example/", "/a/../b/", "/..", "/a/.", "/./a"),
    *("/a/%2e%2e/b", "/a/.%2E/", "/a/..%2Fb", "/a%2f..%2fb", "/a\\b", "/a%5cb", "/a\r\nX: y"),
    *("/a\n", "/a%0d%0a", "/a\x00", "/a?b=c", "/a#b", "/\ud83d", "/a\u2028b", " /a", b"/a/", None),
]


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_a_path_that_may_lead_elsewhere_is_refused(twin: Twin, path: object) -> None:
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError, match=r"path .* Nothing was sent\."):
            calls.request("GET", path)
        assert not server.received


@pytest.mark.parametrize(
    "wrong",
    [
        {"params": {"a": float("nan")}}, {"params": {"a": Odd()}}, {"params": {"a": {"b": 1}}},
        {"params": {"a": []}}, {"params": {"a": [None]}}, {"params": {"a": b"b"}},
        {"params": {1: "a"}}, {"params": {"": "a"}}, {"params": "a=b"}, {"params": [("a", "b")]},
        {"params": {"a": "\ud83d"}},
        {"json": float("nan")}, {"json": {"a": float("inf")}}, {"json": Odd()},
        {"json": {"a": {1}}}, {"json": {("a",): 1}}, {"json": b"{}"},
        {"costs_credits": 1}, {"costs_credits": "no"},
        {"method": ""}, {"method": "GE T"}, {"method": "GET\r\n"}, {"method": "CONNECT"},
        {"method": "TRACE"}, {"method": "PO\u017fT"}, {"method": None}, {"method": b"GET"},
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused(twin: Twin, wrong: dict[str, Any]) -> None:
    (name,) = wrong
    arguments = {"method": "POST", "path": "/a/"} | wrong
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        with pytest.raises(InvalidRequestError, match=f"{name}|parameter"):
            calls.request(**arguments)
        assert not server.received


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_key_is_in_no_frame_of_an_error(twin: Twin, method: str) -> None:
    with (
        WireServer(reply(500)) as server,
        twin.open(base_url=server.url, retries=RetryPolicy(attempts=1)) as calls,
        pytest.raises(ServerError) as raised,
    ):
        calls.request(method, "/a/")
    frames = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    shown = "".join(frames.format())
    assert "operation = " in shown
    assert KEY not in shown


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_is_too_long_is_refused(twin: Twin, method: str) -> None:
    too_long: list[dict[str, Any]] = [
        {"path": "/a/", "params": {"ids": list(range(20_000))}},
        {"path": f"/{'a' * 70_000}/"},
    ]
    with WireServer(reply()) as server, twin.open(base_url=server.url) as calls:
        for arguments in too_long:
            with pytest.raises(
                InvalidRequestError, match=r"address .* Nothing was sent\."
            ) as raised:
                calls.request(method, **arguments)
            assert raised.value.sent is None
        with pytest.raises(InvalidRequestError, match="address"):
            next(calls.agents(search="a" * 70_000))
        assert not server.received


def test_a_list_that_holds_itself_is_refused(twin: Twin) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with twin.open() as calls, pytest.raises(InvalidRequestError, match="json"):
        calls.request("POST", "/a/", json=loop)


def test_what_was_sent_is_told_whatever_it_was(twin: Twin) -> None:
    with WireServer(reply(500, b"")) as server, twin.open(base_url=server.url) as calls:
        for body, told in (([1, 2], {"json": [1, 2]}), (None, {}), ("all", {"json": "all"})):
            with pytest.raises(ServerError) as raised:
                calls.request("POST", "/a/", json=body)
            assert raised.value.sent is not None
            assert raised.value.sent.parameters == told


@pytest.mark.usefixtures("short_backoff")
def test_a_closed_client_and_one_without_a_server_send_nothing(twin: Twin) -> None:
    with twin.open(base_url="http://127.0.0.1:9") as calls:
        with pytest.raises(APIConnectionError, match=r"did not reach.* It did not run\."):
            calls.request("POST", "/a/")
        calls.close()
        with pytest.raises(ClientClosedError):
            calls.request("POST", "/a/")


def test_a_429_to_it_keeps_all_calls_of_the_client_waiting(twin: Twin) -> None:
    limited = reply_bytes(429, b"", {"Retry-After": "86400"})
    with (
        WireServer(lambda connection: connection.sendall(limited)) as server,
        twin.open(base_url=server.url) as calls,
    ):
        with pytest.raises(RateLimitError):
            calls.request("POST", "/a/")
        with pytest.raises(RateLimitError, match="was not sent"):
            calls.rerun_evaluation(agent_id=1, call_logs=[1])
    assert len(server.received) == 1


class TimeIsUpError(Exception):
    """What a job queue's time limit raises in the middle of anything."""


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        (True, "may have run, and been charged. Look at the call logs before"),
        (False, "may have run. Look whether it did before"),
        (None, "may have run, whatever that costs. Look whether it did before"),
    ],
)
def test_what_interrupts_it_in_flight_says_what_that_means(
    twin: Twin, *, costs: bool | None, said: str
) -> None:
    def interrupt(_: httpx.Request) -> httpx.Response:
        raise TimeIsUpError

    http = {"transport": httpx.MockTransport(interrupt)}
    with twin.open(base_url="https://api.example", http=http) as calls:
        with pytest.raises(TimeIsUpError) as raised:
            calls.request("PATCH", "/a/", json={"b": 1}, costs_credits=costs)
        assert f"PATCH /a/ was in flight: it {said}" in raised.value.__notes__[0]
        assert vars(raised.value)["sent"].parameters == {"b": 1}
        with pytest.raises(TimeIsUpError) as raised:
            calls.request("GET", "/a/")
        assert not hasattr(raised.value, "__notes__")
