"""How a process ends: its exit code, its one line of error, and what was sent by then."""

from importlib.metadata import version

import pytest
from cekura_client.sandbox import Sandbox

from tests.support.command import KEY, Words, run, run_here
from tests.support.wire import DONE, Answer, Script, WireServer, reply, then_reset

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790")
RERUN: Words = ("rerun", "--agent-id", 2142)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((*EVALUATE, 123, 456), 0, "2 accepted, 0 refused, 0 unknown, 0 not sent."),
        ((*EVALUATE, 123, "--wait"), 0, "1 accepted, 1 evaluated, 0 refused"),
        (("evaluate", "--project-id", 456, "--metrics", 789, 123), 0, "on 1 call of project 456"),
        ((*RERUN, 101, "102,103"), 0, "3 accepted, 0 refused"),
        ((*RERUN, "--all"), 0, "350 accepted, 0 refused"),
        (("rerun", "--assistant-id", "asst_abc123", 123), 0, "1 accepted"),
        (("retrieve", 123, 456), 0, ""),
        ((*EVALUATE, 123, 9999), 1, "1 call refused, never ran (9999): "),
        ((*EVALUATE, 123, 9999, "--batch-size", 1), 1, "1 accepted, 1 refused"),
        (("rerun", "--agent-id", 9, "--all"), 1, "Error: rerun_evaluation failed: the server"),
        (("retrieve", 123, 9999), 1, "1 call cannot be read (9999): "),
    ],
)
def test_against_the_sandbox(words: Words, code: int, said: str, sandbox: Sandbox) -> None:
    ran = run_here(*words, server=sandbox)
    assert (ran.code, said in ran.err) == (code, True), ran


def test_one_bad_id_does_not_sink_the_others(sandbox: Sandbox) -> None:
    ran = run_here(*EVALUATE, 123, 456, 999999, server=sandbox)
    assert (ran.code, sandbox.requests, sandbox.metric_runs) == (1, 2, 4)
    assert "1 call refused, never ran (999999): " in ran.err
    assert "2 accepted, 1 refused, 0 unknown, 0 not sent." in ran.err


@pytest.mark.parametrize(
    ("words", "code"), [((*EVALUATE, 123), 0), ((*EVALUATE, 9999), 1), ((*EVALUATE, "12x"), 2)]
)
def test_as_a_process_of_its_own(words: Words, code: int, sandbox: Sandbox) -> None:
    assert run(*words, server=sandbox).code == code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (EVALUATE, "Name ids of call logs"),
        ((*EVALUATE, "12x"), "Error: '12x' is not an id"),
        ((*EVALUATE, "-"), "Error: In standard input, line 2: 'oops' is not an id"),
        ((*EVALUATE, "--from", "no-such-file"), "Error: Cannot read no-such-file"),
        (("evaluate", "--metrics", 789, 123), "Name --agent-id, --project-id, or both"),
        (("evaluate", "--agent-id", 224, 123), "--metrics"),
        (("evaluate", "--agent-id", 224, "--metrics", "", 123), "at least one metric"),
        (("evaluate", "--agent-id", 224, "--metrics", "a", 123), "Error: 'a' is not an id"),
        (("evaluate", "--agent-id", 0, "--metrics", 789, 123), "--agent-id"),
        ((*EVALUATE, 123, "--output", "xml"), "--output"),
        ((*EVALUATE, 123, "--wait", "--timeout", "0"), "--timeout"),
        ((*EVALUATE, 123, "--wait", "--timeout", "nan"), "--timeout is a number of seconds"),
        ((*EVALUATE, 123, "--wait", "--timeout", "1e9"), "--timeout is a number of seconds"),
        ((*EVALUATE, 123, "--batch-size", 0), "--batch-size"),
        ((*EVALUATE, 123, "--repeat-unknown", 5), "there is no journal"),
        ((*EVALUATE, 123, "--base-url", "http://example.com"), "http"),
        (("rerun", 123), "Name either --agent-id or --assistant-id"),
        ((*RERUN, "--assistant-id", "x", 123), "Name either --agent-id or --assistant-id"),
        ((*RERUN, "--all", 123), "--all is one request"),
        ((*RERUN, "--all", "--journal", "x"), "--all is one request"),
        ((*RERUN, 123, "--wait-if-busy", 5), "--wait-if-busy goes with --all"),
        ((*RERUN, "--all", "--wait-if-busy", -1), "--wait-if-busy"),
        ((*RERUN, "--all", "--wait-if-busy", "nan"), "--wait-if-busy"),
        (("retrieve",), "Name ids of call logs"),
        (("retrieve", 123, "--whole", "--output", "csv"), "--whole"),
        (("no-such-command",), "no-such-command"),
        (("sandbox", "--calls", "0"), "calls must be a whole number"),
    ],
)
def test_bad_usage_is_2_and_nothing_is_sent(words: Words, said: str, sandbox: Sandbox) -> None:
    ran = run_here(*words, server=sandbox, typed="1\noops\n")
    assert (ran.code, said in ran.err) == (2, True), ran
    assert (ran.out, sandbox.requests) == ("", 0)


def test_without_a_key_nothing_is_sent(sandbox: Sandbox) -> None:
    ran = run_here(*EVALUATE, 123, server=sandbox, CEKURA_API_KEY=None)
    assert (ran.code, sandbox.requests) == (2, 0)
    assert ran.err == (
        "Error: There is no API key: set the environment variable CEKURA_API_KEY. Nothing was "
        "sent.\n"
    )


@pytest.mark.parametrize("words", [(*EVALUATE, 123, 456), (*RERUN, "--all"), ("retrieve", 123)])
def test_a_wrong_key_is_1_and_shows_nowhere(words: Words, sandbox: Sandbox) -> None:
    ran = run_here(*words, server=sandbox, CEKURA_API_KEY="some-other-key")
    assert ran.code == 1
    assert "Check the API key (CEKURA_API_KEY)" in ran.err
    assert "some-other-key" not in ran.out + ran.err


@pytest.mark.parametrize(("words", "code"), [((), 1), (("--wait-if-busy", 60), 0)])
def test_everything_waits_for_busy_calls_where_it_is_told_to(
    words: Words, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cekura_client.call_logs.waiting.busy._FIRST_PAUSE", 0.01)
    busy = reply(400, b'{"call_logs": ["Call log 7 is still being evaluated."]}')
    accepted = reply(200, b'[{"id": 7, "call_id": "a", "status": "evaluating"}]')
    with WireServer(busy, accepted) as server:
        ran = run_here("rerun", "--assistant-id", "asst_1", "--all", "--yes", *words, server=server)
    assert (ran.code, len(server.received)) == (code, 2 - code)
    assert ("still being evaluated" in ran.err) is bool(code)


def test_a_server_that_is_not_there() -> None:
    ran = run_here("retrieve", 123)
    assert ran.code == 1
    assert ran.err.startswith("Error: retrieve did not reach the server after 3 attempts")
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("scripts", "outcomes"),
    [
        ([then_reset()], ["unknown"]),
        ([reply(500)], ["unknown"]),
        ([reply(200, b"no JSON")], ["unknown"]),
        ([DONE, then_reset()], ["accepted", "unknown"]),
        ([reply(400, b"{}"), then_reset(), DONE], ["refused", "unknown", "accepted"]),
        ([then_reset(), reply(401, b"{}")], ["unknown", "refused", "not_sent"]),
    ],
)
def test_3_when_some_are_unknown_whatever_else(
    scripts: list[Script | Answer], outcomes: list[str]
) -> None:
    with WireServer(*scripts) as server:
        words = ("--batch-size", 1, "--max-concurrency", 1, *range(1, len(outcomes) + 1))
        ran = run_here(*EVALUATE, *words, server=server)
    assert ran.code == 3
    assert {r["call_log_id"]: r["outcome"] for r in ran.records} == dict(
        enumerate(outcomes, start=1)
    )
    assert "may have run and been charged" in ran.err


def test_all_that_gets_no_reply_is_unknown() -> None:
    with WireServer(then_reset()) as server:
        ran = run(*RERUN, "--all", server=server)
    assert (ran.code, ran.out) == (3, "")
    assert "It may have run, and been charged" in ran.err


def test_every_unknown_call_is_named_and_every_record_is_whole() -> None:
    lost = list(range(1, 400))
    with WireServer(then_reset()) as server:
        ran = run_here(*EVALUATE, *lost, server=server)
    assert ran.code == 3
    named = " ".join(map(str, lost))
    pieces = [piece.partition(")")[0] for piece in ran.err.split("charged (")[1:]]
    assert sorted(int(call) for piece in pieces for call in piece.split()) == lost, named
    assert sorted(ran.ids("unknown")) == lost


def test_refused_calls_are_shortened_in_messages_alone(sandbox: Sandbox) -> None:
    words = (*EVALUATE, "--batch-size", 50, *range(10_000, 10_700))
    ran = run_here(*words, server=sandbox)
    assert (ran.code, sandbox.metric_runs) == (1, 0)
    assert len(ran.ids("refused")) == 700
    lines = ran.err.splitlines()
    assert len(lines) == 13
    assert max(map(len, lines)) < 600
    assert "50 calls refused, never ran (10000 10001" in ran.err
    assert " and 30 more): evaluate_metrics failed" in ran.err
    assert "200 calls refused, never ran (" in ran.err
    assert "): 4 other reasons" in ran.err


def test_results_that_do_not_come_in_time() -> None:
    with Sandbox(calls=20, evaluation_seconds=60, api_key=KEY) as slow:
        ran = run_here(*EVALUATE, "--wait", "--timeout", "0.5", 123, 456, 501, server=slow)
    assert ran.code == 1
    assert ran.ids("pending") == [123, 456, 501]
    assert {record["reason"] for record in ran.records} == {"not evaluated within 0.5 s"}
    assert "3 calls pending" in ran.err
    assert "retrieve --wait" in ran.err


@pytest.mark.parametrize("output", ["jsonl", "json", "csv", "table"])
def test_no_ids_in_a_file_is_nothing_to_do(output: str) -> None:
    ran = run_here(*EVALUATE, "-", "--output", output, typed="# nothing failed tonight\n")
    assert ran.code == 0
    assert ran.err == "No ids of call logs: nothing to do.\n"
    heads = {"csv": "call_log_id,outcome,reason,status\n", "json": "[]\n"}
    assert ran.out == heads.get(output, "")


def test_a_message_of_the_servers_cannot_steer_the_terminal() -> None:
    body = b'{"detail": "\\u001b[31mred\\u0007\\nline"}'
    with WireServer(reply(400, body)) as server:
        ran = run_here(*EVALUATE, 1, server=server)
    assert "[31mred" in ran.err
    assert not {"\x1b", "\x07"} & set(ran.err)
    assert len(ran.err.splitlines()) == 3


def test_the_list_of_commands_tells_each_in_whole() -> None:
    commands = run_here("--help", COLUMNS="80").out.split("Commands:")[1].splitlines()
    assert any(line.startswith("  evaluate ") for line in commands)
    assert [line for line in commands if line.endswith("...")] == []


def test_the_key_is_no_option() -> None:
    said = run("evaluate", "--help").out
    assert "CEKURA_API_URL" in said
    assert "key" not in said.lower()
    assert "CEKURA_API_KEY" in run("--help").out


def test_the_version() -> None:
    assert run("--version").out == f"cekura-client {version('cekura-client')}\n"
