"""How often a client may ask, and that one which waits as long as it is told gets through."""

import time

import httpx
import pytest
from cekura_client.sandbox import Sandbox
from cekura_client.sandbox.rate_limit import RateLimit

from tests.sandbox.caller import RERUN, call_path
from tests.sandbox.conftest import Serve

SECOND = 1_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 12_345_678_901

    def __call__(self) -> int:
        return self.now


def test_whoever_waits_as_told_gets_through(serve: Serve) -> None:
    caller = serve(Sandbox(rate_limit=(2, 1)))
    body = {"agent_id": 2142, "call_logs": [101]}
    assert caller.retrieve(101).status_code == 200
    assert caller.retrieve(101).status_code == 200
    refused = caller.rerun(body)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.json() == {"detail": "Request was throttled. Expected available in 1 second."}
    assert caller.sandbox.metric_runs == 0
    assert caller.sandbox.requests == 3
    time.sleep(int(refused.headers["Retry-After"]))
    assert caller.rerun(body).status_code == 200


def test_the_key_comes_before_the_rate_and_the_rate_before_the_rest(serve: Serve) -> None:
    caller = serve(Sandbox(rate_limit=(1, 3600)))
    address = f"{caller.sandbox.url}{RERUN}"
    assert httpx.post(address).status_code == 401
    assert caller.retrieve(101).status_code == 200
    assert httpx.post(address).status_code == 401
    assert caller.send(RERUN, b"not JSON", "text/plain").status_code == 429
    assert caller.http.put(call_path(101)).status_code == 429
    reply = caller.rerun({})
    assert 3590 <= int(reply.headers["Retry-After"]) <= 3600


def test_a_refused_request_does_not_make_the_wait_longer() -> None:
    clock = Clock()
    limit = RateLimit(2, 10, clock)
    assert limit.wait() == 0
    clock.now += 4 * SECOND
    assert limit.wait() == 0
    for expected in [6, 5, 4, 3, 2, 1]:
        assert limit.wait() == expected
        clock.now += SECOND
    assert limit.wait() == 0
    assert limit.wait() == 4


@pytest.mark.parametrize("seconds", [0.001, 0.5, 1, 1.000000001, 2.5, 7])
@pytest.mark.parametrize("passed", [0, 1, 499_999_999, SECOND - 1])
def test_the_wait_is_never_0_and_always_long_enough(seconds: float, passed: int) -> None:
    clock = Clock()
    limit = RateLimit(1, seconds, clock)
    assert limit.wait() == 0
    clock.now += passed
    wait = limit.wait()
    assert isinstance(wait, int)
    if passed < round(seconds * SECOND):
        assert wait >= 1
        clock.now += wait * SECOND
        assert limit.wait() == 0
    else:
        assert wait == 0
