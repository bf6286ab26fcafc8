"""What has become of the calls and of the credits; safe to read from another thread."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from cekura_client.sandbox.content.results import (
    changes_its_mind,
    comes,
    moment,
    passed,
    verdict,
)
from cekura_client.sandbox.content.seed import Agent, Metric, Project, Seed, SeededCall
from cekura_client.sandbox.requests.bodies import (
    EvaluateRequest,
    ObserveRequest,
    RerunRequest,
    UpdateRequest,
    VoteRequest,
)
from cekura_client.sandbox.requests.refusals import (
    RefusedError,
    bad_fields,
    bad_request,
    not_found,
)
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
class Vote:
    """What a vote said of a result.

    Attributes:
        call_log_id: The call.
        metric_id: The metric.
        thumbs_up: Whether the result is right.
        expected_value: What it should have been.
        feedback: What the reviewer said.
    """

    call_log_id: int
    metric_id: int
    thumbs_up: bool | None
    expected_value: object
    feedback: str | None


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
    """What changes about a call: which metrics have results, and which verdicts have turned.

    Attributes:
        evaluated: The metrics that have a result.
        pending: When each result comes that is on its way.
        arrived: The metrics whose results have come since the evaluation that is under way began.
    """

    success: bool | None
    evaluated: set[int]
    pending: dict[int, int] = field(default_factory=dict[int, int])
    arrived: set[int] = field(default_factory=set[int])
    started_at: int = 0
    updated_at: datetime | None = None
    again: Counter[int] = field(default_factory=Counter[int])
    turned: set[int] = field(default_factory=set[int])


class State:
    """The calls and the account of one sandbox.

    Args:
        seed: What it begins with.
        credits_left: The balance it begins with.
        evaluation_seconds: When the first result of an evaluation may come, and when the last one
            has come.
        stale_replies: Whether a request is answered with the calls as they were before it.
        drift: The share of verdicts that turn when they are evaluated again.
        clock: Monotonic nanoseconds.
        on_started: Is told of each evaluation: of which call, and in how many seconds it is over.
    """

    def __init__(
        self,
        seed: Seed,
        *,
        credits_left: Decimal,
        evaluation_seconds: tuple[float, float],
        stale_replies: bool = False,
        drift: float = 0,
        clock: Callable[[], int] = time.monotonic_ns,
        on_started: Callable[[int, float], object] | None = None,
    ) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._credits = credits_left
        self._metric_runs = 0
        self._used = Decimal(0)
        self._requests = 0
        first, last = (round(seconds * 1_000_000_000) for seconds in evaluation_seconds)
        self._first_ns, self._last_ns = first, last
        self._stale_replies = stale_replies
        self._drift = drift
        self._flips: list[Flip] = []
        self._votes: list[Vote] = []
        self._clock = clock
        self._on_started = on_started
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
    def votes(self) -> tuple[Vote, ...]:
        """The votes, in the order that they came in."""
        with self._lock:
            return tuple(self._votes)

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
        with self._lock:
            return self._start([(call, metrics) for call in calls], reset_success=False)

    def rerun(self, request: RerunRequest) -> list[CallView]:
        """Start all metrics of an agent on some or all of its calls.

        Raises:
            RefusedError: 400, and nothing was charged or changed.
        """
        errors: dict[str, list[str]] = {}
        agent = self._agent(request.agent_id, request.assistant_id, errors)
        if agent is None:
            raise bad_fields(errors)
        if request.call_logs is None:
            calls = [call for call in self._seed.calls.values() if call.agent_id == agent.id]
        else:
            calls = self._calls_of(request.call_logs, agent, None, errors)
        if errors:
            raise bad_fields(errors)
        metrics = self._seed.assigned_metrics(agent.id)
        with self._lock:
            return self._start([(call, metrics) for call in calls], reset_success=True)

    def observe(self, request: ObserveRequest, now: datetime) -> CallView:
        """Store a call, which began now where nothing else is known, and start its metrics.

        Raises:
            RefusedError: 400, and nothing was charged or changed.
        """
        errors: dict[str, list[str]] = {}
        agent = self._agent(request.agent_id, request.assistant_id, errors, "agent")
        assigned = [] if agent is None else self._seed.assigned_metrics(agent.id)
        metrics = [metric for metric in assigned if metric.observability_enabled]
        if request.metrics is not None:
            by_id = {metric.id: metric for metric in assigned}
            missing = [metric_id for metric_id in request.metrics if metric_id not in by_id]
            if agent is not None and missing:
                errors["metric_ids"] = [no_object(metric_id) for metric_id in missing]
            metrics = [by_id[metric_id] for metric_id in request.metrics if metric_id in by_id]
        if agent is None or errors:
            raise bad_fields(errors)
        calls = self._seed.calls
        call = SeededCall(
            id=max(calls, default=0) + 1,
            index=len(calls),
            agent_id=agent.id,
            started_at=request.timestamp or now,
            facts=request.facts,
        )
        with self._lock:
            self._seed.put(call)
            self._progress[call.id] = _Progress(success=None if metrics else True, evaluated=set())
            try:
                (view,) = self._start([(call, metrics)], reset_success=False, stale=False)
            except RefusedError:
                self._seed.remove(call)
                del self._progress[call.id]
                raise
            return view

    def vote(self, call_id: int, request: VoteRequest) -> None:
        """Note a vote, and that the call was reviewed.

        Raises:
            RefusedError: 404, there is no such call; 400, it has no such result.
        """
        with self._lock:
            call, progress = self._current(call_id)
            if progress.pending or request.metric_id not in progress.evaluated:
                raise bad_fields({"metric_id": [no_object(request.metric_id)]})
            self._votes.append(
                Vote(
                    call_id,
                    request.metric_id,
                    request.thumbs_up,
                    request.expected_value,
                    request.feedback,
                )
            )
            success = bool(progress.success)
            self._change(replace(call, is_reviewed=True, reviewed_success=success), progress)

    def update(self, call_id: int, request: UpdateRequest) -> CallView:
        """Change what is known of a call, and start its metrics again where that is asked for.

        A call that is being evaluated is left as it is.

        Raises:
            RefusedError: 404, there is no such call; 400, and nothing was charged or changed.
        """
        with self._lock:
            call, progress = self._current(call_id)
            if progress.pending:
                return self._view(call, self._clock())
            changed = replace(
                call,
                facts={**call.facts, **request.facts},
                started_at=request.timestamp or call.started_at,
            )
            metrics = self._seed.assigned_metrics(call.agent_id)
            if request.reevaluate:
                self._require_credits(metrics)
            if request.status is not None:
                is_reviewed = request.status.startswith("reviewed_")
                progress.success = request.status.endswith("success")
                reviewed_success = progress.success if is_reviewed else None
                changed = replace(
                    changed, is_reviewed=is_reviewed, reviewed_success=reviewed_success
                )
            self._change(changed, progress)
            if request.reevaluate:
                (view,) = self._start([(changed, metrics)], reset_success=True)
                return view
            return self._view(changed, self._clock())

    def _current(self, call_id: int) -> tuple[SeededCall, _Progress]:
        call = self._seed.calls.get(call_id)
        if call is None:
            raise not_found()
        return call, self._reconciled(call, self._clock())

    def _change(self, call: SeededCall, progress: _Progress) -> None:
        """Put a call in its own place, changed just now."""
        progress.updated_at = datetime.now(UTC)
        self._progress[call.id] = progress
        self._changes += 1
        self._seed.put(call)

    def _agent(
        self,
        agent_id: int | None,
        assistant_id: str | None,
        errors: dict[str, list[str]],
        name: str = "agent_id",
    ) -> Agent | None:
        """Find an agent by either of its ids; where there is none, that goes to the errors."""
        if assistant_id is None:
            return find(name, self._seed.agents, agent_id, errors)
        for agent in self._seed.agents.values():
            if agent.assistant_id == assistant_id:
                return agent
        errors["assistant_id"] = [f"Object with assistant_id={assistant_id} does not exist."]
        return None

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
        self,
        work: list[tuple[SeededCall, list[Metric]]],
        *,
        reset_success: bool,
        stale: bool = True,
    ) -> list[CallView]:
        """Start some metrics on each of some calls; the lock is held.

        Args:
            work: The calls, and their metrics.
            reset_success: Whether a call that nobody has reviewed has no outcome meanwhile.
            stale: Whether the calls may be shown as they were before.
        """
        now = self._clock()
        self._refuse_busy((call for call, _ in work), now)
        self._charge([metric for _, metrics in work for metric in metrics])
        stale = stale and self._stale_replies
        before = [self._view(call, now) for call, _ in work] if stale else None
        self._changes += 1
        wall = datetime.now(UTC)
        for call, metrics in work:
            progress = self._progress[call.id] = self._reconciled(call, now)
            progress.pending = {metric.id: self._ready_at(call, metric, now) for metric in metrics}
            progress.arrived = set()
            progress.started_at = now
            progress.updated_at = wall
            if reset_success and not call.is_reviewed:
                progress.success = None
            ready_at = max(progress.pending.values(), default=now)
            self._last_ready_at = max(self._last_ready_at, ready_at)
            if self._on_started is not None:
                self._on_started(call.id, (ready_at - now) / 1_000_000_000)
        # Before their results, even where evaluating takes no time.
        return before or [self._view(call, now - 1) for call, _ in work]

    def _ready_at(self, call: SeededCall, metric: Metric, now: int) -> int:
        span = self._last_ns - self._first_ns
        if not span or not comes(call, metric):
            return now + self._last_ns
        return now + self._first_ns + round(span * moment(call, metric))

    def _refuse_busy(self, calls: Iterable[SeededCall], now: int) -> None:
        busy = [
            call.id
            for call in calls
            if call.id in self._progress and self._reconciled(call, now).pending
        ]
        if busy:
            messages = [f"Call log {call_id} is still being evaluated." for call_id in busy]
            raise bad_fields({"call_logs": messages})

    def _require_credits(self, runs: list[Metric]) -> Decimal:
        cost = sum((metric.metric_cost or Decimal(0) for metric in runs), Decimal(0))
        if cost > self._credits:
            left = self._credits
            raise bad_request(
                f"Insufficient credits: {len(runs)} metric runs cost {cost}, {left} are left."
            )
        return cost

    def _charge(self, runs: list[Metric]) -> None:
        cost = self._require_credits(runs)
        self._credits -= cost
        self._used += cost
        self._metric_runs += len(runs)

    def _reconciled(self, call: SeededCall, now: int) -> _Progress:
        """Bring a call up to date: nothing runs in the background, time alone decides."""
        progress = self._progress.get(call.id) or self._beginning(call)
        if not progress.pending:
            return progress
        ready = {metric_id: at for metric_id, at in progress.pending.items() if at <= now}
        if not ready:
            return progress
        found = [metric for metric in self._metrics(ready) if comes(call, metric)]
        for metric in found:
            if metric.id in progress.evaluated:
                self._evaluate_again(call, metric, progress)
        progress.arrived |= {metric.id for metric in found}
        progress.evaluated |= progress.arrived
        progress.pending = {
            metric_id: at for metric_id, at in progress.pending.items() if metric_id not in ready
        }
        latest = max(ready.values())
        if progress.updated_at is not None:
            progress.updated_at += timedelta(microseconds=(latest - progress.started_at) // 1000)
            progress.started_at = latest
        if not progress.pending and not call.is_reviewed:
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
        metrics = [
            metric for metric in self._seed.assigned_metrics(call.agent_id) if comes(call, metric)
        ]
        if not call.is_reviewed:
            metrics = metrics[:1]
        success = call.reviewed_success if call.is_reviewed else verdict(call, metrics, ())
        return _Progress(success=success, evaluated={metric.id for metric in metrics})

    def _metrics(self, ids: Iterable[int]) -> list[Metric]:
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
            metrics=self._metrics(progress.arrived if progress.pending else progress.evaluated),
            turned=frozenset(progress.turned),
            status=status,
            success=progress.success,
            updated_at=progress.updated_at,
        )
