"""Draws tables that fit the terminal, and can be read without colour.

Records are gathered until all are there: into one line for each call with a column for each
metric (`TableWriter`), or under headings that are known before (`RowTableWriter`). What is wider
than the terminal is drawn as blocks of lines.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cekura_client.cli.output.records import Record
from cekura_client.cli.output.terminal import printable

PASS, FAIL, NO_VERDICT = "pass", "FAIL", "n/a"
_STYLES = {PASS: "green", FAIL: "bold red", NO_VERDICT: "dim"}
_GAP = 3  # between two columns
_WIDEST_CELL = 24
_ROWS_AT_ONCE = 200  # Rich holds a table as thousands of pieces; a long one goes out in parts


@dataclass(frozen=True, slots=True)
class Column:
    """A column whose width is known before it is drawn."""

    heading: str
    width: int
    is_number: bool = False


def column(
    heading: str, cells: Iterable[str], *, is_number: bool = False, may_break: bool = False
) -> Column:
    """Make a column as wide as its cells; with `may_break`, its heading takes several lines."""
    words = heading.split() if may_break else [heading]
    widest = max(cell_len(text) for text in [*words, *cells])
    return Column(heading, min(widest, _WIDEST_CELL), is_number)


def width(columns: Sequence[Column]) -> int:
    """Tell how wide a table is."""
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)


def widened(columns: Sequence[Column], heading: str, least: int, console: Console) -> list[Column]:
    """Add a column that takes what is left of the width, at least so much."""
    left = console.width - width(columns) - _GAP
    return [*columns, Column(heading, max(left, least))]


def print_columns(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    totals: Sequence[str] | None = None,
) -> None:
    """Print a table, with a last line of totals where there are any."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        end = start + _ROWS_AT_ONCE
        footer = totals if end >= len(rows) else None
        table = Table(
            box=box.SIMPLE if footer else box.SIMPLE_HEAD,
            show_header=start == 0,
            show_footer=footer is not None,
            show_edge=False,
            pad_edge=False,
            header_style="bold",
            footer_style="",
        )
        for place, drawn in enumerate(columns):
            table.add_column(
                drawn.heading,
                Text(footer[place] if footer else ""),
                width=drawn.width,
                justify="right" if drawn.is_number else "left",
                overflow="fold",
            )
        for row in rows[start:end]:
            table.add_row(*map(_styled, row))
        console.print(table)


def print_block(console: Console, heading: str, lines: Sequence[tuple[str, str]]) -> None:
    """Print a heading, and below it a short text and a long one in each line."""
    console.print(Text(heading, "bold"))
    block = Table.grid(padding=(0, 2, 0, 0))
    narrow = min(max(cell_len(short) for short, _ in lines), console.width // 3)
    block.add_column(width=narrow, overflow="fold")
    block.add_column(overflow="fold")
    for short, long in lines:
        block.add_row(_styled(short), Text(long))
    console.print(block)


def _styled(cell: str) -> Text:
    return Text(cell, _STYLES.get(cell, ""))


_NARROWEST_EXPLANATION = 20


@dataclass(slots=True)
class _Call:
    status: str
    cells: dict[int, str] = field(default_factory=dict[int, str])
    explanations: dict[int, str] = field(default_factory=dict[int, str])


class TableWriter:
    """Keeps what a table shows of each record, and prints it at the end.

    One line for each call with a column for each metric, where that fits, and below it why
    results failed; else, and with explanations, one line for each result; where even that does not
    fit, a block for each call. Without explanations, only failures have theirs.
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
                name = record["metric_name"]
                if name or metric not in self._metrics:
                    self._metrics[metric] = printable(str(name or f"metric {metric}"))
                call.cells[metric] = _cell(record)
                if self._explanations or call.cells[metric] == FAIL:
                    call.explanations[metric] = printable(str(record["explanation"] or ""))

    def end(self) -> None:
        """Print the table; nothing where there is nothing to show."""
        if self._accepted:
            rows = [[status, str(calls)] for status, calls in self._accepted.most_common()]
            columns = [column("status", (row[0] for row in rows))]
            columns.append(column("calls", (row[1] for row in rows), is_number=True))
            print_columns(self._console, columns, rows)
        if self._calls:
            if not self._explanations and self._print_one_line_a_call():
                self._print_why_results_failed()
            elif not self._print_one_line_a_result():
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

    def _print_why_results_failed(self) -> None:
        for call_id, call in sorted(self._calls.items()):
            why = [
                (self._metrics[metric], explanation)
                for metric, explanation in call.explanations.items()
                if explanation
            ]
            if why:
                self._console.print()
                print_block(self._console, f"{call_id} {FAIL}", why)

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
        if self._explanations or any(explanation for *_, explanation in rows):
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


_NARROWEST_LAST = 12


def text_of(name: str) -> Callable[[Record], str]:
    """Make what shows a field as it is; nothing for None."""

    def show(record: Record) -> str:
        value = record.get(name)
        return "" if value is None else str(value)

    return show


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading, and what shows a record under it."""

    text: str
    show: Callable[[Record], str]
    is_number: bool = False


class RowTableWriter:
    """Keeps what a table shows of each record, and prints it at the end.

    One line for each record, the last column as wide as there is room for. Where there is none, a
    block for each record.
    """

    def __init__(self, console: Console, headings: Sequence[Heading]) -> None:
        self._console = console
        self._headings = headings
        self._rows: list[tuple[str, ...]] = []

    def write(self, record: Record) -> None:
        """Keep what the table shows of a record."""
        self._rows.append(tuple(printable(heading.show(record)) for heading in self._headings))

    def end(self) -> None:
        """Print the table; nothing where there is nothing to show."""
        if not self._rows:
            return
        *first, last = self._headings
        columns = [
            column(heading.text, (row[place] for row in self._rows), is_number=heading.is_number)
            for place, heading in enumerate(first)
        ]
        columns = widened(columns, last.text, self._least(last), self._console)
        if width(columns) <= self._console.width:
            print_columns(self._console, columns, self._rows)
        else:
            self._print_blocks()

    def _least(self, last: Heading) -> int:
        """How narrow the last column may be: cells that are short are not broken."""
        widest = max(cell_len(row[-1]) for row in self._rows)
        return max(cell_len(last.text), min(widest, _NARROWEST_LAST))

    def _print_blocks(self) -> None:
        names = [heading.text for heading in self._headings]
        for row in self._rows:
            lines = [*zip(names[1:], row[1:], strict=True)]
            print_block(self._console, f"{names[0]} {row[0]}", lines)
