"""The question before a big run: what it says, from where, and that nothing keeps it waiting."""

import json
import os
import time
from pathlib import Path

import pytest

if os.name != "posix":
    pytest.skip("pseudo-terminals are of POSIX", allow_module_level=True)

from cekura_client.sandbox import Sandbox

from tests.support.command import KEY, Words, run_here
from tests.support.terminal import terminal
from tests.support.wire import Script, WireServer, reply, then_silence

pytestmark = pytest.mark.slow

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790")
ALL: Words = ("rerun", "--agent-id", 2142, "--all")
MANY = tuple(range(1, 102))
IF_ALL_RUN = "if all enabled metrics run (a known issue of the API)"


def asked(*words: str | int | Path, server: Sandbox | WireServer, key: str = KEY) -> str:
    """What is asked, in one line; the answer is no."""
    with terminal(*words, server=server, CEKURA_API_KEY=key) as (process, screen):
        screen.wait_for("[y/N]")
        screen.type("n\n")
        text = screen.run_to_the_end()
        assert process.wait() == 1
    assert text.endswith("Nothing was sent.")
    return " ".join(text.partition("Go on?")[0].split())


@pytest.mark.parametrize(
    ("words", "subject", "cost"),
    [
        (
            (*EVALUATE, *MANY),
            "Evaluate 2 metrics on 101 calls of agent 224",
            f"202 metric runs, about 40.4 credits at 0.2 each; at worst 80.8, {IF_ALL_RUN}",
        ),
        (
            ("evaluate", "--agent-id", 224, "--metrics", "789,790,791,792", *MANY),
            "Evaluate 4 metrics on 101 calls of agent 224",
            "404 metric runs, about 80.8 credits at 0.2 each",
        ),
        (
            ("rerun", "--agent-id", 2142, "--metrics-assigned", 3, *MANY),
            "Re-run all metrics of agent 2142 on 101 calls",
            "303 metric runs, about 60.6 credits at 0.2 each",
        ),
        (
            ("rerun", "--agent-id", 2142, *MANY),
            "Re-run all metrics of agent 2142 on 101 calls",
            "303 metric runs, about 60.6 credits at 0.2 each",
        ),
        (
            (*ALL, "--metrics-assigned", 3, "--max-metric-runs", 1050),
            "Re-run all metrics of agent 2142 on every call it ever had, 350 calls",
            "1,050 metric runs, about 210 credits at 0.2 each",
        ),
        (
            ("rerun", "--assistant-id", "asst_abc123", "--all"),
            "Re-run all metrics of assistant asst_abc123 on every call it ever had",
            "each metric on each call, about 0.2 credits a run",
        ),
    ],
)
def test_what_it_says(words: Words, subject: str, cost: str, sandbox: Sandbox) -> None:
    said = asked(*words, server=sandbox)
    assert said == f"{subject}: {cost}; the balance is 1000000.00."
    assert sandbox.metric_runs == 0


def test_a_projects_key_is_asked_without_the_balance(sandbox: Sandbox) -> None:
    text = asked(*EVALUATE, *MANY, server=sandbox, key=sandbox.project_api_key)
    assert text.endswith(f"about 40.4 credits at 0.2 each; at worst 80.8, {IF_ALL_RUN}.")


@pytest.mark.parametrize(
    ("script", "longest"), [(then_silence(), 20), (reply(429, b"{}", {"Retry-After": "50"}), 10)]
)
def test_a_balance_that_does_not_come_keeps_nobody_waiting(script: Script, longest: float) -> None:
    with WireServer(script) as server:
        began = time.monotonic()
        text = asked(*EVALUATE, *MANY, server=server)
    assert time.monotonic() - began < longest
    assert text.endswith("about 40.4 credits at 0.2 each.")
    assert len(server.received) == 2  # prices and the balance, at once


def test_it_adds_up_true_prices_and_says_what_is_not_known() -> None:
    costs = [0, 0.6, None, 1.5, None]
    metrics = [
        {"id": number, "name": f"m{number}", "metric_cost": cost, "observability_enabled": True}
        for number, cost in enumerate(costs, start=1)
    ]
    words: Words = ("evaluate", "--agent-id", 1, "--metrics", "1,3", "--metric", "m2", *MANY)
    with WireServer(reply(200, json.dumps(metrics).encode())) as server:
        said = asked(*words, server=server)
    assert said == (
        "Evaluate 3 metrics on 101 calls of agent 1: 303 metric runs, about 60.6 credits, without "
        f"metrics 3, 5, whose price is not told; at worst 212.1, {IF_ALL_RUN}."
    )
    # One list, for the name and the prices; and the balance, which is no list.
    assert [request.method for request in server.received] == ["GET", "GET"]


@pytest.mark.parametrize(
    ("words", "figure"), [((*EVALUATE, *MANY), 202), ((*ALL, "--metrics-assigned", 3), 1050)]
)
def test_what_is_over_the_limit_is_refused_without_a_question(
    words: Words, figure: int, sandbox: Sandbox
) -> None:
    limit = figure - 1
    with terminal(*words, "--max-metric-runs", limit, server=sandbox) as (process, screen):
        text = " ".join(screen.run_to_the_end().split())
        assert process.wait() == 2
    assert "Go on?" not in text
    assert f"{figure} metric runs (" in text
    assert sandbox.metric_runs == 0


@pytest.mark.parametrize(
    ("words", "figure"),
    [
        ((*EVALUATE, 123, 456), 4),
        (("rerun", "--agent-id", 2142, 101, 102), 2),
        (("rerun", "--agent-id", 2142, "--metrics-assigned", 3, 101, 102), 6),
        (ALL, 350),
    ],
)
def test_a_limit_in_a_pipe(words: Words, figure: int, sandbox: Sandbox) -> None:
    ran = run_here(*words, "--max-metric-runs", figure - 1, server=sandbox)
    assert (ran.code, ran.out, sandbox.metric_runs) == (2, "", 0)
    assert f"{figure} metric runs (" in ran.err
    allowed = run_here(*words, "--max-metric-runs", figure, server=sandbox)
    assert allowed.code == 0
    assert sandbox.metric_runs > 0


def test_how_many_metrics_run_is_not_made_up(sandbox: Sandbox) -> None:
    for words in (ALL, ("rerun", "--agent-id", 2142, 101, 102)):
        ran = run_here(*words, "--max-metric-runs", 1, server=sandbox)
        assert (ran.code, sandbox.metric_runs) == (2, 0)
        assert "how many metrics run on each is not known: say it in --metrics-assigned" in ran.err
        assert "are more than --max-metric-runs 1 allows" in ran.err
