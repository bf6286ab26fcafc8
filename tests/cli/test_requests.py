"""What can be said of each request: how long it may take, and that each is told of."""

import re

import pytest
from cekura_client.cli.exit_codes import ExitCode

from tests.support.command import KEY, Words, run, run_here
from tests.support.wire import DONE, WireServer, then_silence

RERUN = ("rerun", "--agent-id", 224, "--yes")


def test_a_request_may_take_as_long_as_is_said() -> None:
    with WireServer(then_silence()) as server:
        ran = run_here(*RERUN, "--all", "--request-timeout=0.2", server=server)
    assert ran.code == ExitCode.UNKNOWN
    assert "ReadTimeout" in ran.err
    assert len(server.received) == 1


@pytest.mark.usefixtures("short_backoff")
@pytest.mark.parametrize(
    "words",
    [
        *(("retrieve", 1), ("calls", "--agent-id", 1), ("balance",)),
        *(("metrics",), ("agents",), ("projects",)),
    ],
)
def test_so_may_one_that_reads(words: Words) -> None:
    with WireServer(then_silence()) as server:
        ran = run_here(*words, "--request-timeout=0.05", server=server)
    assert ran.code == ExitCode.INCOMPLETE
    assert "ReadTimeout" in ran.err + ran.out
    assert len(server.received) == 3


@pytest.mark.parametrize("seconds", [0, -1, "nan", 1e9])
def test_an_unusable_time_is_refused_before_anything_is_sent(seconds: float | str) -> None:
    with WireServer(DONE) as server:
        ran = run_here(*RERUN, 1, f"--request-timeout={seconds}", server=server)
    assert ran.code == ExitCode.BAD_USAGE
    assert "--request-timeout is a number of seconds above 0" in ran.err
    assert not server.received


def test_debug_tells_of_each_request_and_not_the_key() -> None:
    with WireServer(DONE) as server:
        ran = run(*RERUN, "1,2", "--batch-size", 1, "--debug", server=server)
        assert ran.code == ExitCode.DONE
    line = r"POST /observability/v1/call-logs/rerun_evaluation/: 200 after \d+ ms, attempt 1"
    told = [text for text in ran.err.splitlines() if text.startswith("POST ")]
    assert len(told) == 2
    assert all(re.fullmatch(line, text) for text in told)
    assert KEY not in ran.err
