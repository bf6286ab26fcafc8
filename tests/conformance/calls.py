"""Every kind of request that the client can make, with ids that the sandbox knows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cekura_client import CekuraError, Filter

from tests.support.twins import Calls

Call = Callable[[Calls], object]

TURNS = [{"role": "Main Agent", "content": "Hello?", "start_time": 0, "end_time": 1.5}]
FACTS: dict[str, Any] = {
    "call_ended_reason": "customer-ended-call",
    "customer_number": "+15550101",
    "metadata": {"ticket": "T-17"},
    "dynamic_variables": {"plan": "flex"},
    "feedback": "Great call",
}

CALLS: dict[str, Call] = {
    "evaluate, agent": lambda calls: calls.evaluate_metrics(
        agent_id=224, call_logs=[123, 456], metrics=[789, 790]
    ),
    "evaluate, project": lambda calls: calls.evaluate_metrics(
        project_id=456, call_logs=[123], metrics=[789, 790, 791, 792]
    ),
    "evaluate, agent and project": lambda calls: calls.evaluate_metrics(
        agent_id=224, project_id=456, call_logs=[123], metrics=[792]
    ),
    "re-run, agent": lambda calls: calls.rerun_evaluation(agent_id=2142, call_logs=[101, 102, 103]),
    "re-run, all of an agent": lambda calls: calls.rerun_evaluation(agent_id=2142, call_logs="all"),
    "re-run, assistant by number": lambda calls: calls.rerun_evaluation(
        assistant_id=2143, call_logs=[101, 102]
    ),
    "re-run, assistant by text": lambda calls: calls.rerun_evaluation(
        assistant_id="asst_abc123", call_logs=[123]
    ),
    "re-run, all of an assistant": lambda calls: calls.rerun_evaluation(
        assistant_id="asst_abc123", call_logs="all"
    ),
    "retrieve": lambda calls: calls.retrieve(123),
    "list, agent": lambda calls: [*calls.listed(agent_id=224)],
    "list, everything": lambda calls: [
        *calls.listed(
            agent_id=224,
            project_id=456,
            assistant_id="asst_abc123",
            since=date.today() - timedelta(days=33),  # noqa: DTZ011  (any day will do)
            until=date.today(),  # noqa: DTZ011
            call_ids=[505, 507],
            filters=Filter.isnull("success", null=False) & Filter.eq("agent", 224),
            page_size=50,
        )
    ],
    "observe, agent": lambda calls: calls.observe(agent_id=224, call_id="c-1", transcript=TURNS),
    "observe, everything": lambda calls: calls.observe(
        assistant_id="asst_abc123",
        call_id="c-2",
        transcript=[{"role": "bot", "message": "Hello?", "time": 0.0}],
        transcript_type="vapi",
        metrics=[789, 792],
        timestamp=datetime.now(UTC),
        **FACTS,
    ),
    "vote": lambda calls: calls.vote(
        123, metric_id=789, thumbs_up=False, expected_value=True, feedback="It did."
    ),
    "update": lambda calls: calls.update(123, status="reviewed_failure"),
    "update, everything": lambda calls: calls.update(
        123,
        call_id="c-3",
        transcript=TURNS,
        transcript_type="cekura",
        timestamp=datetime.now(UTC),
        duration=1.5,
        reevaluate_metrics=True,
        **FACTS,
    ),
    "count": lambda calls: calls.counted(project_id=457),
    "balance": lambda calls: calls.billing_info(),
    "metrics, all": lambda calls: calls.metrics(),
    "metrics, agent": lambda calls: calls.metrics(agent_id=224),
    "metrics, project": lambda calls: calls.metrics(project_id=457),
    "agents, all": lambda calls: [*calls.agents()],
    "agents, everything": lambda calls: [*calls.agents(project_id=456, search="support")],
    "projects": lambda calls: calls.projects(),
}


def attempt(call: Call, calls: Calls) -> CekuraError | None:
    """Make a call whose exchange is judged before the client's own opinion of it counts."""
    try:
        call(calls)
    except CekuraError as error:
        return error
    return None
