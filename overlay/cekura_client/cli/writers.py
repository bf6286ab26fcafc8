"""Writes records to standard output, for people and for programs."""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from cekura_client.cli.records import Record
from cekura_client.cli.terminal import discard


class Format(StrEnum):
    """How results are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    IDS = "ids"
    """The id of each call, one in each line; for a list of calls alone."""


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

    def write(self, text: str) -> None:
        """Write, and pass on at once; does nothing after a failure."""
        if self.problem is not None:
            return
        try:
            # As bytes: neither the locale nor Windows decides about letters and line ends.
            sys.stdout.buffer.write(text.encode())
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
    """Comma-separated values under a line of names; nothing between two commas is null."""

    def __init__(self, write: Callable[[str], None], fields: Sequence[str]) -> None:
        self._csv = csv.DictWriter(_Lines(write), fields, lineterminator="\n")
        self._csv.writeheader()

    def write(self, record: Record) -> None:
        """Write one line."""
        self._csv.writerow({name: _csv_cell(value) for name, value in record.items()})

    def end(self) -> None:
        """Every line is written already."""


class IdsWriter:
    """The id of each call, one in each line: what other commands read from standard input."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def write(self, record: Record) -> None:
        """Write one line; a call without an id has none."""
        if (call_id := record["call_log_id"]) is not None:
            self._write(f"{call_id}\n")

    def end(self) -> None:
        """Every line is written already."""


def _csv_cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


class _Lines:
    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def write(self, text: str) -> None:
        self._write(text)


def _json(record: Record, fields: Sequence[str]) -> str:
    shown = {name: record.get(name) for name in fields} if fields else record
    return json.dumps(shown, ensure_ascii=False)
