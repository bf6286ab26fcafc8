"""Events that the API sends: only those with the right secret are read, and nothing is lost."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cekura_client import InvalidRequestError
from cekura_client.webhooks import Event, WebhookError, read_event
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.support.serving import serving

SECRET = "s3cret-ü"  # noqa: S105  (made up)
CALL = {"id": 7, "call_id": "call-7", "status": "success", "new": {"tomorrow": 1}}


def body(event_type: Any = "call_log.completed", data: Any = CALL) -> bytes:
    return json.dumps({"event_type": event_type, "data": data}).encode()


def read(content: bytes | str, **headers: str) -> Event:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_event(content, {"X-CEKURA-SECRET": SECRET} | named, secret=SECRET)


@pytest.mark.parametrize("name", ["X-CEKURA-SECRET", "x-cekura-secret", "X-Cekura-Secret"])
def test_a_call_is_read_whole(name: str) -> None:
    event = read_event(body(), {name: SECRET}, secret=SECRET)
    assert event.event_type == "call_log.completed"
    assert event.call is not None
    assert (event.call.id, event.call.status, event.call["new"]) == (7, "success", {"tomorrow": 1})
    assert event.data == CALL
    assert (event.idempotency_key, event.unreadable) == (None, None)


def test_text_is_read_like_bytes() -> None:
    assert read(body().decode()) == read(body())


@pytest.mark.parametrize("headers", [{}, {"X-CEKURA-SECRET": ""}, {"X-CEKURA-SECRET": "S3cret-ü"}])
def test_another_secret_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(WebhookError, match="X-CEKURA-SECRET") as caught:
        read_event(body(), headers, secret=SECRET)
    assert SECRET not in str(caught.value)
    assert not caught.value.may_have_run


@pytest.mark.parametrize("secret", ["", None, b"s3cret", 5])
def test_a_secret_that_lets_anybody_in_is_refused(secret: Any) -> None:
    with pytest.raises(InvalidRequestError, match="secret is the text"):
        read_event(body(), {"X-CEKURA-SECRET": ""}, secret=secret)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[" * 100_000, b"[]", b"null", b"{}", body(event_type=5)]
)
def test_what_is_no_event_is_refused(content: bytes) -> None:
    with pytest.raises(WebhookError):
        read(content)


def test_an_event_of_another_kind_is_kept() -> None:
    event = read(body("result.pre_trigger", {"id": "x"}), x_cekura_idempotency_key="k-1")
    assert event == Event(event_type="result.pre_trigger", data={"id": "x"}, idempotency_key="k-1")


@pytest.mark.parametrize("data", [None, [], {"id": None}, CALL | {"metadata": 5}])
def test_a_call_of_another_shape_is_kept_as_data(data: Any) -> None:
    event = read(body(data=data))
    assert event.call is None
    assert event.data == data
    assert event.unreadable


async def take(request: Request) -> Response:
    """The recipe: read the event, or answer 401."""
    try:
        event = read_event(await request.body(), request.headers, secret=SECRET)
    except WebhookError as error:
        return PlainTextResponse(str(error), status_code=401)
    return PlainTextResponse(f"{event.event_type} {event.call and event.call.id}")


@pytest.fixture
def url() -> Iterator[str]:
    with serving(Starlette(routes=[Route("/", take, methods=["POST"])])) as url:
        yield url


def test_the_recipe_for_a_server(url: str) -> None:
    for encoding in ("latin-1", "utf-8"):
        headers = {b"x-cekura-secret": SECRET.encode(encoding)}
        right = httpx.post(url, content=body(), headers=headers, trust_env=False)
        assert (right.status_code, right.text) == (200, "call_log.completed 7")
    wrong = httpx.post(url, content=body(), headers={"x-cekura-secret": "no"}, trust_env=False)
    assert (wrong.status_code, wrong.text) == (
        401,
        "The header X-CEKURA-SECRET holds another secret.",
    )
