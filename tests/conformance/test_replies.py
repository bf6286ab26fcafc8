"""Every kind of reply that the sandbox gives, held against the contract by openapi-core."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cekura_client import APIStatusError, RetryPolicy
from cekura_client.sandbox import Sandbox

from tests.conformance.calls import CALLS, TURNS, Call, attempt
from tests.conformance.quirks import Contracts
from tests.conformance.recorder import Recorder
from tests.support.twins import TWINS, Calls

TODAY = datetime.now(UTC).date()
PROJECT_KEY = Sandbox().project_api_key
AT_ONCE = {"evaluation_seconds": 0}
STALE = {"stale_replies": True}
ENDLESS = {"evaluation_seconds": 3600}
RARELY = {"rate_limit": (1, 60)}

EVALUATE = CALLS["evaluate, agent"]
RERUN = CALLS["re-run, all of an assistant"]
RETRIEVE = CALLS["retrieve"]  # all three are about call log 123
LIST = CALLS["list, agent"]
BALANCE = CALLS["balance"]
METRICS = CALLS["metrics, agent"]
AGENTS = CALLS["agents, everything"]
PROJECTS = CALLS["projects"]
OBSERVE = CALLS["observe, agent"]
VOTE = CALLS["vote"]
UPDATE = CALLS["update"]
AGAIN = CALLS["update, everything"]


def reviewed(calls: Calls) -> None:
    calls.retrieve(102)


def nothing(calls: Calls) -> None:
    calls.rerun_evaluation(agent_id=2144, call_logs="all")


def oldest_calls(calls: Calls) -> None:
    since = TODAY - timedelta(days=90)
    (last, first) = calls.listed(agent_id=224, since=since, until=since + timedelta(days=30))
    assert (first.id, last.id) == (123, 456)


def nothing_listed(calls: Calls) -> None:
    assert not [*calls.listed(agent_id=2144)]


def unknown_scope(calls: Calls) -> None:
    calls.counted(agent_id=999)


def unknown_field(calls: Calls) -> None:
    next(calls.listed(agent_id=224, filters={"field": "mood", "op": "eq", "value": 1}))


def no_agents(calls: Calls) -> None:
    assert not [*calls.agents(project_id=999)]


def no_such_call(calls: Calls) -> None:
    calls.retrieve(999)


def unknown_ids(calls: Calls) -> None:
    calls.evaluate_metrics(agent_id=224, call_logs=[101, 123], metrics=[804, 999])


def unknown_assistant(calls: Calls) -> None:
    calls.rerun_evaluation(assistant_id="asst_none", call_logs="all")


def wrong_project(calls: Calls) -> None:
    calls.evaluate_metrics(agent_id=224, project_id=457, call_logs=[123], metrics=[789])


def unknown_agent(calls: Calls) -> None:
    calls.observe(agent_id=999, call_id="c-1", transcript=TURNS)


def unknown_metric(calls: Calls) -> None:
    calls.vote(123, metric_id=999, thumbs_up=True)


def vote_on_no_call(calls: Calls) -> None:
    calls.vote(999, metric_id=789, thumbs_up=True)


def update_of_no_call(calls: Calls) -> None:
    calls.update(999, status="success")


@dataclass(frozen=True)
class Case:
    """Calls to a new sandbox; the reply to the last of them is the one in question.

    Attributes:
        status: The status of that reply.
        quirks: The quirks of the published contract that forbid it.
        sandbox: The sandbox's settings.
    """

    name: str
    calls: tuple[Call, ...]
    status: int
    quirks: set[str]
    sandbox: dict[str, Any] = field(default_factory=dict[str, Any])
    key: str = "sandbox-key"


# What the published contract forbids in every list row, and in every call log, of this agent.
ROW = {"list-row-shapes", "absent-null-and-other-values"}
CALL = {"agent-id-shape", "absent-null-and-other-values"}
EVALUATED = {"critical-categories"}
READ = {"retrieve-call-log"}
REFUSED = {"documented-refusals"}
LISTED = {"list-call-logs"}
WRONG = {"error-body-placeholder"}
BILLED = {"billing-info"}
OBSERVED = {"observe"}
VOTED = {"mark-metric-vote"}
UPDATED = {"update-call-log"}

CASES = (
    Case("evaluation in the background", (EVALUATE,), 200, ROW, ENDLESS),
    Case("evaluation not begun", (EVALUATE,), 200, ROW, STALE),
    Case("re-run in the background", (RERUN,), 200, CALL, ENDLESS),
    Case("re-run not begun", (RERUN,), 200, CALL | EVALUATED, STALE),
    Case("re-run of no call", (nothing,), 200, set()),
    Case("call before evaluation", (RETRIEVE,), 200, READ | CALL | EVALUATED),
    Case("call being evaluated", (EVALUATE, RETRIEVE), 200, READ | CALL, ENDLESS),
    Case("call being re-run", (RERUN, RETRIEVE), 200, READ | CALL, ENDLESS),
    Case("call after evaluation", (EVALUATE, RETRIEVE), 200, READ | CALL | EVALUATED, AT_ONCE),
    Case("call after a re-run", (RERUN, RETRIEVE), 200, READ | CALL | EVALUATED, AT_ONCE),
    Case("reviewed call", (reviewed,), 200, READ | {"absent-null-and-other-values"}),
    Case("list", (oldest_calls,), 200, LISTED | ROW),
    Case("list of a call being evaluated", (EVALUATE, oldest_calls), 200, LISTED | ROW, ENDLESS),
    Case("list of no call", (nothing_listed,), 200, LISTED),
    Case("list of an unknown agent", (unknown_scope,), 400, LISTED | WRONG),
    Case("list by an unknown field", (unknown_field,), 400, LISTED | WRONG),
    Case("list with a wrong key", (LIST,), 401, LISTED | REFUSED, key="wrong"),
    Case("list too soon", (RETRIEVE, LIST), 429, LISTED | REFUSED, RARELY),
    Case("call that was sent", (OBSERVE,), 201, OBSERVED | ROW, ENDLESS),
    Case("call of an unknown agent", (unknown_agent,), 400, OBSERVED | WRONG),
    Case("call beyond the credits", (OBSERVE,), 400, OBSERVED | WRONG, {"credits": 0}),
    Case("call with a wrong key", (OBSERVE,), 401, OBSERVED | REFUSED, key="wrong"),
    Case("call sent too soon", (RETRIEVE, OBSERVE), 429, OBSERVED | REFUSED, RARELY),
    Case("vote", (VOTE,), 200, VOTED),
    Case("vote on an unknown metric", (unknown_metric,), 400, VOTED | WRONG),
    Case("vote on no call", (vote_on_no_call,), 404, VOTED | REFUSED),
    Case("vote with a wrong key", (VOTE,), 401, VOTED | REFUSED, key="wrong"),
    Case("update", (UPDATE,), 200, UPDATED | CALL | EVALUATED),
    Case("update and evaluation", (AGAIN,), 200, UPDATED | CALL, ENDLESS),
    Case("update of a call being evaluated", (EVALUATE, AGAIN), 200, UPDATED | CALL, ENDLESS),
    Case("update beyond the credits", (AGAIN,), 400, UPDATED | WRONG, {"credits": 0}),
    Case("update of no call", (update_of_no_call,), 404, UPDATED | REFUSED),
    Case("update with a wrong key", (UPDATE,), 401, UPDATED | REFUSED, key="wrong"),
    Case("metrics", (METRICS,), 200, {"list-metrics"}),
    Case("metrics with a wrong key", (METRICS,), 401, {"list-metrics"} | REFUSED, key="wrong"),
    Case("agents", (AGENTS,), 200, {"list-agents"}),
    Case("agents of no project", (no_agents,), 200, {"list-agents"}),
    Case("agents with a wrong key", (AGENTS,), 401, {"list-agents"} | REFUSED, key="wrong"),
    Case("agents too soon", (RETRIEVE, AGENTS), 429, {"list-agents"} | REFUSED, RARELY),
    Case("projects", (PROJECTS,), 200, {"list-projects"}),
    Case("projects with a wrong key", (PROJECTS,), 401, {"list-projects"} | REFUSED, key="wrong"),
    Case("balance", (BALANCE,), 200, BILLED),
    Case("balance with a project's key", (BALANCE,), 403, BILLED | REFUSED, key=PROJECT_KEY),
    Case("balance with a wrong key", (BALANCE,), 401, BILLED | REFUSED, key="wrong"),
    Case("unknown call logs and metrics", (unknown_ids,), 400, set()),
    Case("unknown assistant", (unknown_assistant,), 400, set()),
    Case("agent of another project", (wrong_project,), 400, set()),
    Case("evaluation of a call being evaluated", (EVALUATE, EVALUATE), 400, set(), ENDLESS),
    Case("re-run of a call being evaluated", (EVALUATE, RERUN), 400, set(), ENDLESS),
    Case("evaluation beyond the credits", (EVALUATE,), 400, set(), {"credits": 0.7}),
    Case("re-run beyond the credits", (RERUN,), 400, set(), {"credits": 0}),
    Case("evaluation with a wrong key", (EVALUATE,), 401, REFUSED, key="wrong"),
    Case("re-run with a wrong key", (RERUN,), 401, REFUSED, key="wrong"),
    Case("call with a wrong key", (RETRIEVE,), 401, READ | REFUSED, key="wrong"),
    Case("no such call", (no_such_call,), 404, READ | REFUSED),
    Case("evaluation too soon", (RETRIEVE, EVALUATE), 429, REFUSED, RARELY),
    Case("re-run too soon", (RETRIEVE, RERUN), 429, REFUSED, RARELY),
    Case("call too soon", (RETRIEVE, RETRIEVE), 429, READ | REFUSED, RARELY),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_reply_is_the_contracts_but_for_known_quirks(case: Case, contracts: Contracts) -> None:
    # The twins send the same, and the sandbox cannot tell them apart: one of them will do.
    sync = TWINS[0]
    with Sandbox(**case.sandbox) as sandbox:
        recorder = Recorder(sandbox.url)
        once = RetryPolicy(attempts=1, deadline=0)
        options = {"retries": once, "http": {"transport": recorder}}
        with sync.open(api_key=case.key, **options) as calls:
            for call in case.calls[:-1]:
                call(calls)
            error = attempt(case.calls[-1], calls)
    assert len(recorder.exchanges) == len(case.calls)
    last = recorder.last
    assert last.reply.status_code == case.status
    complaints = contracts.complaints(
        lambda judge: judge.reply_faults(last.request, last.reply), case.quirks
    )
    if complaints:
        pytest.fail("\n".join(complaints))
    assert isinstance(error, APIStatusError) == (case.status >= 400)
    # The prose promises the header, which the contract cannot require.
    assert ("retry-after" in last.reply.headers) == (case.status == 429)
