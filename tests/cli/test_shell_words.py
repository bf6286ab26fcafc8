"""Messages name what can be typed in a shell: no argument, class or attribute of Python."""

import shlex
from pathlib import Path

import pytest
from cekura_client import CekuraError, InvalidRequestError
from cekura_client.cli.output.words import told
from cekura_client.sandbox import Sandbox

from tests.support.command import KEY, Words, run_here
from tests.support.wire import WireServer, reply, then_reset

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790")
ONE_AGAIN = (*EVALUATE, 1, "--max-concurrency", 1)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (None, "There is no API key: set the environment variable CEKURA_API_KEY."),
        ("", "The API key (CEKURA_API_KEY) is empty."),
        ("a b", "Was it read from a file? Then leave out its line end."),
    ],
)
def test_a_key_is_named_by_its_variable(key: str | None, said: str, sandbox: Sandbox) -> None:
    ran = run_here("balance", server=sandbox, CEKURA_API_KEY=key)
    assert (ran.code, said in ran.err) == (2, True), ran
    assert "api_key" not in ran.err


@pytest.mark.parametrize("address", ["ftp://host", "https://u:p@host", "https://host/?a"])
def test_an_address_is_named_by_where_it_came_from(address: str) -> None:
    typed = run_here("retrieve", 1, "--base-url", address)
    kept = run_here("retrieve", 1, CEKURA_API_URL=address)
    assert (typed.code, kept.code) == (2, 2)
    assert typed.err.startswith("Error: --base-url ")
    assert kept.err.startswith("Error: CEKURA_API_URL ")


def test_no_message_speaks_python(sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "nightly.db"
    limited = reply(429, b"{}", {"Retry-After": "5000"})
    with WireServer(then_reset()) as lost, WireServer(limited) as busy, WireServer(
        reply(200, b"no JSON")
    ) as odd, WireServer(reply(404, b"{}")) as empty:  # fmt: skip
        said = [
            run_here("balance", server=sandbox, CEKURA_API_KEY="wrong"),
            run_here("balance"),
            run_here("retrieve", 1, server=empty),
            run_here("retrieve", 1, server=busy),
            run_here(*ONE_AGAIN, server=busy),
            run_here(*ONE_AGAIN, server=odd),
            run_here("balance", server=odd),
            run_here(*ONE_AGAIN, "--journal", journal, server=lost),
            run_here(*ONE_AGAIN, "--journal", journal, "--repeat-unknown", 2, server=lost),
            run_here(*ONE_AGAIN, "--max-metric-runs", 1, server=lost),
            run_here("rerun", "--all", "--agent-id", 2142, "--max-metric-runs", 1, server=sandbox),
            run_here(*ONE_AGAIN, "--repeat-unknown", 2, server=lost),
            run_here("calls", "--agent-id", 1, "--filter", "{}", server=sandbox),
            run_here("calls", "--agent-id", 1, "--assistant-id", "a" * 9000, server=sandbox),
        ]
    for ran in said:
        assert ran.code > 0, ran
        assert ran.err
        for word in (
            *("api_key", "base_url", "max_metric_runs", "metrics_assigned", "repeat_unknown"),
            *("billing.info", "RetryPolicy", "max_wait", "call_ids", "`body`", "filters"),
            *("assistant_id", "strip()"),
        ):
            assert word not in ran.err + ran.out, ran


def test_words_of_the_api_are_left_alone() -> None:
    answered = CekuraError("failed: the server answered 400 (agent_id: no such agent).")
    assert told(answered) == str(answered)
    assert told(InvalidRequestError("agent_id holds 0.")) == "--agent-id holds 0. Nothing was sent."


@pytest.mark.parametrize(
    ("words", "formats"),
    [
        ((*EVALUATE, 1), "table, json, jsonl, csv"),
        (("retrieve", 1), "table, json, jsonl, csv"),
        (("calls", "--agent-id", 1), "table, json, jsonl, csv, ids"),
    ],
)
def test_a_format_that_is_none_is_answered_with_those_that_are_taken(
    words: Words, formats: str
) -> None:
    ran = run_here(*words, "-o", "yaml")
    assert ran.code == 2
    assert f"'yaml' is no format: it is one of {formats}." in " ".join(ran.err.split())


def test_ids_are_for_lists_of_calls_alone() -> None:
    ran = run_here(*EVALUATE, 1, "-o", "ids")
    assert ran.code == 2
    assert "ids is for calls alone, since it tells no outcome" in " ".join(ran.err.split())


def typed_in(message: str, after: str) -> list[str]:
    """The words of the command that a message tells to type."""
    return shlex.split(message.partition(after)[2].partition(".")[0])[1:]


def test_pending_calls_are_read_by_what_is_said() -> None:
    with Sandbox(calls=20, evaluation_seconds=60, api_key=KEY) as slow:
        ran = run_here(*EVALUATE, "--wait", "--timeout", "0.5", 123, 456, server=slow)
        words = typed_in(ran.err, "Read pending calls later, at no cost: ")
        assert words == ["retrieve", "--wait", "123", "456"]
        again = run_here(*words, "--timeout", "0.5", server=slow)
        assert again.ids("pending") == [123, 456]


def test_unknown_calls_are_looked_at_by_what_is_said() -> None:
    with WireServer(then_reset(), reply(200, b'{"id": 7, "call_id": "a"}')) as server:
        ran = run_here(*EVALUATE, 7, server=server)
        words = typed_in(ran.err, "before you send them again: ")
        assert words == ["retrieve", "7"]
        assert run_here(*words, server=server).code == 0


def test_many_calls_are_read_from_a_file() -> None:
    with WireServer(then_reset()) as server:
        ran = run_here(*EVALUATE, *range(1, 30), server=server)
    assert (
        "cekura-client retrieve --from FILE, where FILE holds the ids whose outcome is" in ran.err
    )


def test_a_journal_is_named_as_a_shell_reads_it(tmp_path: Path) -> None:
    journal = tmp_path / "last night's.db"
    with WireServer(then_reset()) as server:
        ran = run_here(*EVALUATE, 7, "--journal", journal, server=server)
    assert f"reconcile --journal {shlex.quote(str(journal))}" in ran.err
