"""Metrics, agents and projects in the shell: listed, named, and by default from the environment."""

import csv
import io
import json
import re

import pytest
from cekura_client.sandbox import Sandbox

from tests.support.command import Words, run_here
from tests.support.wire import WireServer, reply

EVALUATE: Words = ("evaluate", 123, 456, "--agent-id", 224)
METRICS = "/test_framework/v2/metrics/"


def test_what_there_is_is_listed_in_every_format(sandbox: Sandbox) -> None:
    (first, *_) = run_here("metrics", "--agent-id", 224, server=sandbox).records
    assert first == {
        "id": 789,
        "name": "Instruction Follow",
        "slug": "instruction_follow_789",
        "type": "llm_judge",
        "eval_type": "binary",
        "metric_cost": 0.2,
        "observability_enabled": True,
        "sampling_enabled": False,
        "evaluation_trigger": None,
        "project": 456,
    }
    agents = run_here("agents", "--search", "dental", "-o", "csv", server=sandbox)
    assert [row["agent_name"] for row in csv.DictReader(io.StringIO(agents.out))] == [
        "Harbor Dental front desk",
        "Harbor Dental after hours",
    ]
    projects = run_here("projects", "-o", "json", server=sandbox)
    assert [project["id"] for project in json.loads(projects.out)] == [456, 457]
    assert run_here("projects", "-o", "ids", server=sandbox).out == "456\n457\n"
    assert run_here("agents", "-o", "ids", server=sandbox).out == "224\n2142\n2144\n"
    for columns in (80, 24):
        table = run_here("metrics", "-o", "table", server=sandbox, COLUMNS=str(columns)).out
        assert max(map(len, table.splitlines())) <= columns
        assert {"789", "0.2", "yes"} < {*table.split()}


def test_what_there_is_not_is_told(sandbox: Sandbox) -> None:
    for words in (("metrics", "--project-id", 1), ("agents", "--search", "nobody")):
        ran = run_here(*words, server=sandbox)
        assert (ran.code, ran.out, ran.err) == (0, "", f"No {words[0]} found.\n")
    ran = run_here("metrics", "--agent-id", 1, "--project-id", 1, server=sandbox)
    assert (ran.code, sandbox.requests) == (2, 2)
    assert ran.err == "Error: Name --agent-id or --project-id, not both. Nothing was sent.\n"
    assert run_here("agents", "--search", " ", server=sandbox).code == 2
    assert run_here("projects", server=sandbox, CEKURA_API_KEY="wrong").code == 1


@pytest.mark.parametrize(
    ("words", "variables", "ids"),
    [
        (("metrics",), {"CEKURA_AGENT_ID": "2142"}, [801, 802, 803]),
        (("metrics",), {"CEKURA_PROJECT_ID": "457"}, [801, 802, 803, 804]),
        (("metrics",), {"CEKURA_AGENT_ID": "2142", "CEKURA_PROJECT_ID": "456"}, [801, 802, 803]),
        (("metrics", "--project-id", 457), {"CEKURA_AGENT_ID": "224"}, [801, 802, 803, 804]),
        (("metrics", "--agent-id", 224), {"CEKURA_PROJECT_ID": "457"}, [789, 790, 791, 792]),
        (("agents",), {"CEKURA_AGENT_ID": "224", "CEKURA_PROJECT_ID": "457"}, [2142, 2144]),
        (("agents", "--project-id", 456), {"CEKURA_PROJECT_ID": "457"}, [224]),
        (("calls", "--limit", 1), {"CEKURA_AGENT_ID": "224", "CEKURA_PROJECT_ID": " "}, None),
        (("calls", "--limit", 1, "--agent-id", 224), {"CEKURA_PROJECT_ID": "457"}, None),
    ],
)
def test_the_environment_says_whose_where_nothing_is_typed(
    words: Words, variables: dict[str, str], ids: list[int] | None, sandbox: Sandbox
) -> None:
    ran = run_here(*words, server=sandbox, **variables)
    assert ran.code == 0, ran
    if ids is None:
        assert [record["agent_id"] for record in ran.records] == [224]
    else:
        assert [record["id"] for record in ran.records] == ids


def test_a_default_agent_does_not_clash_with_an_assistant(sandbox: Sandbox) -> None:
    variables = {"CEKURA_AGENT_ID": "2142", "CEKURA_PROJECT_ID": "456"}
    assert run_here("rerun", 101, server=sandbox, **variables).code == 0
    typed = ("rerun", 123, "--assistant-id", "asst_abc123")
    assert run_here(*typed, server=sandbox, **variables).code == 0
    assert run_here("rerun", 456, "--agent-id", 224, server=sandbox, **variables).code == 0
    assert sandbox.metric_runs == 3 + 4 + 4
    both = run_here(*typed, "--agent-id", 224, server=sandbox)
    neither = run_here("rerun", 123, server=sandbox)
    for ran in (both, neither):
        assert (ran.code, "either --agent-id or --assistant-id" in ran.err) == (2, True)


def test_a_default_agent_does_not_hide_the_calls_of_an_assistant(sandbox: Sandbox) -> None:
    variables = {"CEKURA_AGENT_ID": "224", "CEKURA_PROJECT_ID": "457"}
    ran = run_here("calls", "--assistant-id", 2143, "--limit", 1, server=sandbox, **variables)
    assert [record["agent_id"] for record in ran.records] == [2142]


def test_a_default_agent_is_evaluated(sandbox: Sandbox) -> None:
    words = ("evaluate", 123, "--metrics", 789)
    assert run_here(*words, server=sandbox).code == 2
    assert run_here(*words, server=sandbox, CEKURA_PROJECT_ID="456").code == 0
    assert run_here(*words, "--agent-id", 224, server=sandbox, CEKURA_PROJECT_ID="457").code == 0
    assert sandbox.metric_runs == 2


@pytest.mark.parametrize("text", ["0", "x", "1,2", "1.5", "-1", "9" * 30])
def test_a_default_that_is_no_id_is_named(text: str, sandbox: Sandbox) -> None:
    ran = run_here("rerun", 101, server=sandbox, CEKURA_AGENT_ID=text)
    assert (ran.code, sandbox.requests) == (2, 0)
    assert ran.err.startswith(f"Error: CEKURA_AGENT_ID is '{text}', which is no id.")
    # Nobody asks whose call it is.
    assert run_here("retrieve", 101, server=sandbox, CEKURA_AGENT_ID=text).code == 0


def test_names_are_taken_as_they_are(sandbox: Sandbox) -> None:
    ran = run_here(
        *EVALUATE, "--metric", "Customer Satisfaction", "--metrics", "789,790", server=sandbox
    )
    assert (ran.code, ran.ids("accepted")) == (0, [123, 456])
    assert "Evaluate 2 metrics on 2 calls of agent 224: 4 metric runs, about 0.8 cr" in ran.err
    assert (sandbox.metric_runs, sandbox.requests) == (4, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--metric", "Customer satisfaction"), "Close to it: 'Customer Satisfaction'"),
        (("--metric", "Empathy,Call Outcome"), "No metric is called 'Empathy,Call Outcome'."),
        (("--metric", "789"), "No metric is called '789'. A text is a name"),
    ],
)
def test_an_unknown_name_is_2_before_anything_is_paid(
    words: Words, said: str, sandbox: Sandbox
) -> None:
    ran = run_here(*EVALUATE, *words, server=sandbox)
    assert (ran.code, ran.out, sandbox.metric_runs, sandbox.requests) == (2, "", 0, 1)
    assert said in ran.err


@pytest.mark.parametrize("words", [(), ("--metric", " "), ("--metrics", "Empathy")])
def test_what_names_no_metric_sends_nothing(words: Words, sandbox: Sandbox) -> None:
    ran = run_here(*EVALUATE, *words, server=sandbox)
    assert (ran.code, sandbox.requests) == (2, 0)
    assert re.search(r"--metric\b", ran.err)
    if "Empathy" in words:
        assert "'Empathy' is not an id" in ran.err
        assert "A metric's name goes into --metric." in ran.err


def test_a_limit_on_credits(sandbox: Sandbox) -> None:
    evaluate = (*EVALUATE, "--metrics", 789, "--max-credits")
    rerun = ("rerun", 101, 102, "--agent-id", 2142, "--max-credits")
    for words, least in ((evaluate, 1.6), (rerun, 1.2)):
        before = sandbox.metric_runs
        refused = run_here(*words, str(least - 0.01), server=sandbox)
        assert (refused.code, sandbox.metric_runs) == (2, before)
        assert "more than --max-credits" in refused.err
        assert run_here(*words, str(least), server=sandbox).code == 0
        assert sandbox.metric_runs > before
    by_assistant = ("rerun", 101, "--assistant-id", "2143", "--max-credits", 0)
    assert run_here(*by_assistant, server=sandbox).code == 2


def test_a_price_that_is_not_told_is_over_any_limit() -> None:
    metrics = json.dumps([{"id": 789, "name": "Polite"}]).encode()
    with WireServer(reply(200, metrics)) as server:
        ran = run_here(*EVALUATE, "--metric", "Polite", "--max-credits", 1000, server=server)
        assert [request.path for request in server.received] == [f"{METRICS}?agent_id=224"]
    assert ran.code == 2
    assert "the API does not tell the price of 1 metric (789)" in ran.err
