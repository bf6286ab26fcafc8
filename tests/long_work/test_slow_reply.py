"""A re-run that takes 40 seconds to answer: with default settings, its reply is read."""

import os
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

if os.name != "posix":
    pytest.skip("pseudo-terminals are of POSIX", allow_module_level=True)

from tests.support.terminal import terminal
from tests.support.twins import TWINS, Twin
from tests.support.wire import WireServer, reply_bytes

pytestmark = pytest.mark.slow

ROWS = reply_bytes(200, b'[{"id": 123, "call_id": "a"}]')
SECONDS = 40.0


def answer_late(connection: socket.socket) -> None:
    time.sleep(SECONDS)
    connection.sendall(ROWS)


def test_a_reply_after_40_seconds_is_read_by_the_twins_and_the_command() -> None:
    """All of them at once, so that it takes the time once."""

    def rerun(twin: Twin) -> list[int]:
        with twin.open(base_url=server.url) as calls:
            return [call.id for call in calls.rerun_evaluation(agent_id=224, call_logs="all")]

    words = ("rerun", "--agent-id", 224, "--all", "--yes")
    with (
        WireServer(answer_late) as server,
        ThreadPoolExecutor(len(TWINS)) as threads,
        terminal(*words, server=server) as (process, screen),
    ):
        reruns = [threads.submit(rerun, twin) for twin in TWINS]
        text = screen.run_to_the_end()
        assert process.wait() == 0
        assert [run.result() for run in reruns] == [[123]] * len(TWINS)
    assert [request.method for request in server.received] == ["POST"] * (len(TWINS) + 1)
    assert text.endswith("1 accepted, 0 refused, 0 unknown, 0 not sent.")
    # It moved all the while.
    seconds = [re.search(r"^Re-running .* (\d+) s ", look, re.MULTILINE) for look in screen.looks]
    assert {int(found[1]) for found in seconds if found} >= {*range(2, 38)}
