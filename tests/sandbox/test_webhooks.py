"""The sandbox tells a URL what it has evaluated, as the API does; `read_event` reads it."""

import queue
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from cekura_client import Cekura, webhooks
from cekura_client.sandbox import Sandbox
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.caller import Caller
from tests.support.serving import serving
from tests.support.wire import Script, WireServer, reply, then_reset, then_silence

SECRET = "s3cret of mine"  # noqa: S105  (of a test)


@dataclass
class Receiver:
    """The recipe of the guide, behind a real server."""

    url: str = ""
    events: "queue.Queue[webhooks.Event]" = field(default_factory=queue.Queue[webhooks.Event])
    refused: list[str] = field(default_factory=list[str])


@contextmanager
def receiving(secret: str = SECRET) -> Generator[Receiver]:
    receiver = Receiver()

    async def hook(request: Request) -> Response:
        try:
            event = webhooks.read_event(await request.body(), request.headers, secret=secret)
        except webhooks.WebhookError as error:
            receiver.refused.append(str(error))
            return Response(status_code=401)
        receiver.events.put(event)
        return Response(status_code=204)

    app = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
    with serving(app) as url:
        receiver.url = f"{url}/hook"
        yield receiver


@pytest.mark.parametrize("seconds", [0, 0.05, (0.01, 0.1)])
def test_each_call_is_told_of_once_it_is_evaluated(seconds: float | tuple[float, float]) -> None:
    with (
        receiving() as receiver,
        Sandbox(
            evaluation_seconds=seconds, webhook_url=receiver.url, webhook_secret=SECRET
        ) as sandbox,
        Cekura(sandbox.api_key, base_url=sandbox.url) as cekura,
    ):
        cekura.call_logs.evaluate_metrics(agent_id=224, call_logs=[123, 456], metrics=[789, 790])
        turns = [{"role": "Main Agent", "content": "Hi “you” 👍", "start_time": 0, "end_time": 1}]
        sent = cekura.call_logs.observe(agent_id=224, call_id="c-1", transcript=turns)
        events = [receiver.events.get(timeout=10) for _ in range(3)]
        assert receiver.events.empty()
        assert {event.event_type for event in events} == {"call_log.completed"}
        calls = {event.call.id: event.call for event in events if event.call is not None}
        assert {*calls} == {123, 456, sent.id}
        for call_id, call in calls.items():
            assert call == cekura.call_logs.retrieve(call_id)
            assert call.evaluation is not None
            assert call.evaluation.metrics


def test_another_secret_is_refused_by_who_receives_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        receiving("another") as receiver,
        Sandbox(evaluation_seconds=0, webhook_url=receiver.url) as sandbox,
        Caller(sandbox) as caller,
    ):
        assert sandbox.webhook_secret == "sandbox-secret"  # noqa: S105  (as above)
        caller.rerun({"agent_id": 224, "call_logs": [123]})
        wait_for_warnings(caplog, 1)
    assert receiver.refused == ["The header X-CEKURA-SECRET holds another secret."]


def wait_for_warnings(caplog: pytest.LogCaptureFixture, number: int) -> list[str]:
    for _ in range(500):
        told = [record.getMessage() for record in caplog.records]
        if len(told) >= number:
            return told
        time.sleep(0.01)
    raise AssertionError("nobody was warned")


@pytest.mark.parametrize("script", [reply(500, b""), then_reset()], ids=["500", "reset"])
def test_a_receiver_that_fails_is_told_once_and_the_sandbox_lives_on(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        WireServer(script) as server,
        Sandbox(evaluation_seconds=0, webhook_url=f"{server.url}/hook") as sandbox,
        Caller(sandbox) as caller,
    ):
        caller.rerun({"agent_id": 224, "call_logs": [123]})
        (told,) = wait_for_warnings(caplog, 1)
        assert caller.call(123)["status"] != "evaluating"
        assert sandbox.running
        (received,) = server.received
    assert told.startswith("The webhook for call log 123 failed, and is not sent again: ")
    assert received.headers["x-cekura-secret"] == "sandbox-secret"


def test_a_receiver_that_does_not_answer_holds_up_neither_replies_nor_a_stop() -> None:
    with (
        WireServer(then_silence()) as server,
        Sandbox(evaluation_seconds=0, webhook_url=server.url) as sandbox,
        Caller(sandbox) as caller,
    ):
        for _ in range(3):
            assert caller.rerun({"agent_id": 224, "call_logs": [123]}).status_code == 200
            assert caller.call(123)["status"] != "evaluating"
        began = time.monotonic()
        sandbox.stop()
        assert time.monotonic() - began < 3


def test_nothing_is_told_where_nobody_asked() -> None:
    with WireServer(reply()) as server, Sandbox(evaluation_seconds=0) as sandbox:
        with Caller(sandbox) as caller:
            caller.rerun({"agent_id": 224, "call_logs": [123]})
        assert server.received == []
