"""Gathers results for a table that fits the terminal and can be read without colour."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rich.console import Console

from cekura_client.cli.layouts import (
    FAIL,
    NO_VERDICT,
    PASS,
    column,
    print_block,
    print_columns,
    widened,
    width,
)
from cekura_client.cli.records import Record
from cekura_client.cli.terminal import printable

_NARROWEST_EXPLANATION = 20


@dataclass(slots=True)
class _Call:
    status: str
    cells: dict[int, str] = field(default_factory=dict[int, str])
    explanations: dict[int, str] = field(default_factory=dict[int, str])


class TableWriter:
    """Keeps what a table shows of each record, and prints it at the end.

    One line for each call with a column for each metric, where that fits; else, and with
    explanations, one line for each result; where even that does not fit, a block for each call.
    """

    def __init__(self, console: Console, *, explanations: bool = False) -> None:
        self._console = console
        self._explanations = explanations
        self._accepted: Counter[str] = Counter()
        self._metrics: dict[int, str] = {}
        self._calls: dict[int, _Call] = {}

    def write(self, record: Record) -> None:
        """Keep what the table shows of a record."""
        status = printable(str(record.get("status") or ""))
        if record["outcome"] == "accepted":
            self._accepted[status or "accepted"] += 1
        elif isinstance(call_id := record["call_log_id"], int) and "metric_id" in record:
            call = self._calls.setdefault(call_id, _Call(status))
            metric = record["metric_id"]
            if isinstance(metric, int):
                name = printable(str(record["metric_name"] or f"metric {metric}"))
                self._metrics.setdefault(metric, name)
                call.cells[metric] = _cell(record)
                if self._explanations:
                    call.explanations[metric] = printable(str(record["explanation"] or ""))

    def end(self) -> None:
        """Print the table; nothing where there is nothing to show."""
        if self._accepted:
            rows = [[status, str(calls)] for status, calls in self._accepted.most_common()]
            columns = [column("status", (row[0] for row in rows))]
            columns.append(column("calls", (row[1] for row in rows), is_number=True))
            print_columns(self._console, columns, rows)
        if self._calls:
            is_printed = not self._explanations and self._print_one_line_a_call()
            if not is_printed and not self._print_one_line_a_result():
                self._print_one_block_a_call()

    def _print_one_line_a_call(self) -> bool:
        calls = sorted(self._calls.items())
        metrics = sorted(self._metrics)
        columns = [
            column("call", (str(call_id) for call_id, _ in calls), is_number=True),
            column("status", (call.status for _, call in calls)),
            *(
                column(self._metrics[metric], self._cells_and_total(metric), may_break=True)
                for metric in metrics
            ),
        ]
        if width(columns) > self._console.width:
            return False
        rows = [
            [str(call_id), call.status, *(call.cells.get(metric, "") for metric in metrics)]
            for call_id, call in calls
        ]
        totals = ["", "passed", *(self._total(metric) for metric in metrics)]
        print_columns(self._console, columns, rows, totals if any(totals[2:]) else None)
        return True

    def _cells_and_total(self, metric: int) -> Iterable[str]:
        yield from (call.cells.get(metric, "") for call in self._calls.values())
        yield self._total(metric)

    def _total(self, metric: int) -> str:
        counts = Counter(call.cells.get(metric) for call in self._calls.values())
        judged = counts[PASS] + counts[FAIL]
        return f"{counts[PASS]}/{judged}" if judged else ""

    def _print_one_line_a_result(self) -> bool:
        rows: list[list[str]] = []
        for call_id, call in self._calls.items():
            first = [str(call_id), call.status]
            for name, cell, explanation in self._results(call):
                rows.append([*first, name, cell, explanation])
                first = ["", ""]
        columns = [
            column(heading, (row[place] for row in rows), is_number=not place)
            for place, heading in enumerate(["call", "status", "metric", "result"])
        ]
        if self._explanations:
            columns = widened(columns, "explanation", _NARROWEST_EXPLANATION, self._console)
        if width(columns) > self._console.width:
            return False
        print_columns(self._console, columns, [row[: len(columns)] for row in rows])
        return True

    def _print_one_block_a_call(self) -> None:
        for call_id, call in self._calls.items():
            lines: list[tuple[str, str]] = []
            for name, cell, explanation in self._results(call):
                lines.append((cell, name))
                if explanation:
                    lines.append(("", explanation))
            print_block(self._console, f"{call_id} {call.status}", lines)

    def _results(self, call: _Call) -> Iterator[tuple[str, str, str]]:
        """Each result's metric, short text and explanation."""
        if not call.cells:
            yield "", "no results", ""
        for metric, cell in call.cells.items():
            yield self._metrics[metric], cell, call.explanations.get(metric, "")


def _cell(record: Record) -> str:
    passed = record["passed"]
    if isinstance(passed, bool):
        return PASS if passed else FAIL
    score = record["score"]
    for text in (record["enum"], f"{score:g}" if isinstance(score, float) else "", record["value"]):
        if isinstance(text, str) and text:
            return printable(text)
    return NO_VERDICT
