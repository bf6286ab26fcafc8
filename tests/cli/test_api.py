"""`api`: any operation of the API, in a shell."""

import json
import subprocess
from pathlib import Path

import pytest
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.sandbox import Sandbox

from tests.support.command import COMMAND, Words, environment, run, run_here
from tests.support.wire import Script, WireServer, reply, then_close, then_reset

PATH = "/observability/v2/call-logs/"


def test_a_reply_is_written_as_it_came(sandbox: Sandbox) -> None:
    ran = run_here("api", "get", f"{PATH}123/", server=sandbox)
    assert (ran.code, ran.err) == (ExitCode.DONE, "")
    assert json.loads(ran.out)["id"] == 123
    listed = run_here("api", "GET", PATH, "-F", "agent_id=224", "-F", "page_size=2", server=sandbox)
    assert len(json.loads(listed.out)["results"]) == 2


FIELDS: list[tuple[Words, str, object]] = [
    (("POST", "/a/"), "/a/", None),
    (
        ("POST", "/a/", "-F", "n=7", "-F", "on=true", "--field", "off=false", "-F", "no=null"),
        "/a/",
        {"n": 7, "on": True, "off": False, "no": None},
    ),
    (("PATCH", "/a/", "-f", "n=7", "-F", "share=0.50", "-F", "t=a=b"), "/a/",
     {"n": "7", "share": "0.50", "t": "a=b"}),
    (("POST", "/a/", "-F", "ids[]=1", "-F", "ids[]=2", "-f", "one[]=x"), "/a/",
     {"ids": [1, 2], "one": ["x"]}),
    (("POST", "/a/", "--param", "q=x&y", "-F", "n=-1"), "/a/?q=x%26y", {"n": -1}),
    (("GET", "/a/", "-F", "ids=1", "-F", "ids[]=2", "-F", "on=true", "-F", "no=null"),
     "/a/?ids=1&ids=2&on=true", None),
    (("POST", "/a/", "--input", "-", "--param", "q=1"), "/a/?q=1", [{"é": 1.5}]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "path", "body"), FIELDS)
def test_fields_go_into_the_body_or_with_get_into_the_query(
    words: Words, path: str, body: object
) -> None:
    with WireServer(reply(200, b"{}\n")) as server:
        ran = run_here("api", *words, server=server, typed='[{"é": 1.5}]')
    assert (ran.code, ran.out) == (ExitCode.DONE, "{}\n")
    (sent,) = server.received
    assert sent.path == path
    assert (json.loads(sent.body) if sent.body else None) == body


def test_a_body_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text('{"a": [1]}')
    with WireServer(reply(204, b"")) as server:
        ran = run_here("api", "PUT", "/a/", "--input", file, server=server)
    assert (ran.code, ran.out, ran.err) == (ExitCode.DONE, "", "")
    assert json.loads(server.received[0].body) == {"a": [1]}


def test_what_is_no_json_is_written_as_it_came() -> None:
    with WireServer(reply(200, b"\xff\x00\x1b[31m\r\n")) as server:
        ran = subprocess.run(  # noqa: S603  (our own command)
            [*COMMAND, "api", "POST", "/a/"],
            check=True,
            capture_output=True,
            env=environment(server),
        )
    assert (ran.stdout, ran.stderr) == (b"\xff\x00\x1b[31m\r\n", b"")


@pytest.mark.parametrize(
    ("words", "script", "code", "said"),
    [
        (("POST", "/a/"), reply(500, b""), ExitCode.UNKNOWN, "may have run"),
        (("PATCH", "/a/"), then_close(), ExitCode.UNKNOWN, "may have run"),
        (("POST", "/a/"), reply(404, b'{"detail": "No."}'), ExitCode.INCOMPLETE, "404 (No.)"),
        (("GET", "/a/"), reply(404, b""), ExitCode.INCOMPLETE, "404"),
        (("POST", "/a/"), reply(302, b""), ExitCode.UNKNOWN, "302"),
    ],
)
def test_the_exit_codes_are_those_of_all_commands(
    words: Words, script: Script, code: ExitCode, said: str
) -> None:
    with WireServer(script) as server:
        ran = run_here("api", *words, server=server)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "charged" not in ran.err
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("GET", "https://evil.example/"), ("GET", "//evil.example/"), ("GET", "/a/../b/"),
        ("GET", "/a/?b=c"), ("FETCH", "/a/"), ("POST", "/a/", "-F", "a"),
        ("POST", "/a/", "-F", "=1"), ("POST", "/a/", "-f", "[]=1"), ("GET", "/a/", "--param", "a"),
        ("POST", "/a/", "-F", "a=1", "-f", "a=2"), ("POST", "/a/", "--input", "/no/such/file"),
        ("POST", "/a/", "--input", "-", "-F", "a=1"), ("POST", "/a/", "--input", "-"),
        ("POST",), ("GET", "/a/", "--request-timeout", "0"),
    ],
)  # fmt: skip
def test_bad_usage_sends_nothing(words: Words) -> None:
    with WireServer(reply()) as server:
        ran = run_here("api", *words, server=server, typed="{")
    assert (ran.code, ran.out) == (ExitCode.BAD_USAGE, "")
    assert not server.received


def test_what_costs_credits_says_so_and_is_not_asked_about_in_a_pipe() -> None:
    words = ("api", "POST", "/observability/v1/call-logs/rerun_evaluation/", "--debug")
    with WireServer(then_reset()) as server:
        ran = run(*words, "-F", "call_logs[]=1", "-F", "agent_id=224", server=server)
    assert ran.code == ExitCode.UNKNOWN
    assert "may have run, and been charged" in ran.err
    assert "rerun_evaluation/: no reply (" in ran.err
    assert [json.loads(request.body) for request in server.received] == [
        {"call_logs": [1], "agent_id": 224}
    ]
