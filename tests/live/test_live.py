"""The real API, as far as it costs nothing: `CEKURA_API_KEY=… pytest -m live`."""

import os

import pytest
from cekura_client import AuthenticationError, BadRequestError, Cekura
from cekura_client._sync.call_logs import CallLogs
from cekura_client.engine.operation import Operation, RequestParts

KEY = os.environ.get("CEKURA_API_KEY")
URL = os.environ.get("CEKURA_API_URL")

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not KEY, reason="needs CEKURA_API_KEY, and -m live"),
]


def test_a_wrong_key_is_refused() -> None:
    with Cekura("not-a-key", base_url=URL) as cekura, pytest.raises(AuthenticationError) as raised:
        cekura.call_logs.retrieve(1)
    assert not raised.value.may_have_run


@pytest.mark.parametrize("operation", ["evaluate_metrics", "rerun_evaluation"])
def test_a_request_without_its_fields_is_refused_field_by_field(operation: str) -> None:
    # The client would not send it, so it is built by hand; without call logs nothing can run.
    empty = Operation(
        name=operation,
        costs_credits=True,
        request=RequestParts("POST", f"/observability/v1/call-logs/{operation}/", b"{}"),
        read=lambda body: body,
    )
    with Cekura(KEY, base_url=URL) as cekura, pytest.raises(BadRequestError) as raised:
        _perform(cekura.call_logs, empty)
    assert "call_logs" in raised.value.field_errors
    assert not raised.value.may_have_run


def _perform(call_logs: CallLogs, operation: Operation[bytes]) -> bytes:
    return call_logs._perform(operation)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  (no public way sends a wrong request)
