"""What a re-score changed: the results of two times, compared by call and metric."""

import csv
import html
import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TextIO, TypedDict, TypeGuard, cast

from cekura_client.errors import InvalidRequestError
from cekura_client.models import CallLog, CallLogSummary
from cekura_client.results import METRIC_ROW_FIELDS, MetricRow, to_rows

Results = (
    Iterable[CallLog | CallLogSummary] | Iterable[Mapping[str, object]] | str | os.PathLike[str]
)
"""One side of a comparison: calls, rows of `to_rows`, or a file that the command line wrote."""

_MORE_THAN_CHANCE = 0.05  # the usual threshold of a p-value
_SHOWN = 5  # ids in a notice
_FORMULA_STARTS = ("'=", "'+", "'-", "'@", "'\t", "'\r")
_NUMBERS = ("score", "score_normalized")
_IDS = ("call_log_id", "agent_id", "metric_id")
_BOOLEANS = ("success", "is_reviewed", "passed")
_Key = tuple[int | str, int]  # a call, by its id or else the platform's; a metric


class ChangeKind(StrEnum):
    """How a metric's result on a call differs between before and after.

    Example:
        >>> ChangeKind.PASS_TO_FAIL.value
        'pass_to_fail'
    """

    PASS_TO_FAIL = "pass_to_fail"  # noqa: S105  (no password)
    FAIL_TO_PASS = "fail_to_pass"  # noqa: S105  (no password)
    OTHER = "other"
    """Another score, value or verdict, but no flip: a score of 3 became 4, a pass became n/a."""
    APPEARED = "appeared"
    """There was no result before."""
    DISAPPEARED = "disappeared"
    """There is no result any more."""


class ChangeRow(TypedDict):
    """One change as a flat row: what `Comparison.to_rows` makes.

    Example:
        >>> list(ChangeRow.__annotations__)[:3]
        ['call_log_id', 'call_id', 'metric_id']
    """

    call_log_id: int | None
    call_id: str | None
    metric_id: int
    metric_name: str | None
    change: str
    passed_before: bool | None
    passed_after: bool | None
    score_before: float | None
    score_after: float | None
    value_before: str | None
    value_after: str | None
    explanation_before: str | None
    explanation_after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultChange:
    """One metric's result on one call, where before and after differ.

    Attributes:
        kind: How they differ.
        before: The row before; None where there was no result.
        after: The row after; None where there is no result any more.

    Example:
        >>> comparison = compare(cekura.call_logs.list(agent_id=224), [])
        >>> comparison.disappeared[0].kind.value
        'disappeared'
    """

    kind: ChangeKind
    before: MetricRow | None
    after: MetricRow | None

    @property
    def newest(self) -> MetricRow:
        """The row after, or before where there is none: for the names and ids of both."""
        return cast("MetricRow", self.after or self.before)

    def to_row(self) -> ChangeRow:
        """Lay the change out flat."""
        row, before, after = self.newest, self.before, self.after
        return {
            "call_log_id": row["call_log_id"],
            "call_id": row["call_id"],
            "metric_id": cast("int", row["metric_id"]),
            "metric_name": row["metric_name"],
            "change": self.kind.value,
            "passed_before": before and before["passed"],
            "passed_after": after and after["passed"],
            "score_before": before and before["score"],
            "score_after": after and after["score"],
            "value_before": before and value_of(before),
            "value_after": after and value_of(after),
            "explanation_before": before and before["explanation"],
            "explanation_after": after and after["explanation"],
        }


@dataclass(slots=True, kw_only=True)
class MetricSummary:
    """What one side holds of one metric.

    Attributes:
        n: Results that say something: a verdict, a score or a value.
        not_applicable: Results that say nothing.
        passed: How many passed.
        failed: How many failed.
        values: By value (of a metric with named values), how often it came.

    Example:
        >>> MetricSummary(n=4, passed=3, failed=1).pass_rate
        0.75
    """

    n: int = 0
    not_applicable: int = 0
    passed: int = 0
    failed: int = 0
    values: Counter[str] = field(default_factory=Counter[str])
    _scores: list[float] = field(default_factory=list[float], repr=False)

    def add(self, row: MetricRow) -> None:
        """Count one result."""
        verdict, score, value = row["passed"], row["score"], value_of(row)
        if verdict is None and score is None and value is None:
            self.not_applicable += 1
            return
        self.n += 1
        self.passed += verdict is True
        self.failed += verdict is False
        if score is not None:
            self._scores.append(score)
        if value is not None:
            self.values[value] += 1

    @property
    def pass_rate(self) -> float | None:
        """The share of verdicts that are passes, from 0 to 1; None without any verdict."""
        verdicts = self.passed + self.failed
        return self.passed / verdicts if verdicts else None

    @property
    def mean_score(self) -> float | None:
        """The mean of the scores; None without any."""
        # Exactly summed: the same scores in another order have the same mean.
        number = len(self._scores)
        return math.fsum(score / number for score in self._scores) if number else None


@dataclass(slots=True, kw_only=True)
class MetricComparison:
    """One metric, before and after.

    Attributes:
        metric_id: The metric.
        metric_name: Its name, the newest; None where no result has one.
        before: What was there before.
        after: What is there after.
        pass_to_fail: How many calls passed before and fail after.
        fail_to_pass: How many calls failed before and pass after.

    Example:
        >>> metric = MetricComparison(metric_id=789, pass_to_fail=0, fail_to_pass=6)
        >>> metric.p_value, metric.more_than_chance
        (0.03125, True)
    """

    metric_id: int
    metric_name: str | None = None
    before: MetricSummary = field(default_factory=MetricSummary)
    after: MetricSummary = field(default_factory=MetricSummary)
    pass_to_fail: int = 0
    fail_to_pass: int = 0

    @property
    def p_value(self) -> float:
        """How likely flips as one-sided as these are by chance alone; see `flips_p_value`."""
        return flips_p_value(self.pass_to_fail, self.fail_to_pass)

    @property
    def more_than_chance(self) -> bool:
        """Whether the flips go one way more than chance explains (p below 0.05)."""
        return self.p_value < _MORE_THAN_CHANCE


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What is different between two times: what `compare` returns.

    Attributes:
        flips: Verdicts that turned, pass to fail first.
        other_changes: Other scores, values and verdicts that differ.
        appeared: Results that there were none of before.
        disappeared: Results that there are none of any more.
        by_metric: Each metric that either side has results of, by its id.
        unchanged: How many results are the same on both sides.
        calls_before: How many calls the first side names.
        calls_after: How many calls the second side names.
        unknown: Calls that may have run and been charged, by what a file of the later side says.
        notices: What a reader should know: a side that is empty, a call that came twice, a name
            that is another metric's on the other side.

    Example:
        >>> calls = list(cekura.call_logs.list(agent_id=224))
        >>> comparison = compare(calls, calls)
        >>> comparison.flips, comparison.notices
        ([], [])
    """

    flips: list[ResultChange] = field(default_factory=list[ResultChange])
    other_changes: list[ResultChange] = field(default_factory=list[ResultChange])
    appeared: list[ResultChange] = field(default_factory=list[ResultChange])
    disappeared: list[ResultChange] = field(default_factory=list[ResultChange])
    by_metric: dict[int, MetricComparison] = field(default_factory=dict[int, MetricComparison])
    unchanged: int = 0
    calls_before: int = 0
    calls_after: int = 0
    unknown: list[int | str] = field(default_factory=list[int | str])
    notices: list[str] = field(default_factory=list[str])

    @property
    def regressions(self) -> list[ResultChange]:
        """The flips from pass to fail."""
        return [change for change in self.flips if change.kind is ChangeKind.PASS_TO_FAIL]

    def to_rows(self) -> list[ChangeRow]:
        """Lay every change out as a row: for a CSV file, pandas, polars or a database.

        Returns:
            The rows: flips first, then other changes, then what appeared and disappeared.

        Example:
            >>> compare([], []).to_rows()
            []
        """
        groups = (self.flips, self.other_changes, self.appeared, self.disappeared)
        return [change.to_row() for group in groups for change in group]

    def __str__(self) -> str:
        """Say how many results changed in which way."""
        worse = len(self.regressions)
        return (
            f"{len(self.flips) - worse} fail → pass, {worse} pass → fail, "
            f"{len(self.other_changes)} changed otherwise, {len(self.appeared)} appeared, "
            f"{len(self.disappeared)} disappeared, {self.unchanged} unchanged"
        )

    def _repr_html_(self) -> str:
        """Show each metric as a table, for notebooks."""
        heads = ("metric", "before", "after", "n", "pass → fail", "fail → pass", "p")
        cells = [
            (
                metric.metric_name or f"metric {metric.metric_id}",
                _figure(metric.before),
                _figure(metric.after),
                f"{metric.before.n} → {metric.after.n}",
                str(metric.pass_to_fail),
                str(metric.fail_to_pass),
                f"{metric.p_value:.2g}",
            )
            for metric in self.by_metric.values()
        ]
        head = "".join(f"<th>{name}</th>" for name in heads)
        rows = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in cells
        )
        notices = "".join(f"<p>{html.escape(notice)}</p>" for notice in self.notices)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<p>{html.escape(str(self))}</p>{notices}{table}"


def compare(before: Results, after: Results) -> Comparison:
    """Tell what is different between the results of two times, by call and metric.

    Costs nothing; it reads what is there already.

    Args:
        before: Any iterable of calls, of rows of `to_rows`, or the path of a `.jsonl`, `.json` or
            `.csv` file that the command line wrote, of results or of whole calls.
        after: The same, of the later time.

    Returns:
        The flips, the other changes, and what each metric came to before and after. A call is
        known by its call log id, or by the platform's where that is missing. Where a side has
        the same metric of the same call twice, the last one counts.

    Raises:
        InvalidRequestError: A side is none of these, or a file cannot be read as one of ours.

    Example:
        >>> before = list(cekura.call_logs.list(agent_id=224))
        >>> print(compare(before, before[1:]))
        0 fail → pass, 0 pass → fail, 0 changed otherwise, 0 appeared, 1 disappeared, 1 unchanged
    """
    return compare_sides(Side("before", before), Side("after", after))


def compare_sides(old: "Side", new: "Side") -> Comparison:
    """Compare two sides that were read already."""
    comparison = Comparison(
        calls_before=len(old.calls), calls_after=len(new.calls), unknown=[*new.unknown]
    )
    comparison.notices += [*old.notices(), *new.notices(), *_names_that_moved(old, new)]
    for side, name in ((old, "before"), (new, "after")):
        for row in side.results.values():
            metric = _metric_of(comparison, row)
            getattr(metric, name).add(row)
            metric.metric_name = row["metric_name"] or metric.metric_name
    for key in dict.fromkeys([*old.results, *new.results]):
        _sort_in(comparison, old.results.get(key), new.results.get(key))
    comparison.flips.sort(key=lambda change: change.kind is not ChangeKind.PASS_TO_FAIL)
    return comparison


def flips_p_value(pass_to_fail: int, fail_to_pass: int) -> float:
    """Tell how likely chance alone makes flips at least as one-sided as these.

    The exact two-sided test of McNemar: were a flip as likely in one direction as in the other.

    Args:
        pass_to_fail: How many flipped one way.
        fail_to_pass: How many flipped the other way.

    Returns:
        A number above 0, at most 1; 1.0 without any flip.

    Example:
        >>> flips_p_value(0, 5), flips_p_value(10, 10)
        (0.0625, 1.0)
    """
    n = pass_to_fail + fail_to_pass
    fewer = min(pass_to_fail, fail_to_pass)
    # A whole number as long as that is exact, and divided once.
    term = total = 1
    for chosen in range(fewer):
        term = term * (n - chosen) // (chosen + 1)
        total += term
    return min(1.0, total / 2 ** (n - 1)) if n else 1.0


def call_of(row: MetricRow) -> int | str:
    """What a call is known by: its call log id, or the platform's where that is missing."""
    return row["call_log_id"] if row["call_log_id"] is not None else row["call_id"]


def value_of(row: MetricRow) -> str | None:
    """The named value of a result: its `enum`, or else its `value`."""
    return row["enum"] if row["enum"] is not None else row["value"]


def _figure(summary: MetricSummary) -> str:
    if summary.pass_rate is not None:
        return f"{summary.pass_rate:.1%}"
    return "" if summary.mean_score is None else f"{summary.mean_score:.4g}"


def _metric_of(comparison: Comparison, row: MetricRow) -> MetricComparison:
    metric_id = cast("int", row["metric_id"])
    if metric_id not in comparison.by_metric:
        comparison.by_metric[metric_id] = MetricComparison(metric_id=metric_id)
    return comparison.by_metric[metric_id]


def _sort_in(comparison: Comparison, before: MetricRow | None, after: MetricRow | None) -> None:
    if before is None:
        change = ResultChange(kind=ChangeKind.APPEARED, before=None, after=after)
        comparison.appeared.append(change)
    elif after is None:
        change = ResultChange(kind=ChangeKind.DISAPPEARED, before=before, after=None)
        comparison.disappeared.append(change)
    elif before["passed"] is not None and after["passed"] is (not before["passed"]):
        worse = before["passed"]
        kind = ChangeKind.PASS_TO_FAIL if worse else ChangeKind.FAIL_TO_PASS
        comparison.flips.append(ResultChange(kind=kind, before=before, after=after))
        metric = _metric_of(comparison, after)
        metric.pass_to_fail += worse
        metric.fail_to_pass += not worse
    elif _says(before) != _says(after):
        change = ResultChange(kind=ChangeKind.OTHER, before=before, after=after)
        comparison.other_changes.append(change)
    else:
        comparison.unchanged += 1


def _says(row: MetricRow) -> tuple[object, ...]:
    return row["passed"], row["score"], value_of(row)


class Side:
    """The results of one side, by call and metric.

    Args:
        name: What to call it, `before` or `after`.
        source: What `compare` takes.
        on_call: Is told of each call, where the side is of calls.

    Raises:
        InvalidRequestError: The source is none of these.
    """

    def __init__(
        self,
        name: str,
        source: object,
        *,
        on_call: Callable[[CallLog | CallLogSummary], None] = lambda _: None,
    ) -> None:
        self.name = name
        self.results: dict[_Key, MetricRow] = {}
        self.calls = set[int | str]()
        self.unknown: dict[int | str, None] = {}
        self.metric_ids: dict[str, set[int]] = {}
        self._twice: dict[int | str, None] = {}
        for row, outcome in _rows(name, source, on_call):
            call = call_of(row)
            self.calls.add(call)
            if outcome == "unknown":
                self.unknown[call] = None
            metric = row["metric_id"]
            if metric is None:
                continue
            if (call, metric) in self.results:
                self._twice[call] = None
            self.results[call, metric] = row
            if row["metric_name"] is not None:
                self.metric_ids.setdefault(row["metric_name"], set()).add(metric)

    def notices(self) -> Iterator[str]:
        """Tell what is odd about it."""
        if not self.results:
            yield f"There are no results {self.name}."
        if self._twice:
            twice = [*self._twice]
            more = f" and {len(twice) - _SHOWN} more" if len(twice) > _SHOWN else ""
            yield (
                f"Came twice {self.name}, and the last one counts: "
                f"call {', '.join(map(str, twice[:_SHOWN]))}{more}."
            )


def _names_that_moved(before: Side, after: Side) -> Iterator[str]:
    for name, ids in before.metric_ids.items():
        there = after.metric_ids.get(name, set())
        if there and ids.isdisjoint(there):
            yield (
                f"{name!r} is metric {_listed(ids)} before and metric {_listed(there)} after: they "
                "are compared as different metrics."
            )


def _listed(ids: set[int]) -> str:
    return ", ".join(map(str, sorted(ids)))


def _rows(
    name: str, source: object, on_call: Callable[[CallLog | CallLogSummary], None]
) -> Iterator[tuple[MetricRow, object]]:
    """Give each row, and the outcome beside it where the command line wrote one."""
    if isinstance(source, str | os.PathLike):
        yield from _rows_of_file(Path(cast("str | os.PathLike[str]", source)), on_call)
        return
    kind = _kind(source)
    if isinstance(source, bytes | bytearray | Mapping) or not isinstance(source, Iterable):
        raise InvalidRequestError(
            f"{name} is a {kind}; it takes calls, rows of to_rows, or a path."
        )
    for item in cast("Iterable[object]", source):
        if isinstance(item, CallLog | CallLogSummary):
            on_call(item)
            for row in to_rows([item]):
                yield row, None
        elif isinstance(item, Mapping):
            yield _checked(cast("Mapping[str, object]", item), name)
        else:
            raise InvalidRequestError(
                f"{name} holds a {_kind(item)}; it takes calls, or rows of to_rows."
            )


def _kind(value: object) -> str:
    return type(value).__name__


def _rows_of_file(
    path: Path, on_call: Callable[[CallLog | CallLogSummary], None]
) -> Iterator[tuple[MetricRow, object]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, item in enumerate(_items(file, path.suffix.lower()), 1):
                if _is_call(item):
                    call = CallLog.from_dict(item)
                    on_call(call)
                    for row in to_rows([call]):
                        yield row, None
                else:
                    yield _checked(item, f"{path}, row {number}")
    except InvalidRequestError:
        raise
    except OSError as error:
        raise InvalidRequestError(f"{path} cannot be read: {error}.") from error
    except (ValueError, TypeError, csv.Error, RecursionError) as error:
        is_json = isinstance(error, json.JSONDecodeError)
        forms = (
            " A .jsonl file has one object in each line, a .json file one list." if is_json else ""
        )
        raise InvalidRequestError(f"{path} is no file of results: {error}.{forms}") from error


def _is_call(item: object) -> TypeGuard[dict[str, object]]:
    """Whether this is a whole call, as the command line writes one where asked to."""
    return isinstance(item, dict) and "call_log_id" not in item and {"id", "call_id"} <= {*item}


def _items(file: TextIO, suffix: str) -> Iterator[object]:
    if suffix == ".csv":
        yield from map(_from_cells, csv.DictReader(file))
    elif suffix == ".jsonl":
        yield from (json.loads(line) for line in file if line.strip())
    elif suffix == ".json":
        yield from json.load(file)
    else:
        raise ValueError("its name ends in none of .jsonl, .json and .csv")


def _from_cells(cells: Mapping[str | None, object]) -> dict[str, object]:
    """Read a line of a CSV file: what is empty is None, as the command line writes it."""
    row: dict[str, object] = {}
    for name, cell in cells.items():
        if name is None or not isinstance(cell, str):
            raise ValueError("a line has more or fewer cells than the first one")
        # What keeps a spreadsheet from taking a text for a formula.
        text = cell[1:] if cell.startswith(_FORMULA_STARTS) else cell
        value: object = text
        if text == "":
            value = None
        elif name in _IDS:
            value = int(text)
        elif name in _NUMBERS:
            value = float(text)
        elif name in _BOOLEANS:
            value = {"true": True, "false": False}.get(text.lower(), text)
        row[name] = value
    return row


def _checked(row: object, place: str) -> tuple[MetricRow, object]:
    """Take what is of a row, and its outcome; what is missing is None.

    Raises:
        InvalidRequestError: It is no row, or a value in it is not of its type.
    """
    named: Mapping[str, object] = {}
    if isinstance(row, Mapping):
        named = cast("Mapping[str, object]", row)
    if "call_log_id" not in named:
        raise InvalidRequestError(f"{place}: this is no row of results: it has no call_log_id.")
    found = {name: named.get(name) for name in METRIC_ROW_FIELDS}
    for name, value in found.items():
        if value is not None and not _fits(name, value):
            raise InvalidRequestError(f"{place}: {name} is {value!r}.")
    for name in _NUMBERS:
        number = found[name]
        if isinstance(number, float) and math.isnan(number):
            found[name] = None
    if found["call_log_id"] is None and found["call_id"] is None:
        raise InvalidRequestError(f"{place}: the row names no call.")
    return cast("MetricRow", found), named.get("outcome")


def _fits(name: str, value: object) -> bool:
    if name in _BOOLEANS or isinstance(value, bool):
        return name in _BOOLEANS and isinstance(value, bool)
    if name in _IDS:
        return isinstance(value, int)
    return isinstance(value, (int, float) if name in _NUMBERS else str)
