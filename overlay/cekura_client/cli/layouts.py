"""Draws tables that fit a width: columns where there is room, else blocks of lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

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
