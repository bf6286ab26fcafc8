"""Calls that a type checker accepts, with the types that they have."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, assert_type

import cekura_client
import httpx
from cekura_client import (
    Agent,
    AsyncCekura,
    BatchProgress,
    BatchReport,
    BillingInfo,
    CallLog,
    CallLogSummary,
    CallStatus,
    CategoryPriority,
    Cekura,
    CekuraError,
    Comparison,
    Estimate,
    EvaluationBaseline,
    Filter,
    JournalFinishedError,
    Metric,
    MetricComparison,
    MetricResult,
    MetricRow,
    Project,
    RateLimitError,
    Reconciliation,
    Response,
    ResultChange,
    RetrieveManyError,
    RetryPolicy,
    SpendLimitError,
    StillEvaluatingError,
    TranscriptTurn,
    WaitError,
    WaitProgress,
    WaitTimeoutError,
    compare,
    explanation_text,
    is_evaluating,
    metric_results,
    missing_metrics,
    passed,
    results_by_id,
    to_rows,
)
from cekura_client.report import write_report
from cekura_client.sandbox import Sandbox
from cekura_client.webhooks import Event, read_event


def clients() -> None:
    Cekura()
    Cekura("key", base_url="https://api.cekura.ai", timeout=5, retries=RetryPolicy(max_wait=1))
    Cekura(http_client=httpx.Client(), headers={"X-Team": "voice"}, timeout=httpx.Timeout(5))
    AsyncCekura("key", http_client=httpx.AsyncClient())
    assert_type(Cekura().with_options(timeout=5, retries=RetryPolicy(), headers={}), Cekura)
    assert_type(AsyncCekura().with_options(timeout=httpx.Timeout(5)), AsyncCekura)
    reply = Cekura().request("POST", "/a/", params={"ids": [1]}, json=[1], costs_credits=False)
    assert_type(reply, Response)
    assert_type(reply.body, bytes)
    assert_type(reply.headers, httpx.Headers)


def evaluate(cekura: Cekura, ids: Iterable[int]) -> None:
    calls = cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1, 2], metrics={3})
    assert_type(calls, list[CallLogSummary])
    cekura.call_logs.evaluate_metrics(project_id=1, call_logs=ids, metrics=range(9))
    cekura.call_logs.evaluate_metrics(agent_id=1, project_id=2, call_logs=(1,), metrics=(2,))
    cekura.call_logs.evaluate_metrics(agent_id=1, project_id=None, call_logs=ids, metrics=ids)
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=ids, metrics=ids, wait_if_busy=60)
    cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=ids, metrics=["a", 2], max_credits=0.5)
    cekura.call_logs.evaluate_metrics_in_batches(
        agent_id=1, call_logs=ids, metrics=["a"], max_credits=Decimal("0.5")
    )


def names(cekura: Cekura, call: CallLog, ids: Iterable[int]) -> None:
    assert_type(cekura.agents.list(project_id=1, search="a"), Iterator[Agent])
    assert_type([agent.agent_name for agent in cekura.agents.list()], list[str | None])
    assert_type(cekura.projects.list(), list[Project])
    assert_type(cekura.metrics.list(agent_id=1)[0].metric_cost, float | None)
    estimate = cekura.call_logs.estimate(call_logs="all", metrics=["a", 2], agent_id=1)
    assert_type(estimate.worst_case_credits, Decimal | None)
    assert_type(estimate.per_metric, dict[int, Decimal | None])
    assert_type(estimate.unpriced, list[int])
    cekura.call_logs.estimate(call_logs=ids, metrics="all", agent_id=1)
    cekura.call_logs.estimate(call_logs=ids, metrics=ids, project_id=1, credits_per_run=0.5)
    cekura.call_logs.wait_until_evaluated([call, 7], ["a", 2], whole=False, agent_id=1)
    assert_type(missing_metrics(call, ids), dict[int, str | None])
    assert_type(missing_metrics(call, ["a", 2]), dict[int | str, str | None])


async def async_names(cekura: AsyncCekura) -> None:
    assert_type(cekura.agents.list(), AsyncIterator[Agent])
    assert_type(await cekura.projects.list(), list[Project])


def find(cekura: Cekura, ids: Iterable[str]) -> None:
    found = cekura.call_logs.find(ids, agent_id=1, since=date(2026, 1, 1))
    assert_type(found, dict[str, CallLogSummary])
    cekura.call_logs.find({"call_abc"}, project_id=2, until=datetime.now(UTC))


def retrieve_many(cekura: Cekura, ids: Iterable[int]) -> None:
    assert_type(cekura.call_logs.retrieve_many(ids), Iterator[CallLog])
    assert_type([*cekura.call_logs.retrieve_many([1], max_concurrency=9)], list[CallLog])


def rerun(cekura: Cekura, ids: Iterable[int]) -> None:
    calls = cekura.call_logs.rerun_evaluation(agent_id=1, call_logs="all")
    assert_type(calls, list[CallLog])
    cekura.call_logs.rerun_evaluation(agent_id=1, assistant_id=None, call_logs=ids)
    cekura.call_logs.rerun_evaluation(assistant_id=2143, call_logs=[1], wait_if_busy=0.5)
    cekura.call_logs.rerun_evaluation(assistant_id="asst_abc123", call_logs="all")


async def twins(cekura: AsyncCekura, ids: Iterable[int]) -> None:
    assert_type(
        await cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=ids, metrics=ids),
        list[CallLogSummary],
    )
    assert_type(
        await cekura.call_logs.rerun_evaluation(assistant_id="a", call_logs="all"), list[CallLog]
    )
    assert_type(await cekura.call_logs.retrieve(1), CallLog)
    assert_type(await cekura.request("GET", "/a/"), Response)
    async with AsyncCekura() as opened:
        assert_type(opened, AsyncCekura)


def results(cekura: Cekura) -> None:
    call = cekura.call_logs.retrieve(123)
    assert_type(call, CallLog)
    assert_type(call.call_id, str)
    assert_type(call.timestamp, datetime | None)
    assert_type(call.transcript_object, list[TranscriptTurn] | None)
    for result in metric_results(call):
        assert_type(result, MetricResult)
        assert_type(result.id, int)
        assert_type(result.score, float | None)
        assert_type(result.passed, bool | None)
        assert_type(passed(result), bool | None)
        assert_type(explanation_text(result), str)
    assert_type(results_by_id(call), dict[int, MetricResult])
    assert_type(is_evaluating(call), bool)
    for row in cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=[1], metrics=[2]):
        assert_type(metric_results(row), list[MetricResult])


def without_a_check(cekura: Cekura, call: CallLog) -> None:
    """The README's flows: what may be absent is None, and ids are ids."""
    total = sum(r.score for r in metric_results(call) if r.score is not None)
    assert_type(round(total, 1), float)
    cekura.call_logs.evaluate_metrics(
        agent_id=1, call_logs=[c.id for c in cekura.call_logs.list(agent_id=1)], metrics=[2]
    )
    ids = [row.id for row in cekura.call_logs.list(agent_id=1)]
    assert_type(ids, list[int])
    replies = cekura.call_logs.evaluate_metrics(agent_id=1, call_logs=ids, metrics=[2])
    for done in cekura.call_logs.wait_until_evaluated(replies, [2]):
        for turn in done.transcript_object or []:
            assert_type(turn.role, str | None)
        for category in done.critical_categories or []:
            if category.priority == CategoryPriority.CRITICAL and done.timestamp:
                assert_type(done.timestamp, datetime)
        if done.status in {CallStatus.EVALUATING, CallStatus.PENDING}:
            assert_type(done.metadata, dict[str, Any] | None)
    failed = [r.name for r in metric_results(call) if passed(r) is False]
    assert_type(failed, list[str | None])
    assert_type(CallLog(id=1, call_id="a").additional_properties, dict[str, Any])
    assert_type(CallLog.from_dict({"id": 1, "call_id": "a"}), CallLog)
    assert_type(cekura_client.__version__, str)


def note(progress: BatchProgress) -> None:
    assert_type(progress.done, int)
    assert_type(progress.total, int | None)


async def take(calls: list[CallLog]) -> None:
    assert_type(calls[0].call_id, str)


def batches(cekura: Cekura, ids: Iterable[int]) -> None:
    rows: list[CallLogSummary] = []
    report = cekura.call_logs.evaluate_metrics_in_batches(
        agent_id=1, metrics=[1], call_logs=ids, on_reply=rows.extend, on_progress=note
    )
    assert_type(report, BatchReport)
    assert_type(report.succeeded, list[int])
    assert_type(report.unknown, dict[int, CekuraError])
    cekura.call_logs.evaluate_metrics_in_batches(project_id=1, metrics=[1], call_logs=ids)
    cekura.call_logs.rerun_evaluation_in_batches(
        assistant_id="a", call_logs=ids, journal="run.db", repeat_unknown=report.unknown
    )
    assert_type(cekura.rate_limit_pause, float)


async def batches_of_twins(cekura: AsyncCekura, ids: AsyncIterable[int]) -> None:
    report = await cekura.call_logs.rerun_evaluation_in_batches(
        agent_id=1, call_logs=ids, on_reply=take, on_progress=note
    )
    assert_type(report, BatchReport)


def waits(cekura: Cekura, calls: list[CallLog], summaries: Iterable[CallLogSummary]) -> None:
    assert_type(cekura.call_logs.wait_until_evaluated(calls), list[CallLog])
    cekura.call_logs.wait_until_evaluated(summaries, {1, 2}, timeout=5)
    cekura.call_logs.wait_until_evaluated([EvaluationBaseline(id=1), 5, *calls], metrics=None)
    assert_type(
        cekura.call_logs.wait_until_evaluated([1, 2], missing_after=None, whole=True), list[CallLog]
    )
    rows = cekura.call_logs.wait_until_evaluated(
        [1, *summaries], [2], whole=False, agent_id=1, since=date(2026, 1, 1), missing_after=0
    )
    assert_type(rows, list[CallLogSummary])
    assert_type(missing_metrics(rows[0], [2]), dict[int, str | None])

    def show(progress: WaitProgress) -> None:
        assert_type(progress.pending, int)

    found: list[CallLog] = []
    cekura.call_logs.wait_until_evaluated(calls, on_evaluated=found.append, on_progress=show)
    cekura.call_logs.wait_until_evaluated(summaries, whole=False, on_evaluated=rows.append)


async def async_waits(cekura: AsyncCekura, calls: list[CallLog]) -> None:
    assert_type(await cekura.call_logs.wait_until_evaluated(calls), list[CallLog])
    assert_type(
        await cekura.call_logs.wait_until_evaluated(calls, whole=False), list[CallLogSummary]
    )


def rows(calls: list[CallLog], summaries: list[CallLogSummary]) -> None:
    (row,) = to_rows([*calls, *summaries])
    assert_type(row, MetricRow)
    assert_type(row["passed"], bool | None)
    assert_type(row["call_id"], str)


def listing(cekura: Cekura, ids: Iterable[int]) -> None:
    rows = cekura.call_logs.list(agent_id=1)
    assert_type(rows, Iterator[CallLogSummary])
    cekura.call_logs.list(project_id=1, assistant_id="a", since=date(2026, 11, 1), page_size=50)
    cekura.call_logs.list(agent_id=1, project_id=2, until=datetime.now(UTC), call_ids=ids)
    failed = Filter.eq("success", "no") & Filter.gt("duration", 60) | Filter.isnull("feedback")
    assert_type(failed, Filter)
    cekura.call_logs.list(agent_id=1, filters=failed)
    group = {"operator": "or", "conditions": [failed.to_dict()]}
    assert_type(cekura.call_logs.count(agent_id=1, filters=group), int)
    info = cekura.billing.info()
    assert_type(info, BillingInfo)
    assert_type(info.credits_remaining, Decimal | None)
    assert_type(info.balance_expiry, datetime | None)


async def async_listing(cekura: AsyncCekura) -> None:
    assert_type(cekura.call_logs.list(agent_id=1), AsyncIterator[CallLogSummary])
    async for row in cekura.call_logs.list(project_id=1, filters=Filter.in_("id", [1, 2])):
        assert_type(row, CallLogSummary)
    assert_type(await cekura.call_logs.count(agent_id=1), int)
    assert_type(await cekura.billing.info(), BillingInfo)


def writes(cekura: Cekura, turns: list[dict[str, object]]) -> None:
    sent = cekura.call_logs.observe(agent_id=1, call_id="a", transcript=turns, metrics={1, 2})
    assert_type(sent, CallLogSummary)
    cekura.call_logs.observe(
        assistant_id="a", call_id="a", transcript={"any": 1}, transcript_type="vapi"
    )
    cekura.call_logs.vote(1, metric_id=2, thumbs_up=None, expected_value=[1.5], feedback="so")
    updated = cekura.call_logs.update(1, status="reviewed_failure", metadata={"a": None})
    assert_type(updated, CallLog)


async def async_writes(cekura: AsyncCekura) -> None:
    await cekura.call_logs.vote(1, metric_id=2, thumbs_up=True)
    assert_type(await cekura.call_logs.update(1, reevaluate_metrics=True), CallLog)


def spending(cekura: Cekura) -> None:
    estimate = cekura.call_logs.estimate(call_logs="all", agent_id=1, metrics=[1, "Empathy"])
    assert_type(estimate, Estimate)
    assert_type(estimate.credits, Decimal)
    assert_type(estimate.worst_case_credits, Decimal | None)
    assert_type(estimate.unpriced, list[int])
    (metric, *_) = cekura.metrics.list(agent_id=1)
    assert_type(metric, Metric)
    assert_type(metric.metric_cost, float | None)
    found = cekura.call_logs.reconcile(journal="nightly.db")
    assert_type(found, Reconciliation)
    assert_type(found.ran, dict[int, str])


def comparing(before: list[CallLogSummary], after: list[CallLog]) -> None:
    comparison = compare(to_rows(before), after)
    assert_type(comparison, Comparison)
    assert_type(comparison.regressions, list[ResultChange])
    assert_type(comparison.regressions[0].newest, MetricRow)
    assert_type(comparison.by_metric, dict[int, MetricComparison])
    assert_type(comparison.by_metric[1].after.pass_rate, float | None)
    compare("before.jsonl", "after.csv")
    write_report(after, "report.html", before=before)


def webhooks(body: bytes, headers: dict[str, str], secret: str) -> None:
    event = read_event(body, headers, secret=secret)
    assert_type(event, Event)
    assert_type(event.call, CallLog | None)
    assert_type(event.idempotency_key, str | None)


def sandbox() -> None:
    with Sandbox(
        agents=[{"id": 7, "agent_name": "Front desk"}],
        metrics=[{"id": 1, "name": "Polite", "metric_cost": 0.2, "outcome": True}],
        call_logs=[{"id": 11, "outcomes": {"1": False}}, {"id": 12}],
    ) as served:
        assert_type(served, Sandbox)
        assert_type(served.metric_runs, int)


def errors(error: CekuraError) -> None:
    assert_type(error.may_have_run, bool)
    if isinstance(error, WaitError):
        assert_type(error.done, list[CallLog] | list[CallLogSummary])
        assert_type(error.pending, list[int])
        assert_type(error.failed, dict[int, CekuraError])
    if isinstance(error, WaitTimeoutError):
        assert_type(error.last, dict[int, CallLog | CallLogSummary])
        assert_type(error.missing, dict[int, set[int]])
    if isinstance(error, RetrieveManyError):
        assert_type(error.failed, dict[int, CekuraError])
    if isinstance(error, JournalFinishedError):
        assert_type(error.report, BatchReport)
    if isinstance(error, SpendLimitError):
        assert_type(error.credits, Decimal | None)
    if isinstance(error, StillEvaluatingError):
        assert_type(error.call_log_ids, list[int])
    if isinstance(error, RateLimitError):
        assert_type(error.retry_after, float | None)
        assert_type(error.attempts, int)
        assert_type(error.field_errors, dict[str, list[str]])
        assert_type(error.detail, str | None)
        assert_type(error.body, bytes)
