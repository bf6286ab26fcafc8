"""`cekura-client sandbox` is `python -m cekura_client.sandbox`."""

import os
import re
import signal

import httpx
import pytest

from tests.support.command import run, started


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal only there")
def test_it_serves_until_ctrl_c() -> None:
    with started("sandbox", "--port", 0, "--calls", 3) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        assert httpx.get(found[0]).status_code == 404
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_its_help_is_its_own() -> None:
    said = run("sandbox", "--help").out
    assert said.startswith("usage: cekura-client sandbox [-h] [--port PORT]")
    assert "--rate-limit REQUESTS/SECONDS" in said
