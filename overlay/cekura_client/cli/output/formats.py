"""Writes records to standard output, for people and for programs."""

import csv
import json
import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from cekura_client.cli.output.records import Record
from cekura_client.cli.output.terminal import discard

# What a spreadsheet takes for a formula where a cell begins with it.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?", re.ASCII)
# What steers a terminal, and no line of JSON holds as it is.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# JSON leaves these as they are: controls, other line ends, and halves of a character.
_UNESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Writer(Protocol):
    """Takes records, one after another."""

    def write(self, record: Record) -> None:
        """Write one record, or keep it for the end."""
        ...

    def end(self) -> None:
        """Write what is left."""
        ...


class StandardOutput:
    """Standard output for programs: UTF-8, and a failure of it ends no run.

    A run may be paid for, so it goes on when the reader has left or the disk is full.

    Attributes:
        problem: What writing failed with; None as long as it works.
    """

    def __init__(self) -> None:
        self.problem: OSError | None = None
        self._is_terminal = sys.stdout.isatty()

    def write(self, text: str) -> None:
        """Write, and pass on at once; does nothing after a failure."""
        if self._is_terminal:
            text = _CONTROLS.sub("\ufffd", text)
        # As bytes: neither the locale nor Windows decides about letters and line ends.
        self.write_bytes(text.encode(errors="replace"))

    def write_bytes(self, data: bytes) -> None:
        """Write these as they are, which is not for a terminal."""
        if self.problem is not None:
            return
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except OSError as error:
            self.fail(error)

    def fail(self, error: OSError) -> None:
        """Write nothing any more."""
        self.problem = error
        discard(sys.stdout)


class JsonLinesWriter:
    """One JSON object in each line, with these fields or, without any named, its own."""

    def __init__(self, write: Callable[[str], None], fields: Sequence[str]) -> None:
        self._write = write
        self._fields = fields

    def write(self, record: Record) -> None:
        """Write one line."""
        self._write(f"{_json(record, self._fields)}\n")

    def end(self) -> None:
        """Every line is written already."""


class JsonWriter:
    """One JSON list; written item by item, so that no list has to be held."""

    def __init__(self, write: Callable[[str], None], fields: Sequence[str]) -> None:
        self._write = write
        self._fields = fields
        self._before = "[\n"

    def write(self, record: Record) -> None:
        """Write one item."""
        self._write(f"{self._before}{_json(record, self._fields)}")
        self._before = ",\n"

    def end(self) -> None:
        """Close the list."""
        self._write("[]\n" if self._before == "[\n" else "\n]\n")


class CsvWriter:
    """Comma-separated values under a line of names; nothing between two commas is null.

    Args:
        write: Where they go.
        fields: The names.
        raw: Whether to leave a text that a spreadsheet would take for a formula as it is; else
            an apostrophe before it makes it text.
    """

    def __init__(
        self, write: Callable[[str], None], fields: Sequence[str], *, raw: bool = False
    ) -> None:
        self._csv = csv.DictWriter(_Lines(write), fields, lineterminator="\n")
        self._csv.writeheader()
        self._raw = raw

    def write(self, record: Record) -> None:
        """Write one line."""
        cells = {name: _csv_cell(value) for name, value in record.items()}
        if not self._raw:
            cells = {name: _not_a_formula(cell) for name, cell in cells.items()}
        self._csv.writerow(cells)

    def end(self) -> None:
        """Every line is written already."""


class IdsWriter:
    """The id of each record, one in each line: what other commands read from standard input."""

    def __init__(self, write: Callable[[str], None], field: str) -> None:
        self._write = write
        self._field = field

    def write(self, record: Record) -> None:
        """Write one line; a record without an id has none."""
        if (found := record[self._field]) is not None:
            self._write(f"{found}\n")

    def end(self) -> None:
        """Every line is written already."""


def _csv_cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _not_a_formula(cell: object) -> object:
    if not isinstance(cell, str) or not cell.startswith(_BEGINS_A_FORMULA):
        return cell
    return cell if _NUMBER.fullmatch(cell) else f"'{cell}"


class _Lines:
    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def write(self, text: str) -> None:
        self._write(text)


def _json(record: Record, fields: Sequence[str]) -> str:
    shown = {name: record.get(name) for name in fields} if fields else record
    try:
        text = json.dumps(shown, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(shown), ensure_ascii=False, allow_nan=False)
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _finite(value: object) -> object:
    """Put null for each NaN and infinity, which JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        members = cast("dict[object, object]", value)
        return {name: _finite(member) for name, member in members.items()}
    if isinstance(value, list):
        return [_finite(item) for item in cast("list[object]", value)]
    return value
