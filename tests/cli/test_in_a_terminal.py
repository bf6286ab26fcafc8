"""A real terminal of 80 columns: question, bar, table; what it shows is read off the screen."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

if os.name != "posix":
    pytest.skip("pseudo-terminals are of POSIX", allow_module_level=True)

from cekura_client.sandbox import Sandbox

from tests.support.command import KEY, Words
from tests.support.terminal import terminal

pytestmark = pytest.mark.slow

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790", "--wait")


@pytest.fixture
def limited() -> Iterator[Sandbox]:
    with Sandbox(
        calls=700, credits=10**6, evaluation_seconds=0, rate_limit=(50, 0.7), api_key=KEY
    ) as sandbox:
        yield sandbox


def test_it_asks_draws_a_bar_and_ends_with_a_table(limited: Sandbox, calls: list[int]) -> None:
    words = (*EVALUATE, *calls[:120], "--batch-size", 2)
    with terminal(*words, server=limited) as (process, screen):
        asked = screen.wait_for("[y/N]")
        assert asked == (
            "Evaluate 2 metrics on 120 calls of agent 224: 240 metric runs, about 48 credits\n"
            "at 0.2 each; at worst 96, if all enabled metrics run (a known issue of the API);\n"
            "the balance is 1000000.00.\n"
            "Go on? [y/N]"
        )
        assert (limited.requests, limited.metric_runs) == (2, 0)
        screen.type("y\n")
        text = screen.run_to_the_end()
        assert process.wait() == 0
    looks = "\n".join(screen.looks)
    assert re.search(r"^Evaluating ━.* +\d+/120", looks, re.MULTILINE)
    assert re.search(r"^\d+ done, 0 failed, 0 unknown, \d+ in flight$", looks, re.MULTILINE)
    assert re.search(r" \d+/120 \d:\d\d:\d\d left$", looks, re.MULTILINE)
    assert re.search(r"^Waiting ━.* +\d+/120", looks, re.MULTILINE)
    assert re.search(r"^\d+ done, 0 failed, \d+ pending", looks, re.MULTILINE)
    # The bar is gone, and the table is whole.
    assert "━" not in text
    assert "in flight" not in text
    shown = [line.split() for line in text.splitlines()]
    assert ["123", "failure", "FAIL", "pass"] in shown
    # Below the table stands why results failed.
    table = [line for line in shown if len(line) != 2 or line[1] != "FAIL"]
    assert [int(line[0]) for line in table if line and line[0].isdecimal()][:-1] == calls[:120]
    assert ["123", "FAIL"] in shown
    assert text.endswith("120 accepted, 120 evaluated, 0 refused, 0 unknown, 0 not sent.")


def test_the_pause_is_counted_down(calls: list[int]) -> None:
    with Sandbox(calls=700, rate_limit=(1, 2.5), api_key=KEY) as limited:
        words = (*EVALUATE[:-1], "--yes", *calls[:120], "--batch-size", 60)
        with terminal(*words, server=limited) as (process, screen):
            screen.run_to_the_end()
            assert process.wait() == 0
    pauses = [re.search(r"rate limit pause: (\d) s", look) for look in screen.looks]
    seconds = [int(found[1]) for found in pauses if found]
    assert {1, 2} <= {*seconds}


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", "nonsense\n"])
def test_without_a_yes_nothing_is_sent(answer: str, sandbox: Sandbox, calls: list[int]) -> None:
    with terminal(*EVALUATE, *calls[:101], server=sandbox) as (process, screen):
        screen.wait_for("[y/N]")
        screen.type(answer)
        assert screen.run_to_the_end().endswith("\nNothing was sent.")
        assert process.wait() == 1
    assert (sandbox.requests, sandbox.metric_runs) == (2, 0)  # prices and the balance


def test_it_asks_at_the_terminal_when_ids_come_from_elsewhere(
    sandbox: Sandbox, calls: list[int], tmp_path: Path
) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(map(str, calls[:101])))
    pipe = 'file=$1; shift; "$@" < "$file"'
    with terminal(*EVALUATE, "-", server=sandbox, before=("sh", "-c", pipe, "sh", str(ids))) as (
        process,
        screen,
    ):
        screen.wait_for("[y/N]")
        screen.type("y\n")
        assert "101 accepted, 101 evaluated" in screen.run_to_the_end()
        assert process.wait() == 0


def test_it_does_not_ask_for_100_calls_or_with_yes(sandbox: Sandbox, calls: list[int]) -> None:
    runs: list[Words] = [(*calls[:100],), (*calls[:101], "--yes")]
    for words in runs:
        before = sandbox.requests
        with terminal(*EVALUATE[:-1], *words, server=sandbox) as (process, screen):
            assert "Go on?" not in screen.run_to_the_end()
            assert process.wait() == 0
        assert sandbox.requests - before == (1 if words == runs[0] else 2)  # and no look


@pytest.mark.parametrize("columns", [80, 40, 20])
def test_nothing_is_wider_than_the_terminal(columns: int, sandbox: Sandbox) -> None:
    words = ("retrieve", 123, 456, 501)
    with terminal(*words, server=sandbox, columns=columns, rows=100) as (process, screen):
        text = screen.run_to_the_end()
        assert process.wait() == 0
    assert "FAIL" in text.split()
    assert "Instruction" in text.split()
    # What is too wide the terminal would have broken, so this is what was written.
    written = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", screen.written.decode())
    assert max(len(line) for line in re.split(r"[\r\n]+", written)) <= columns


def test_pass_and_fail_are_words_and_colours_can_be_off(sandbox: Sandbox) -> None:
    with terminal(*EVALUATE, 123, 456, server=sandbox) as (_, coloured):
        text = coloured.run_to_the_end()
    with terminal(*EVALUATE, 123, 456, server=sandbox, NO_COLOR="1") as (_, plain):
        assert plain.run_to_the_end() == text
    assert re.search(rb"\x1b\[[0-9;]*3[0-9]m *FAIL", coloured.written)
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]m", plain.written)
    assert re.search(r"123 +failure +FAIL +pass", text)


def test_a_dumb_terminal_gets_no_bar(sandbox: Sandbox, calls: list[int]) -> None:
    words = (*EVALUATE, *calls[:20], "--batch-size", 1)
    with terminal(*words, server=sandbox, TERM="dumb") as (_, screen):
        assert "20 accepted, 20 evaluated" in screen.run_to_the_end()
    assert b"\x1b" not in screen.written


def test_records_on_the_terminal_itself_leave_no_room_for_a_bar(
    sandbox: Sandbox, calls: list[int]
) -> None:
    words = (*EVALUATE, *calls[:20], "--batch-size", 1, "-o", "csv")
    with terminal(*words, server=sandbox) as (_, screen):
        assert "call_log_id,outcome,reason" in screen.run_to_the_end()
    assert b"\x1b" not in screen.written


def test_ctrl_c_says_that_it_waits_for_what_is_in_flight(calls: list[int]) -> None:
    with Sandbox(calls=700, rate_limit=(3, 4.0), credits=10**6, api_key=KEY) as limited:
        words = (*EVALUATE, "--yes", *calls[:150], "--batch-size", 10)
        with terminal(*words, server=limited) as (process, screen):
            screen.wait_for("rate limit pause")
            screen.type("\x03")
            text = screen.run_to_the_end()
            assert process.wait() == 130
    assert "30 accepted, 0 refused, 0 unknown, 120 not sent." in text
    assert "Traceback" not in text


def test_a_request_that_is_known_to_cost_credits_is_asked_about(sandbox: Sandbox) -> None:
    words: Words = (
        *("api", "POST", "/observability/v1/call-logs/rerun_evaluation/"),
        *("-F", "call_logs[]=123", "-F", "agent_id=224"),
    )
    with terminal(*words, server=sandbox) as (process, screen):
        screen.wait_for("costs credits.\nGo on? [y/N]")
        screen.type("n\n")
        assert screen.run_to_the_end().endswith("\nNothing was sent.")
        assert process.wait() == 1
    assert sandbox.requests == 0
    with terminal(*words, "--yes", server=sandbox) as (process, screen):
        shown = screen.run_to_the_end()
        assert process.wait() == 0
    assert shown.startswith('[\n  {\n    "id": 123,\n')
    assert sandbox.requests == 1
