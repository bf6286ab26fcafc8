"""Gathers rows for a table whose columns are known before: one line each, or a block each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console

from cekura_client.cli.layouts import column, print_block, print_columns, widened, width
from cekura_client.cli.records import Record
from cekura_client.cli.terminal import printable

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
