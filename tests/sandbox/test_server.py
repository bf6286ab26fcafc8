"""Starting, stopping, settings, and the command in a shell."""

import doctest
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from cekura_client.sandbox import Sandbox, server
from cekura_client.sandbox.__main__ import describe, main

from tests.sandbox.caller import EVALUATE, Caller, call_path

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"calls": 0}, "calls"),
        ({"calls": 100_001}, "calls"),
        ({"calls": 1.5}, "calls"),
        ({"calls": True}, "calls"),
        ({"calls": "12"}, "calls"),
        ({"credits": -1}, "credits"),
        ({"credits": NAN}, "credits"),
        ({"credits": INFINITY}, "credits"),
        ({"credits": Decimal("sNaN")}, "credits"),
        ({"credits": 10**5000}, "credits"),
        ({"credits": True}, "credits"),
        ({"credits": None}, "credits"),
        ({"evaluation_seconds": -0.1}, "evaluation_seconds"),
        ({"evaluation_seconds": INFINITY}, "evaluation_seconds"),
        ({"evaluation_seconds": "1"}, "evaluation_seconds"),
        ({"stale_replies": 1}, "stale_replies"),
        ({"rate_limit": 5}, "rate_limit"),
        ({"rate_limit": (5,)}, "rate_limit"),
        ({"rate_limit": "5/10"}, "rate_limit"),
        ({"rate_limit": (0, 10)}, "rate_limit"),
        ({"rate_limit": (5, 0)}, "rate_limit"),
        ({"rate_limit": (5, NAN)}, "rate_limit"),
        ({"rate_limit": (1.5, 10)}, "rate_limit"),
        ({"host": "0.0.0.0.0"}, "host"),
        ({"evaluation_seconds": (2, 0.2)}, "evaluation_seconds"),
        ({"evaluation_seconds": (0.2,)}, "evaluation_seconds"),
        ({"evaluation_seconds": (0, NAN)}, "evaluation_seconds"),
        ({"webhook_url": "localhost:9000"}, "webhook_url"),
        ({"webhook_url": "ftp://127.0.0.1/"}, "webhook_url"),
        ({"webhook_url": "http://"}, "webhook_url"),
        ({"webhook_url": 5}, "webhook_url"),
        ({"webhook_secret": ""}, "webhook_secret"),
        ({"webhook_secret": None}, "webhook_secret"),
        ({"host": "example.com"}, "host"),
        ({"host": None}, "host"),
        ({"port": -1}, "port"),
        ({"port": 65_536}, "port"),
        ({"port": "80"}, "port"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": " "}, "api_key"),
        ({"api_key": "a\nb"}, "api_key"),
        ({"api_key": "schlüssel"}, "api_key"),
        ({"api_key": None}, "api_key"),
        ({"today": "2026-11-24"}, "today"),
        ({"today": datetime(2026, 11, 24, tzinfo=UTC)}, "today"),
        ({"today": date(1999, 12, 31)}, "today"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Sandbox(**settings)


def test_a_key_that_is_refused_is_not_shown() -> None:
    with pytest.raises(ValueError, match="api_key") as caught:
        Sandbox(api_key="secret\n")
    assert "secret" not in str(caught.value)


def test_own_settings() -> None:
    with Sandbox(api_key="own key", credits=Decimal("0.2"), host="localhost") as sandbox:
        assert sandbox.api_key == "own key"
        with Caller(sandbox) as caller:
            body = {"agent_id": 2142, "call_logs": [101], "metrics": [801]}
            assert caller.evaluate(body).status_code == 200
        assert sandbox.credits == 0


def test_it_starts_and_stops_by_hand_and_keeps_what_was_charged() -> None:
    sandbox = Sandbox(evaluation_seconds=0)
    assert repr(sandbox) == "<Sandbox not running>"
    with pytest.raises(RuntimeError, match="started"):
        _ = sandbox.url
    for round_ in [1, 2]:
        assert sandbox.start() is sandbox
        assert sandbox.running
        assert sandbox.url in repr(sandbox)
        with pytest.raises(RuntimeError, match="running already"):
            sandbox.start()
        with Caller(sandbox) as caller:
            caller.rerun({"agent_id": 2142, "call_logs": [101]})
        assert sandbox.metric_runs == 3 * round_
        sandbox.stop()
        sandbox.stop()
        assert not sandbox.running
        with pytest.raises(httpx.ConnectError):
            httpx.get(sandbox.url)


def test_a_port_in_use_is_an_error_at_once() -> None:
    with Sandbox() as first:
        port = httpx.URL(first.url).port
        assert port is not None
        second = Sandbox(port=port)
        with pytest.raises(OSError, match="in use"):
            second.start()
        assert not second.running
    with second:
        assert httpx.get(second.url).status_code == 404


def _send_half_a_request(url: str) -> socket.socket:
    address = httpx.URL(url)
    connection = socket.create_connection((address.host, address.port or 0), timeout=5)
    head = f"POST {EVALUATE} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 100\r\n\r\n{{"
    connection.sendall(head.encode())
    return connection


def test_stopping_waits_for_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox() as sandbox:
        idle = socket.create_connection(
            (httpx.URL(sandbox.url).host, httpx.URL(sandbox.url).port or 0)
        )
        halfway = _send_half_a_request(sandbox.url)
        with Caller(sandbox) as caller:
            caller.call(101)
            began = time.monotonic()
            sandbox.stop()
    assert time.monotonic() - began < 2
    idle.close()
    halfway.close()
    assert capfd.readouterr().err == ""


def test_a_client_that_goes_away_halfway_is_forgotten() -> None:
    with Sandbox() as sandbox, Caller(sandbox) as caller:
        _send_half_a_request(sandbox.url).close()
        assert caller.call(101)["id"] == 101
        assert sandbox.metric_runs == 0


def test_the_example_in_the_docstring_is_true() -> None:
    names = {"Sandbox": Sandbox}
    tests = doctest.DocTestFinder().find(Sandbox, "Sandbox", module=server, globs=names)
    runner = doctest.DocTestRunner()
    for test in tests:
        runner.run(test)
    assert runner.tries >= 4
    assert runner.failures == 0


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_the_error_says_what_to_install(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import cekura_client.sandbox"
    ran = subprocess.run(  # noqa: S603 - the code is this test's own
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 1
    assert "ImportError: The sandbox needs" in ran.stderr
    assert "pip install 'cekura-client[sandbox]'" in ran.stderr


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_the_command_says_so_in_one_line(missing: str, tmp_path: Path) -> None:
    (tmp_path / f"{missing}.py").write_text(f"raise ModuleNotFoundError(name={missing!r})")
    ran = subprocess.run(
        [sys.executable, "-m", "cekura_client.sandbox"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert f"The sandbox needs {missing}, which is not installed: pip install" in ran.stderr


@contextmanager
def _command(*arguments: str) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "cekura_client.sandbox", *arguments]
    with subprocess.Popen(  # noqa: S603 - the arguments are this file's own
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal only there")
def test_the_command_serves_until_ctrl_c() -> None:
    with _command("--port", "0", "--calls", "30", "--rate-limit", "2/60") as process:
        assert process.stdout is not None
        head = process.stdout.readline()
        url = head.split()[5]
        headers = {"X-CEKURA-API-KEY": "sandbox-key"}
        for _ in range(2):
            assert httpx.get(f"{url}{call_path(101)}", headers=headers).status_code == 200
        assert httpx.get(f"{url}{call_path(101)}", headers=headers).status_code == 429
        process.send_signal(2)
        output = process.stdout.read()
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert output.endswith(
        f"\nexport CEKURA_API_URL={url}\nexport CEKURA_API_KEY=sandbox-key\n\nStopped.\n"
    )
    for shown in ["CEKURA_API_KEY=sandbox-key", "asst_abc123", "789", "reviewed", "and 10 more"]:
        assert shown in output


def test_the_command_says_so_when_the_port_is_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with Sandbox() as sandbox:
        assert main(["--port", str(httpx.URL(sandbox.url).port)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Cannot serve at port ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["--rate-limit", "5"], ["--rate-limit", "a/b"], ["--rate-limit", "0/5"], ["--calls", "0"]],
)
def test_the_command_refuses_what_makes_no_sense(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert arguments[0].strip("-").replace("-", "_") in capsys.readouterr().err.replace("-", "_")


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.2"])  # noqa: S104  (it is asked for)
def test_to_serve_to_other_machines_is_said_aloud(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    is_public = host == "0.0.0.0"  # noqa: S104  (as above)
    with Sandbox(host=host) as sandbox, Caller(sandbox) as caller:
        assert sandbox.is_public is is_public
        # The package refuses plain http:// to a host that is no loopback one.
        assert sandbox.url.startswith("http://127.0.0.1:" if is_public else "http://127.0.0.2:")
        assert caller.call(123)["id"] == 123
        assert ("Every machine that reaches this one" in describe(sandbox)) is is_public
    told = [record.getMessage() for record in caplog.records]
    assert told == (
        ["The sandbox serves at 0.0.0.0, to every machine that reaches this one."] * is_public
    )
