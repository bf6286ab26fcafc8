"""What a sandbox holds: projects, agents, metrics and calls; by default the same every time."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, Self

MetricKind = Literal["binary", "numeric", "enum", "continuous_qualitative"]
Outcome = bool | float | str
"""What a metric always comes to: a verdict, a score, one of its options, or one of `NO_SCORE`."""
NO_SCORE = ("not_applicable", "trigger_failed", "sampled_out", "never")


@dataclass(frozen=True, slots=True)
class Project:
    """A project, which holds agents and metrics.

    Attributes:
        id: What `evaluate_metrics` takes as `project_id`.
        name: Its name.
    """

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Agent:
    """A voice agent.

    Attributes:
        id: What both operations take as `agent_id`.
        name: Its name.
        project_id: The project it is in.
        assistant_id: Its id at the platform it runs on, as text; what `rerun_evaluation` takes
            as `assistant_id`. One that is all digits may be sent as a number too.
    """

    id: int
    name: str
    project_id: int
    assistant_id: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that calls are judged by.

    Attributes:
        id: What `evaluate_metrics` takes among `metrics`.
        name: Its name.
        kind: `"binary"` (passed or not), `"numeric"` or `"continuous_qualitative"` (a score), or
            `"enum"` (one of `options`).
        type: The name of its type in replies.
        project_id: The project it is in.
        agent_ids: The agents it is assigned to.
        maximum: The highest score of a numeric metric; 5 for a binary one.
        options: The values that an enum metric can take.
        code: The API's own code for a metric that it defines itself.
        metric_cost: What a run is charged, in credits; None: nothing, and the list tells no price.
        observability_enabled: Whether the list says that it runs on calls by itself.
        outcome: What it comes to on every call: True or False, a score, an option;
            `"not_applicable"`, `"trigger_failed"` or `"sampled_out"` (a result without a score);
            `"never"` (no result ever comes). None: something else on each call.
    """

    id: int
    name: str
    kind: MetricKind
    type: str
    project_id: int
    agent_ids: tuple[int, ...]
    maximum: int = 5
    options: tuple[str, ...] = ()
    code: str | None = None
    metric_cost: Decimal | None = Decimal("0.2")
    observability_enabled: bool = True
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class SeededCall:
    """A call of the sandbox.

    Attributes:
        id: What both operations take among `call_logs`, and `retrieve` takes.
        index: Its place among all calls, from 0.
        agent_id: The agent that had the call.
        started_at: When the call began; every other call is known to the microsecond.
        is_reviewed: Whether a person has decided on its outcome.
        reviewed_success: What that person decided; None for a call that was not reviewed.
        facts: What is known of it, by the names that the API has for it. All else is made up, the
            same each time.
        outcomes: By metric, what that comes to on this call; see `Metric.outcome`.
    """

    id: int
    index: int
    agent_id: int
    started_at: datetime
    is_reviewed: bool = False
    reviewed_success: bool | None = None
    facts: Mapping[str, object] = field(default_factory=dict[str, object], hash=False)
    outcomes: Mapping[int, Outcome] = field(default_factory=dict[int, Outcome], hash=False)

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that are this call's own, to make believable ids from."""
        return hashlib.sha256(f"call {self.id}".encode()).hexdigest()

    @property
    def call_id(self) -> str:
        """The call's id at the platform that had it."""
        known = self.facts.get("call_id")
        return known if isinstance(known, str) else f"call_{self.digest[:16]}"


PROJECTS = (Project(456, "Brightway Energy"), Project(457, "Harbor Dental"))

AGENTS = (
    Agent(224, "Brightway support line", 456, "asst_abc123"),
    Agent(2142, "Harbor Dental front desk", 457, "2143"),
    # No calls: somebody has to be the agent of whom "all" is nothing.
    Agent(2144, "Harbor Dental after hours", 457, "asst_after_hours"),
)

METRICS = (
    Metric(
        789, "Instruction Follow", "binary", "binary_workflow_adherence", 456, (224,),
        code="5dedc41b",
    ),
    Metric(790, "Customer Satisfaction", "binary", "binary_qualitative", 456, (224,)),
    Metric(791, "Empathy", "numeric", "numeric", 456, (224,), maximum=10),
    Metric(
        792, "Call Outcome", "enum", "enum", 456, (224,),
        options=("resolved", "escalated", "abandoned"),
    ),
    Metric(801, "Appointment Booked", "binary", "binary_qualitative", 457, (2142, 2144)),
    Metric(802, "Clarity", "numeric", "numeric", 457, (2142,)),
    Metric(
        803, "Caller Mood", "enum", "enum", 457, (2142,),
        options=("pleased", "neutral", "annoyed"),
    ),
    # Of the project and not of its front desk: for that agent it is out of scope.
    Metric(804, "Opening Hours Told", "binary", "binary_qualitative", 457, (2144,)),
)  # fmt: skip  # one metric, one or two lines: a table

# The ids of the published examples, so that those work here as they stand.
_FIRST_CALL_IDS = (101, 123, 102, 456, 103)
_NEXT_CALL_ID = 501
_REVIEWED = {2: True, 6: True, 7: False}  # last digit of the index: what the reviewer decided

_SPAN = timedelta(days=90)  # from the first call to the day of the sandbox


def _seeded_call(index: int, started_at: datetime) -> SeededCall:
    first = len(_FIRST_CALL_IDS)
    last_digit = index % 10
    return SeededCall(
        id=_FIRST_CALL_IDS[index] if index < first else _NEXT_CALL_ID + index - first,
        index=index,
        agent_id=224 if index % 2 else 2142,
        started_at=started_at,
        is_reviewed=last_digit in _REVIEWED,
        reviewed_success=_REVIEWED.get(last_digit),
    )


def spread(index: int, number: int, today: date, span: timedelta = _SPAN) -> datetime:
    """Give each of some calls its moment, in order, within the time before a day."""
    first = datetime.combine(today, time(), UTC) - span
    seconds = int(span.total_seconds())
    return first + timedelta(seconds=seconds * index // number, microseconds=482_913 * (index % 2))


class Seed:
    """What one sandbox holds: agents and metrics, and calls, which come and change.

    Args:
        today: What day it is there.
        projects: The projects, and so on.
        calls: The calls, or what makes them when they are first needed.
    """

    def __init__(
        self,
        today: date,
        projects: Iterable[Project],
        agents: Iterable[Agent],
        metrics: Iterable[Metric],
        calls: Callable[[], Iterable[SeededCall]],
    ) -> None:
        self.today = today
        self.projects = {project.id: project for project in projects}
        self.agents = {agent.id: agent for agent in agents}
        self.metrics = {metric.id: metric for metric in metrics}
        self._make_calls = calls
        self._making = threading.Lock()
        self._calls: dict[int, SeededCall] | None = None
        self._calls_of: dict[tuple[int, ...], list[SeededCall]] = {}

    @classmethod
    def made_up(cls, calls: int, today: date) -> Self:
        """Make the data that are the same every time, but for the number of calls and the day."""
        return cls(
            today,
            PROJECTS,
            AGENTS,
            METRICS,
            lambda: (_seeded_call(index, spread(index, calls, today)) for index in range(calls)),
        )

    @property
    def calls(self) -> dict[int, SeededCall]:
        """Every call by its id; made when first needed, once for all threads."""
        with self._making:
            if self._calls is None:
                self._calls = {call.id: call for call in self._make_calls()}
            return self._calls

    def put(self, call: SeededCall) -> None:
        """Add a call, or put it in the place of the one that has its id."""
        self.calls[call.id] = call
        self._calls_of.clear()

    def remove(self, call: SeededCall) -> None:
        """Take a call away again."""
        del self.calls[call.id]
        self._calls_of.clear()

    def calls_of(self, agent_ids: tuple[int, ...]) -> list[SeededCall]:
        """The calls of some agents, in the order of their begin."""
        if agent_ids not in self._calls_of:
            mine = (call for call in self.calls.values() if call.agent_id in agent_ids)
            self._calls_of[agent_ids] = sorted(mine, key=lambda call: call.started_at)
        return self._calls_of[agent_ids]

    def assigned_metrics(self, agent_id: int) -> list[Metric]:
        """The metrics assigned to an agent."""
        return [metric for metric in self.metrics.values() if agent_id in metric.agent_ids]
