"""`retrieve` costs nothing, so it is tried again after what may pass."""

import pytest
from cekura_client import OutcomeUnknownError, ServerError

from tests.support.twins import Twin
from tests.support.wire import (
    Script,
    WireServer,
    reply,
    reply_bytes,
    then_close,
    then_reset,
    then_silence,
)

pytestmark = pytest.mark.usefixtures("short_backoff")

FOUND = b'{"id": 1, "call_id": "a"}'


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(reply(500, b""), id="500"),
        pytest.param(reply(502, b"<html>"), id="502"),
        pytest.param(then_close(), id="closed"),
        pytest.param(then_reset(), id="reset"),
        pytest.param(then_silence(), id="late"),
        pytest.param(then_close(reply_bytes(200, FOUND)[:-9]), id="half"),
        pytest.param(reply(200, b"<html>"), id="HTML"),
        pytest.param(reply(200, b"[]"), id="a list"),
    ],
)
def test_what_may_pass_is_tried_again(twin: Twin, script: Script) -> None:
    with (
        WireServer(script, reply(200, FOUND)) as server,
        twin.open(base_url=server.url, timeout=0.8) as calls,
    ):
        assert calls.retrieve(1).call_id == "a"
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("script", "kind"), [(reply(500, b""), ServerError), (then_close(), OutcomeUnknownError)]
)
def test_after_three_attempts_it_gives_up(
    twin: Twin, script: Script, kind: type[ServerError | OutcomeUnknownError]
) -> None:
    with (
        WireServer(script) as server,
        twin.open(base_url=server.url) as calls,
        pytest.raises(kind, match="after 3 attempts") as raised,
    ):
        calls.retrieve(1)
    assert not raised.value.may_have_run
    assert "charged" not in str(raised.value)
    assert len(server.received) == 3
