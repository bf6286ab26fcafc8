"""What a new sandbox knows: projects, agents, metrics and calls, the same ones every time."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal

MetricKind = Literal["binary", "numeric", "enum"]


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
        kind: `"binary"` (passed or not), `"numeric"` (a score) or `"enum"` (one of `options`).
        type: The name of its type in replies.
        project_id: The project it is in.
        agent_ids: The agents it is assigned to.
        maximum: The highest score of a numeric metric; 5 for a binary one.
        options: The values that an enum metric can take.
        code: The API's own code for a metric that it defines itself.
        metric_cost: What a run is charged, in credits; None: nothing, and the list tells no price.
        observability_enabled: Whether the list says that it runs on calls by itself.
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


@dataclass(frozen=True, slots=True)
class SeededCall:
    """A call as it was before anything was asked of the sandbox.

    Attributes:
        id: What both operations take among `call_logs`, and `retrieve` takes.
        index: Its place among all calls, from 0.
        agent_id: The agent that had the call.
        started_at: When the call began; every other call is known to the microsecond.
        is_reviewed: Whether a person has decided on its outcome.
        reviewed_success: What that person decided; None for a call that was not reviewed.
    """

    id: int
    index: int
    agent_id: int
    started_at: datetime
    is_reviewed: bool
    reviewed_success: bool | None

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that are this call's own, to make believable ids from."""
        return hashlib.sha256(f"call {self.id}".encode()).hexdigest()

    @property
    def call_id(self) -> str:
        """The call's id at the platform that had it."""
        return f"call_{self.digest[:16]}"


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


class Seed:
    """The data of one sandbox: the same every time, but for the number of calls and the day.

    Args:
        calls: How many calls there are.
        today: The day before which they were, all within 90 days.
    """

    def __init__(self, calls: int, today: date) -> None:
        self.today = today
        self.projects = {project.id: project for project in PROJECTS}
        self.agents = {agent.id: agent for agent in AGENTS}
        self.metrics = {metric.id: metric for metric in METRICS}
        self._number_of_calls = calls
        self._calls_of: dict[tuple[int, ...], list[SeededCall]] = {}

    @cached_property
    def calls(self) -> dict[int, SeededCall]:
        """Every call by its id, in order; made when first needed."""
        number = self._number_of_calls
        first = datetime.combine(self.today, time(), UTC) - _SPAN
        span = int(_SPAN.total_seconds())
        made = (
            _seeded_call(
                index,
                first
                + timedelta(seconds=span * index // number, microseconds=482_913 * (index % 2)),
            )
            for index in range(number)
        )
        return {call.id: call for call in made}

    def calls_of(self, agent_ids: tuple[int, ...]) -> list[SeededCall]:
        """The calls of some agents, in order."""
        if agent_ids not in self._calls_of:
            self._calls_of[agent_ids] = [
                call for call in self.calls.values() if call.agent_id in agent_ids
            ]
        return self._calls_of[agent_ids]

    def assigned_metrics(self, agent_id: int) -> list[Metric]:
        """The metrics assigned to an agent."""
        return [metric for metric in METRICS if agent_id in metric.agent_ids]
