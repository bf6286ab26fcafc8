"""Somebody's own agents, metrics and calls: read from plain dicts, by the names the API has.

What makes no sense raises ValueError, which names the place: `metrics[2].eval_type`. The form is
told in `Sandbox` and in the guide about testing.
"""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeGuard, TypeVar, cast

import attrs

from cekura_client import models
from cekura_client.sandbox.checks import boolean, number, shown, text, whole
from cekura_client.sandbox.content.seed import (
    NO_SCORE,
    Agent,
    Metric,
    MetricKind,
    Outcome,
    Project,
    Seed,
    SeededCall,
    spread,
)

_T = TypeVar("_T")
_DefaultT = TypeVar("_DefaultT")
_Check = Callable[[str, object], _T]

_LARGEST_ID = 2**63 - 1
_MOST_ROWS = 100_000
_NO_OUTCOMES: Mapping[object, object] = {}
_HIGHEST_COST = 1_000_000
_HIGHEST_SCORE = 1_000_000
_USUAL_KIND: MetricKind = "binary"
_KINDS: tuple[MetricKind, ...] = ("binary", "numeric", "enum", "continuous_qualitative")
_TYPES = {"binary": "binary_qualitative"}
_ONLY_PROJECT = 1
_USUAL_MAXIMUM = 5
_USUAL_COST = Decimal("0.2")
_USUAL_SPAN = timedelta(days=28)  # a list shows 30 days by itself


def read_own(
    *, agents: object = None, metrics: object = None, call_logs: object = None, today: date
) -> Seed:
    """Read them; what is None is empty.

    Raises:
        ValueError: Something makes no sense; the message names the place.
    """
    owners = _by_id("agents", [_agent(row) for row in _rows("agents", agents)])
    if len({agent.assistant_id for agent in owners.values()}) < len(owners):
        raise ValueError("agents: two of them have the same assistant_id")
    known = _by_id("metrics", [_metric(row, owners) for row in _rows("metrics", metrics)])
    rows = _rows("call_logs", call_logs)
    moments = (spread(index, len(rows), today, _USUAL_SPAN) for index in range(len(rows)))
    calls = _by_id(
        "call_logs",
        [
            _call(row, index, at, owners, known)
            for index, (row, at) in enumerate(zip(rows, moments, strict=True))
        ],
    )
    projects = {agent.project_id for agent in owners.values()}
    projects |= {metric.project_id for metric in known.values()}
    return Seed(
        today,
        [Project(project, f"Project {project}") for project in sorted(projects)],
        owners.values(),
        known.values(),
        calls.values,
    )


class _Row:
    """One row, whose fields are taken one by one; what is left at the end is not known here."""

    def __init__(self, place: str, row: object) -> None:
        if not isinstance(row, Mapping):
            raise ValueError(f"{place} must be a dict, not {shown(row)}")  # noqa: TRY004  (told as any other fault)
        self.place = place
        self._left = dict(cast("Mapping[object, object]", row))
        self._known: list[str] = []

    def take(self, name: str, check: _Check[_T]) -> _T:
        """Take a field that has to be there."""
        if name not in self._left:
            self._known.append(name)
            raise ValueError(f"{self.place} needs {name}")
        return check(f"{self.place}.{name}", self._take(name))

    def take_or(self, name: str, check: _Check[_T], default: _DefaultT) -> _T | _DefaultT:
        """Take a field, or what stands for it where it is absent or null."""
        value = self._take(name)
        return default if value is None else check(f"{self.place}.{name}", value)

    def holds(self, name: str) -> bool:
        """Whether there is such a field, null included."""
        self._known.append(name)
        return name in self._left

    def take_facts(self, **checks: _Check[object]) -> dict[str, object]:
        """Take fields that are shown as they are, null included."""
        given = [name for name in checks if name in self._left]
        taken = {name: self.take_or(name, check, None) for name, check in checks.items()}
        return {name: taken[name] for name in given}

    def finish(self, *models: type) -> None:
        """Refuse what is left, but for what the API shows of such a thing: a row is a row."""
        shown_by_the_api = {
            each.name.removesuffix("_") for model in models for each in attrs.fields(model)
        }
        for name in self._left:
            if name in shown_by_the_api:
                continue
            close = difflib.get_close_matches(str(name), self._known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(self._known)}"
            raise ValueError(f"{self.place} has no field {shown(name)}: {hint}")

    def _take(self, name: str) -> object:
        self._known.append(name)
        return self._left.pop(name, None)


def _rows(name: str, rows: object) -> list[_Row]:
    if rows is None:
        return []
    given = _list(name, rows)
    found = [_Row(f"{name}[{index}]", row) for index, row in enumerate(given)]
    if len(found) > _MOST_ROWS:
        raise ValueError(f"{name} has {len(found)} rows; {_MOST_ROWS} are allowed")
    return found


_OwnedT = TypeVar("_OwnedT", Agent, Metric, SeededCall)


def _by_id(name: str, found: list[_OwnedT]) -> dict[int, _OwnedT]:
    by_id: dict[int, _OwnedT] = {}
    for one in found:
        if one.id in by_id:
            raise ValueError(f"{name}: the id {one.id} comes twice")
        by_id[one.id] = one
    return by_id


def _id(name: str, value: object) -> int:
    return whole(name, value, least=1, most=_LARGEST_ID)


def _id_as_shown(name: str, value: object) -> int:
    """Take an id that is a number or, as calls in full show it at times, a text."""
    is_text = isinstance(value, str) and _is_id(value)
    return _id(name, int(cast("str", value)) if is_text else value)


def _any_text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{name} must be a text, not {shown(value)}")


def _agent(row: _Row) -> Agent:
    agent_id = row.take("id", _id)
    agent = Agent(
        id=agent_id,
        name=row.take("agent_name", text),
        project_id=row.take_or("project", _id, _ONLY_PROJECT),
        assistant_id=row.take_or("assistant_id", text, f"asst_{agent_id}"),
    )
    row.finish(models.Agent)
    return agent


def _metric(row: _Row, agents: Mapping[int, Agent]) -> Metric:
    metric_id, name = row.take("id", _id), row.take("name", text)
    kind: MetricKind = row.take_or("eval_type", _kind, _USUAL_KIND)
    maximum = row.take_or("maximum", _maximum, _USUAL_MAXIMUM)
    options = row.take_or("options", _options, ())
    if (kind == "enum") != bool(options):
        rule = "needs" if kind == "enum" else "is no enum and has no"
        raise ValueError(f"{row.place} {rule} options: the texts that it can come to")
    given = row.take_or("agents", _ids, None)
    wrong = [agent_id for agent_id in given or () if agent_id not in agents]
    if wrong:
        raise ValueError(f"{row.place}.agents: there is no agent {wrong[0]}")
    owners = {agents[agent_id].project_id for agent_id in given or agents}
    project_id = row.take_or("project", _id, None)
    if project_id is None:
        if len(owners) != 1:
            raise ValueError(f"{row.place} needs project, since there are {len(owners)} projects")
        (project_id,) = owners
    elif given and owners != {project_id}:
        raise ValueError(f"{row.place}.agents are not all of project {project_id}")
    priced = row.holds("metric_cost")  # null is a price that nobody tells
    of_project = (agent.id for agent in agents.values() if agent.project_id == project_id)
    metric = Metric(
        id=metric_id,
        name=name,
        kind=kind,
        type=_TYPES.get(kind, kind),
        project_id=project_id,
        agent_ids=tuple(of_project if given is None else given),
        maximum=maximum,
        options=options,
        metric_cost=row.take_or("metric_cost", _cost, None) if priced else _USUAL_COST,
        observability_enabled=row.take_or("observability_enabled", boolean, default=True),
        outcome=row.take_or("outcome", _outcome_of(kind, maximum, options), None),
    )
    row.finish(models.Metric)
    return metric


def _call(
    row: _Row,
    index: int,
    at: datetime,
    agents: Mapping[int, Agent],
    metrics: Mapping[int, Metric],
) -> SeededCall:
    call_log_id = row.take("id", _id)
    only = next(iter(agents)) if len(agents) == 1 else None
    named = row.take_or("agent_id", _id_as_shown, only)  # the API has both names
    agent_id = row.take_or("agent", _id, named)
    if agent_id is None:
        raise ValueError(f"{row.place} needs agent, since there are {len(agents)} agents")
    if agent_id not in agents:
        raise ValueError(f"{row.place}.agent: there is no agent {agent_id}")
    is_reviewed = row.take_or("is_reviewed", boolean, default=False)
    success = row.take_or("success", boolean, None)
    said: dict[str, object] = {
        "call_id": row.take_or("call_id", text, None),
        "transcript_object": row.take_or("transcript_object", _turns, None),
    }
    call = SeededCall(
        id=call_log_id,
        index=index,
        agent_id=agent_id,
        started_at=row.take_or("timestamp", _moment, at),
        is_reviewed=is_reviewed,
        reviewed_success=success is not False if is_reviewed else None,
        outcomes=_outcomes(row, metrics),
        facts={name: value for name, value in said.items() if value is not None}
        | row.take_facts(
            call_ended_reason=_any_text,
            customer_number=_any_text,
            metadata=_json_dict,
            dynamic_variables=_json_dict,
            feedback=_any_text,
            topic=_any_text,
            dropoff_point=_any_text,
            error_message=_any_text,
            voice_recording_url=_any_text,
        ),
    )
    row.finish(models.CallLog, models.CallLogSummary)
    return call


def _kind(name: str, value: object) -> MetricKind:
    for kind in _KINDS:
        if value == kind:
            return kind
    raise ValueError(f"{name} must be one of {', '.join(_KINDS)}, not {shown(value)}")


def _maximum(name: str, value: object) -> int:
    return whole(name, value, least=1, most=_HIGHEST_SCORE)


def _cost(name: str, value: object) -> Decimal:
    return number(name, value, least=0, most=_HIGHEST_COST)


def _list(name: str, value: object) -> list[object]:
    if not _are_several(value):
        raise ValueError(f"{name} must be a list, not {shown(value)}")
    return [*value]


def _are_several(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _ids(name: str, value: object) -> tuple[int, ...] | None:
    return tuple(dict.fromkeys(_id(name, one) for one in _list(name, value)))


def _options(name: str, value: object) -> tuple[str, ...]:
    return tuple(text(name, one) for one in _list(name, value))


def _outcome_of(
    kind: MetricKind, maximum: int, options: tuple[str, ...]
) -> Callable[[str, object], Outcome]:
    """Make the check of what a metric of this kind can come to."""
    words = ", ".join(NO_SCORE)

    def check(name: str, value: object) -> Outcome:
        if isinstance(value, str) and value in (*NO_SCORE, *options):
            return value
        if kind == "binary":
            if isinstance(value, bool):
                return value
            expected = "true, false"
        elif kind == "enum":
            expected = ", ".join(options)
        else:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(number(name, value, least=0, most=maximum))
            expected = f"a number from 0 to {maximum}"
        raise ValueError(f"{name} must be {expected}, or one of {words}; not {shown(value)}")

    return check


def _outcomes(row: _Row, metrics: Mapping[int, Metric]) -> dict[int, Outcome]:
    name, given = f"{row.place}.outcomes", row.take_or("outcomes", _dict, _NO_OUTCOMES)
    outcomes: dict[int, Outcome] = {}
    for key, value in given.items():
        # The keys of JSON are texts.
        metric = metrics.get(int(key)) if isinstance(key, int | str) and _is_id(key) else None
        if metric is None:
            raise ValueError(f"{name}: there is no metric {shown(key)}")
        check = _outcome_of(metric.kind, metric.maximum, metric.options)
        outcomes[metric.id] = check(f"{name}[{metric.id}]", value)
    return outcomes


def _is_id(key: int | str) -> bool:
    written = str(key)
    return written.isascii() and written.isdecimal() and len(written) <= len(str(_LARGEST_ID))


def _dict(name: str, value: object) -> Mapping[object, object]:
    if isinstance(value, Mapping):
        return cast("Mapping[object, object]", value)
    raise ValueError(f"{name} must be a dict, not {shown(value)}")


def _json(name: str, value: object) -> object:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} cannot be written as JSON: {error}") from error
    return value


def _json_dict(name: str, value: object) -> object:
    return _json(name, dict(_dict(name, value)))


def _turns(name: str, value: object) -> object:
    for index, turn in enumerate(_list(name, value)):
        _any_text(f"{name}[{index}].role", _dict(f"{name}[{index}]", turn).get("role"))
    return _json(name, value)


def _moment(name: str, value: object) -> datetime:
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
    if isinstance(found, datetime) and found.utcoffset() is not None:
        return found.astimezone(UTC)
    raise ValueError(
        f"{name} must be a moment with a zone, such as 2026-11-28T09:30:00Z, not {shown(value)}"
    )
