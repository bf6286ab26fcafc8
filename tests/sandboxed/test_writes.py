"""Calls that are sent, voted on and updated, through to what the sandbox holds afterwards."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cekura_client import (
    BadRequestError,
    NotFoundError,
    OutcomeUnknownError,
    metric_results,
)
from cekura_client.sandbox import Sandbox, Vote

from tests.support.twins import Calls, Twin
from tests.support.wire import Answer, Received, Script, WireServer, then_close

TURNS = [
    {"role": "Main Agent", "content": "Hello “you” 👍", "start_time": 0, "end_time": 1.5},
    {"role": "Testing Agent", "content": "Hi.", "start_time": 2, "end_time": 61},
]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(evaluation_seconds=0) as sandbox:
        yield sandbox


@pytest.fixture
def calls(sandbox: Sandbox, twin: Twin) -> Iterator[Calls]:
    with twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls:
        yield calls


def test_a_call_is_stored_evaluated_and_found(sandbox: Sandbox, calls: Calls) -> None:
    sent = calls.observe(
        assistant_id="asst_abc123",
        call_id="c-1",
        transcript=TURNS,
        timestamp=datetime.now(UTC) - timedelta(hours=1),
        metadata={"ticket": "T-17"},
    )
    assert (sent.call_id, sent.agent, sent.status) == ("c-1", 224, "evaluating")
    assert (sandbox.metric_runs, sandbox.credits) == (4, 999.2)
    (call,) = calls.wait_until_evaluated([sent], [789, 790, 791, 792])
    assert call.metadata == {"ticket": "T-17"}
    assert call.duration == "01:02"
    assert call.transcript == "[00:00] Main Agent: Hello “you” 👍\n[00:02] Testing Agent: Hi."
    assert [turn.content for turn in call.transcript_object or []] == ["Hello “you” 👍", "Hi."]
    assert {*calls.find(["c-1", "c-2"], agent_id=224)} == {"c-1"}
    assert sent.id in [row.id for row in calls.listed(agent_id=224)]


def test_only_the_metrics_that_were_named_run(sandbox: Sandbox, calls: Calls) -> None:
    sent = calls.observe(
        agent_id=224,
        call_id="c-1",
        transcript=[{"role": "bot", "message": "Hello?", "time": 0.5}],
        transcript_type="vapi",
        metrics=["Customer Satisfaction", 792],
    )
    assert sandbox.metric_runs == 2
    (call,) = calls.wait_until_evaluated([sent], [790, 792])
    assert {result.id for result in metric_results(call)} == {790, 792}
    assert call.transcript == "[00:00] Main Agent: Hello?"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"agent_id": 999}, "agent"),
        ({"metrics": [801]}, "metric_ids"),
        ({"transcript_type": "own-form"}, "transcript_type"),
    ],
)
def test_a_call_that_is_refused_is_not_stored(
    sandbox: Sandbox, calls: Calls, wrong: dict[str, Any], field: str
) -> None:
    before = sandbox.call_logs
    with pytest.raises(BadRequestError) as raised:
        calls.observe(**{"agent_id": 224, "call_id": "c-1", "transcript": TURNS} | wrong)
    assert {*raised.value.field_errors} == {field}
    assert (sandbox.call_logs, sandbox.credits) == (before, 1000)


def test_a_call_beyond_the_credits_is_not_stored(twin: Twin) -> None:
    with (
        Sandbox(credits=0.7) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
        pytest.raises(BadRequestError, match="Insufficient credits"),
    ):
        calls.observe(agent_id=224, call_id="c-1", transcript=TURNS)
    assert (len(sandbox.call_logs), sandbox.credits) == (12, 0.7)


def test_a_vote_marks_the_call_reviewed(sandbox: Sandbox, calls: Calls) -> None:
    before = calls.retrieve(456)
    assert not before.is_reviewed
    calls.vote(456, metric_id=789, thumbs_up=False, expected_value=True, feedback="It did.")
    calls.vote(456, metric_id=789, thumbs_up=None, expected_value=[1])
    after = calls.retrieve(456)
    assert (after.is_reviewed, after.success) == (True, before.success)
    assert after.updated_at is not None
    assert before.updated_at is not None
    assert after.updated_at > before.updated_at
    assert sandbox.votes == (
        Vote(456, 789, thumbs_up=False, expected_value=True, feedback="It did."),
        Vote(456, 789, thumbs_up=None, expected_value=[1], feedback=None),
    )
    assert sandbox.credits == 1000


def test_a_vote_on_nothing_is_refused(sandbox: Sandbox, calls: Calls) -> None:
    with pytest.raises(NotFoundError):
        calls.vote(999, metric_id=789, thumbs_up=True)
    with pytest.raises(BadRequestError) as raised:
        calls.vote(456, metric_id=792, thumbs_up=True)  # no result yet
    assert {*raised.value.field_errors} == {"metric_id"}
    assert sandbox.votes == ()


def test_an_update_changes_what_it_names_and_merges_metadata(
    sandbox: Sandbox, calls: Calls
) -> None:
    before = calls.retrieve(123)
    after = calls.update(
        123,
        status="reviewed_failure",
        feedback="",
        metadata={"ticket": None, "call_type": "outbound"},
        call_id="c-2",
        transcript=TURNS,
        duration=1.5,
        customer_number="+15550199",
    )
    assert (after.status, after.success, after.is_reviewed, after.feedback) == (
        *("reviewed_failure", False, True, ""),
    )
    assert (after.call_id, after.duration, after.customer_number) == ("c-2", "01:30", "+15550199")
    assert before.metadata is not None
    assert after.metadata == before.metadata | {"ticket": None, "call_type": "outbound"}
    assert after.dynamic_variables == before.dynamic_variables
    assert after.topic == before.topic
    assert calls.retrieve(123) == after
    assert {*calls.find(["c-2"], agent_id=224, since=datetime(2024, 1, 1, tzinfo=UTC))} == {"c-2"}
    assert sandbox.credits == 1000


def test_an_update_moves_a_call_in_time(calls: Calls) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=5)
    after = calls.update(123, timestamp=moment)
    assert after.timestamp == moment
    assert next(calls.listed(agent_id=224)).id == 123


def test_an_evaluation_after_an_update_is_charged_once(sandbox: Sandbox, calls: Calls) -> None:
    reply = calls.update(123, status="success", reevaluate_metrics=True)
    assert (reply.status, sandbox.metric_runs) == ("evaluating", 4)
    (call,) = calls.wait_until_evaluated([reply], [789, 790, 791, 792])
    assert call.status in ("success", "failure")
    assert sandbox.credits == 999.2


def test_a_call_that_is_being_evaluated_is_left_untouched(twin: Twin) -> None:
    with (
        Sandbox(evaluation_seconds=3600) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        calls.rerun_evaluation(agent_id=224, call_logs=[123])
        before = calls.retrieve(123)
        assert calls.update(123, feedback="late", reevaluate_metrics=True) == before
        assert sandbox.metric_runs == 4


def test_updates_of_nothing_and_beyond_the_credits(twin: Twin) -> None:
    with (
        Sandbox(credits=0.7, evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        with pytest.raises(NotFoundError):
            calls.update(999, status="success")
        before = calls.retrieve(123)
        with pytest.raises(BadRequestError, match="Insufficient credits"):
            calls.update(123, feedback="late", reevaluate_metrics=True)
        assert calls.retrieve(123) == before
        assert sandbox.credits == 0.7


def passing_on(sandbox: Sandbox) -> Callable[[Received], Script]:
    """Pass a request on, and lose its reply."""

    def pass_on(request: Received) -> Script:
        headers = {"X-CEKURA-API-KEY": sandbox.api_key, "Content-Type": "application/json"}
        reply = httpx.request(
            request.method, f"{sandbox.url}{request.path}", content=request.body, headers=headers
        )
        assert reply.status_code == 200
        return then_close()

    return pass_on


def test_an_update_whose_reply_is_lost_is_reconciled_by_the_calls_id(twin: Twin) -> None:
    with (
        Sandbox(evaluation_seconds=0) as sandbox,
        WireServer(Answer(passing_on(sandbox))) as losing,
        twin.open(api_key=sandbox.api_key, base_url=losing.url) as calls,
    ):
        with pytest.raises(OutcomeUnknownError) as raised:
            calls.update(123, reevaluate_metrics=True)
        assert raised.value.sent is not None
        sent_at = raised.value.sent.at
        assert sandbox.metric_runs == 4  # it ran, and once
        with twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as direct:
            assert {*direct.reconcile([123], since=sent_at).ran} == {123}
