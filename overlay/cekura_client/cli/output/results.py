"""Where a command's records go: into a table, or out as JSON or CSV."""

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console

from cekura_client.cli.input.formats import Format
from cekura_client.cli.output.formats import (
    CsvWriter,
    IdsWriter,
    JsonLinesWriter,
    JsonWriter,
    StandardOutput,
    Writer,
)
from cekura_client.cli.output.records import Record
from cekura_client.cli.output.tables import TableWriter
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings


class Output:
    """The records of one command, in the format asked for.

    Args:
        terminal: Where they go.
        settings: They name the format; without one, a table on a terminal, else JSON lines.
        fields: What records hold, in order; None takes each as it is.
        table: Makes what draws a table.

    Attributes:
        format: The format.
        leaves_room_for_a_bar: Whether a bar on the terminal would not get in between.
    """

    def __init__(
        self,
        terminal: Terminal,
        settings: Settings,
        fields: Sequence[str] | None,
        *,
        table: Callable[[Console], Writer] = TableWriter,
    ) -> None:
        self.format = settings.output or (
            Format.TABLE if terminal.results.is_terminal else Format.JSONL
        )
        self.leaves_room_for_a_bar = self.format is Format.TABLE or not terminal.results.is_terminal
        self._raw = settings.raw
        self._stream = StandardOutput()
        self._writer = self._make_writer(terminal, fields or (), table)

    def _make_writer(
        self, terminal: Terminal, fields: Sequence[str], table: Callable[[Console], Writer]
    ) -> Writer:
        match self.format:
            case Format.TABLE:
                return table(terminal.results)
            case Format.JSON:
                return JsonWriter(self._stream.write, fields)
            case Format.JSONL:
                return JsonLinesWriter(self._stream.write, fields)
            case Format.CSV:
                return CsvWriter(self._stream.write, fields, raw=self._raw)
            case Format.IDS:
                return IdsWriter(self._stream.write, fields[0])

    @property
    def problem(self) -> OSError | None:
        """What writing failed with; None as long as it works, and when the reader has left."""
        return None if self.reader_left else self._stream.problem

    @property
    def reader_left(self) -> bool:
        """Whether nobody reads any more, as after `| head`."""
        return isinstance(self._stream.problem, BrokenPipeError)

    def write(self, records: Iterable[Record]) -> None:
        """Write records; a table keeps them until the end."""
        for record in records:
            self._writer.write(record)

    def end(self) -> None:
        """Write what is left."""
        try:
            self._writer.end()
        except OSError as error:  # of a table: records are written through the stream
            self._stream.fail(error)
