"""What a client is made with is checked before anything can be sent."""

import pickle
from typing import Any

import httpx
import pytest
from cekura_client import AsyncCekura, Cekura, InvalidRequestError, RetryPolicy

from tests.support.twins import Twin
from tests.support.wire import WireServer, reply


def refusal(twin: Twin, **options: Any) -> str:
    with pytest.raises(InvalidRequestError) as raised, twin.open(**options):
        pass
    assert isinstance(raised.value, ValueError)
    assert not raised.value.may_have_run
    return str(raised.value)


@pytest.mark.parametrize(
    "key", [None, "", "two\nlines", "key\r\nX-Evil: 1", "trailing\n", " spaced", "kéy", 5, b"key"]
)
def test_an_unusable_key_is_refused_naming_its_variable(twin: Twin, key: Any) -> None:
    message = refusal(twin, api_key=key)
    assert "CEKURA_API_KEY" in message
    assert str(key) not in message or key is None or key in ("", 5)


def test_an_unusable_key_in_the_environment_is_refused(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEKURA_API_KEY", "")
    assert "CEKURA_API_KEY" in refusal(twin, api_key=None)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.cekura.ai", "http://10.0.0.1", "http://localhost.example.com",
        "http://127.0.0.1.example.com", "http://[2001:db8::1]/", "http://0.0.0.0",
    ],
)  # fmt: skip
def test_plain_http_to_a_far_host_is_refused(twin: Twin, url: str) -> None:
    assert "https" in refusal(twin, base_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "", "api.cekura.ai", "ftp://api.cekura.ai", "https://", "https://api.cekura.ai/?a=1",
        "https://api.cekura.ai/#x", "https://user:pass@api.cekura.ai", "https://a b", 5,
        "https://api.cekura.ai:port", "https://api.cekura.ai?", "https://api.cekura.ai/#",
        "https://api.cekura.ai/\\x", "https://a..example", f"https://{'a' * 64}.example",
    ],
)  # fmt: skip
def test_what_is_no_base_url_is_refused(twin: Twin, url: Any) -> None:
    message = refusal(twin, base_url=url)
    assert "base_url" in message
    assert "pass@" not in message


@pytest.mark.parametrize("url", ["http://localhost:8765", "http://127.0.0.2", "http://[::1]:1"])
def test_plain_http_on_this_machine_is_accepted(twin: Twin, url: str) -> None:
    with twin.open(base_url=url):
        pass


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e12, "30", True, None])
def test_an_unusable_timeout_is_refused(twin: Twin, timeout: Any) -> None:
    assert "timeout" in refusal(twin, timeout=timeout)


def test_retries_must_be_a_policy(twin: Twin) -> None:
    assert "RetryPolicy" in refusal(twin, retries=3)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Cekura-Api-Key": "other"}, {"content-type": "text/plain"}, {"X-Bad": "a\r\nb: c"},
        {"bad name": "x"}, {"X-Number": 5}, {"X-Text": "naïve"},
    ],
)  # fmt: skip
def test_unusable_headers_are_refused(twin: Twin, headers: dict[str, Any]) -> None:
    message = refusal(twin, headers=headers)
    assert next(iter(headers)) in message


def test_the_wrong_kind_of_http_client_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"httpx\.Client"):
        Cekura("key", http_client=httpx.AsyncClient())  # type: ignore[arg-type]  # on purpose
    with httpx.Client() as http, pytest.raises(InvalidRequestError, match=r"httpx\.AsyncClient"):
        AsyncCekura("key", http_client=http)  # type: ignore[arg-type]  # on purpose


def test_key_and_url_come_from_the_environment(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    with WireServer(reply(body=b'{"id": 1, "call_id": "a"}')) as server:
        monkeypatch.setenv("CEKURA_API_KEY", "from-the-environment")
        monkeypatch.setenv("CEKURA_API_URL", f"{server.url}/behind/a/gateway/")
        with twin.open(api_key=None) as calls:
            calls.retrieve(7)
    (request,) = server.received
    assert request.headers["x-cekura-api-key"] == "from-the-environment"
    assert request.path == "/behind/a/gateway/observability/v2/call-logs/7/"


def test_more_headers_are_sent_and_a_user_agent_can_be_named(twin: Twin) -> None:
    with WireServer(reply(body=b'{"id": 1, "call_id": "a"}')) as server:
        headers = {"User-Agent": "nightly/1", "X-Team": "voice"}
        with twin.open(base_url=server.url, headers=headers) as calls:
            calls.retrieve(7)
    (request,) = server.received
    assert request.headers["user-agent"] == "nightly/1"
    assert request.headers["x-team"] == "voice"


def test_the_key_is_not_in_the_repr() -> None:
    with Cekura("very-secret") as client:
        assert "very-secret" not in repr(client)
        assert "https://api.cekura.ai" in repr(client)
    assert "very-secret" not in repr(AsyncCekura("very-secret"))


def test_a_loopback_server_is_reached_past_a_proxy_of_the_environment(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    script = reply(body=b'{"id": 1, "call_id": "a"}')
    with WireServer(script) as server, twin.open(base_url=server.url) as calls:
        assert calls.retrieve(7).call_id == "a"


def test_a_policy_survives_pickling() -> None:
    policy = RetryPolicy(max_wait=5, deadline=9)
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301  (our own bytes)
