"""What has become of the calls and of the credits; safe to read from another thread."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from cekura_client.sandbox.content.results import changes_its_mind, passed, verdict
from cekura_client.sandbox.content.seed import Agent, Metric, Project, Seed, SeededCall
from cekura_client.sandbox.requests.bodies import EvaluateRequest, RerunRequest
from cekura_client.sandbox.requests.refusals import bad_fields, bad_request, not_found
from cekura_client.sandbox.requests.scopes import find, no_object


@dataclass(frozen=True, slots=True)
class Flip:
    """A verdict that turned when its metric was evaluated again.

    Attributes:
        call_log_id: The call.
        metric_id: The metric.
        passed: What it says now.
    """

    call_log_id: int
    metric_id: int
    passed: bool


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as it is at one moment."""

    call: SeededCall
    agent: Agent
    metrics: list[Metric]
    turned: frozenset[int]
    status: str
    success: bool | None
    updated_at: datetime | None


@dataclass(slots=True)
class _Progress:
    """What changes about a call: which metrics have results, and which verdicts have turned."""

    success: bool | None
    evaluated: set[int]
    pending: set[int] = field(default_factory=set[int])
    ready_at: int = 0
    updated_at: datetime | None = None
    again: Counter[int] = field(default_factory=Counter[int])
    turned: set[int] = field(default_factory=set[int])


class State:
    """The calls and the account of one sandbox.

    Args:
        seed: What it begins with.
        credits_left: The balance it begins with.
        evaluation_seconds: How long each evaluation takes.
        stale_replies: Whether a request is answered with the calls as they were before it.
        drift: The share of verdicts that turn when they are evaluated again.
        clock: Monotonic nanoseconds.
    """

    def __init__(
        self,
        seed: Seed,
        *,
        credits_left: Decimal,
        evaluation_seconds: float,
        stale_replies: bool = False,
        drift: float = 0,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._credits = credits_left
        self._metric_runs = 0
        self._used = Decimal(0)
        self._requests = 0
        self._evaluation = timedelta(seconds=evaluation_seconds)
        self._evaluation_ns = round(evaluation_seconds * 1_000_000_000)
        self._stale_replies = stale_replies
        self._drift = drift
        self._flips: list[Flip] = []
        self._clock = clock
        # Only of calls that were touched: a call that nobody asked about costs nothing.
        self._progress: dict[int, _Progress] = {}
        self._changes = 0
        self._last_ready_at = 0

    @property
    def credits_left(self) -> Decimal:
        """The balance."""
        with self._lock:
            return self._credits

    @property
    def metric_runs(self) -> int:
        """How many metric runs were charged."""
        with self._lock:
            return self._metric_runs

    @property
    def flips(self) -> tuple[Flip, ...]:
        """The verdicts that turned, of evaluations that are over, by call and metric."""
        with self._lock:
            now = self._clock()
            for call_id in self._progress:
                self._reconciled(self._seed.calls[call_id], now)
            return tuple(sorted(self._flips, key=lambda flip: (flip.call_log_id, flip.metric_id)))

    @property
    def requests(self) -> int:
        """How many requests arrived, refused ones included."""
        with self._lock:
            return self._requests

    @property
    def version(self) -> int | None:
        """A number that is another one when any call has changed; None while time changes some."""
        with self._lock:
            return self._changes if self._last_ready_at <= self._clock() else None

    def account(self) -> tuple[Decimal, Decimal]:
        """The balance, and the credits that were used, of one moment."""
        with self._lock:
            return self._credits, self._used

    def count_request(self) -> None:
        """Note that a request arrived."""
        with self._lock:
            self._requests += 1

    def retrieve(self, call_id: int) -> CallView:
        """Look at one call.

        Raises:
            RefusedError: 404, there is no such call.
        """
        call = self._seed.calls.get(call_id)
        if call is None:
            raise not_found()
        with self._lock:
            return self._view(call, self._clock())

    def views(self, calls: Iterable[SeededCall]) -> list[CallView]:
        """Look at some calls."""
        with self._lock:
            now = self._clock()
            return [self._view(call, now) for call in calls]

    def evaluate(self, request: EvaluateRequest) -> list[CallView]:
        """Start some metrics on some calls.

        Raises:
            RefusedError: 400, and nothing was charged or changed.
        """
        errors: dict[str, list[str]] = {}
        agent = find("agent_id", self._seed.agents, request.agent_id, errors)
        project = find("project_id", self._seed.projects, request.project_id, errors)
        if errors:
            raise bad_fields(errors)
        if agent and project and agent.project_id != project.id:
            message = f"Agent {agent.id} does not belong to project {project.id}."
            raise bad_fields({"agent_id": [message]})
        calls = self._calls_of(request.call_logs, agent, project, errors)
        metrics: list[Metric] = []
        for metric_id in request.metrics:
            metric = self._seed.metrics.get(metric_id)
            if metric is None or not (
                # The agent is the narrower scope: with both given it decides.
                agent.id in metric.agent_ids
                if agent
                else project and metric.project_id == project.id
            ):
                errors.setdefault("metrics", []).append(no_object(metric_id))
            else:
                metrics.append(metric)
        if errors:
            raise bad_fields(errors)
        return self._start([(call, metrics) for call in calls], reset_success=False)

    def rerun(self, request: RerunRequest) -> list[CallView]:
        """Start all metrics of an agent on some or all of its calls.

        Raises:
            RefusedError: 400, and nothing was charged or changed.
        """
        errors: dict[str, list[str]] = {}
        if request.assistant_id is None:
            agent = find("agent_id", self._seed.agents, request.agent_id, errors)
        else:
            by_assistant = {agent.assistant_id: agent for agent in self._seed.agents.values()}
            agent = by_assistant.get(request.assistant_id)
            if agent is None:
                message = f"Object with assistant_id={request.assistant_id} does not exist."
                errors["assistant_id"] = [message]
        if agent is None:
            raise bad_fields(errors)
        if request.call_logs is None:
            calls = [call for call in self._seed.calls.values() if call.agent_id == agent.id]
        else:
            calls = self._calls_of(request.call_logs, agent, None, errors)
        if errors:
            raise bad_fields(errors)
        metrics = self._seed.assigned_metrics(agent.id)
        return self._start([(call, metrics) for call in calls], reset_success=True)

    def _calls_of(
        self,
        ids: Iterable[int],
        agent: Agent | None,
        project: Project | None,
        errors: dict[str, list[str]],
    ) -> list[SeededCall]:
        """Find calls within a scope; one outside of it is as good as none."""
        found: list[SeededCall] = []
        for call_id in ids:
            call = self._seed.calls.get(call_id)
            owner = self._seed.agents[call.agent_id] if call else None
            if (
                call is None
                or owner is None
                or (agent and owner.id != agent.id)
                or (project and owner.project_id != project.id)
            ):
                errors.setdefault("call_logs", []).append(no_object(call_id))
            else:
                found.append(call)
        return found

    def _start(
        self, work: list[tuple[SeededCall, list[Metric]]], *, reset_success: bool
    ) -> list[CallView]:
        with self._lock:
            now = self._clock()
            self._refuse_busy((call for call, _ in work), now)
            self._charge([metric for _, metrics in work for metric in metrics])
            before = [self._view(call, now) for call, _ in work] if self._stale_replies else None
            self._changes += 1
            self._last_ready_at = now + self._evaluation_ns
            wall = datetime.now(UTC)
            for call, metrics in work:
                progress = self._progress[call.id] = self._reconciled(call, now)
                progress.pending = {metric.id for metric in metrics}
                progress.ready_at = now + self._evaluation_ns
                progress.updated_at = wall
                if reset_success and not call.is_reviewed:
                    progress.success = None
            # Before their results, even where evaluating takes no time.
            return before or [self._view(call, now - 1) for call, _ in work]

    def _refuse_busy(self, calls: Iterable[SeededCall], now: int) -> None:
        busy = [
            call.id
            for call in calls
            if call.id in self._progress and self._reconciled(call, now).pending
        ]
        if busy:
            messages = [f"Call log {call_id} is still being evaluated." for call_id in busy]
            raise bad_fields({"call_logs": messages})

    def _charge(self, runs: list[Metric]) -> None:
        cost = sum((metric.metric_cost or Decimal(0) for metric in runs), Decimal(0))
        if cost > self._credits:
            left = self._credits
            raise bad_request(
                f"Insufficient credits: {len(runs)} metric runs cost {cost}, {left} are left."
            )
        self._credits -= cost
        self._used += cost
        self._metric_runs += len(runs)

    def _reconciled(self, call: SeededCall, now: int) -> _Progress:
        """Bring a call up to date: nothing runs in the background, time alone decides."""
        progress = self._progress.get(call.id) or self._beginning(call)
        if progress.pending and progress.ready_at <= now:
            for metric in self._metrics(progress.pending & progress.evaluated):
                self._evaluate_again(call, metric, progress)
            progress.evaluated |= progress.pending
            progress.pending = set()
            if progress.updated_at is not None:
                progress.updated_at += self._evaluation
            if not call.is_reviewed:
                progress.success = verdict(call, self._metrics(progress.evaluated), progress.turned)
        return progress

    def _evaluate_again(self, call: SeededCall, metric: Metric, progress: _Progress) -> None:
        progress.again[metric.id] += 1
        if changes_its_mind(call, metric, progress.again[metric.id], self._drift):
            progress.turned ^= {metric.id}
            now = passed(call, metric, turned=metric.id in progress.turned)
            self._flips.append(Flip(call.id, metric.id, passed=now is True))

    def _beginning(self, call: SeededCall) -> _Progress:
        """Give a call its first results: all metrics if it was reviewed, else the first one."""
        metrics = self._seed.assigned_metrics(call.agent_id)
        if not call.is_reviewed:
            metrics = metrics[:1]
        success = call.reviewed_success if call.is_reviewed else verdict(call, metrics, ())
        return _Progress(success=success, evaluated={metric.id for metric in metrics})

    def _metrics(self, ids: set[int]) -> list[Metric]:
        return [self._seed.metrics[metric_id] for metric_id in sorted(ids)]

    def _view(self, call: SeededCall, now: int) -> CallView:
        progress = self._reconciled(call, now)
        if progress.pending:
            status = "evaluating"
        else:
            outcome = "success" if progress.success else "failure"
            status = f"reviewed_{outcome}" if call.is_reviewed else outcome
        return CallView(
            call=call,
            agent=self._seed.agents[call.agent_id],
            metrics=[] if progress.pending else self._metrics(progress.evaluated),
            turned=frozenset(progress.turned),
            status=status,
            success=progress.success,
            updated_at=progress.updated_at,
        )
