"""Reads ids from the command line, from files and from standard input; and dates and moments."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.models import LARGEST_ID

STANDARD_INPUT = "-"
_ID = re.compile(r"0*([1-9][0-9]{0,18})", re.ASCII)
_SEPARATORS = re.compile(r"[\s,]+")
_AGO = re.compile(r"([0-9]{1,4})([hdw])", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_LONGEST_SHOWN = 40  # characters of a text that is no id


def call_ids_of(words: list[str] | None, files: list[str] | None) -> list[int]:
    """Read the ids that a command was given.

    Raises:
        BadUsageError: There are none, or `read_call_ids` refuses them.
    """
    if not words and not files:
        raise BadUsageError(
            "Name ids of call logs, --from a file, or - for standard input. Nothing was sent."
        )
    return read_call_ids(words or [], files or [], sys.stdin.buffer)


def read_call_ids(
    words: Iterable[str], files: Iterable[str], standard_input: BinaryIO
) -> list[int]:
    """Read the ids of call logs, each once, in the order they came.

    Args:
        words: Arguments: ids, several with commas, or `-` for standard input.
        files: Paths of files with ids; `-` for standard input.
        standard_input: Where `-` reads from; it is read once.

    Raises:
        BadUsageError: A text is no id, or a file cannot be read.
    """
    found: dict[int, None] = {}
    sources = [(word, word == STANDARD_INPUT, False) for word in words]
    sources += [(file, file == STANDARD_INPUT, True) for file in files]
    for text, is_standard_input, is_file in sources:
        if is_standard_input:
            ids = parse_ids(_lines(standard_input.read()), "standard input")
        elif is_file:
            ids = parse_ids(_lines(_read(text)), text)
        else:
            ids = parse_ids([text], None)
        found.update(dict.fromkeys(ids))
    return list(found)


def parse_ids(lines: Iterable[str], source: str | None) -> Iterator[int]:
    """Read ids, separated by whitespace and commas; `#` begins a comment.

    Args:
        lines: The text, line by line.
        source: What to call it in an error; None for an argument, which has no lines.

    Raises:
        BadUsageError: A text is no id; the error names its line.
    """
    for number, line in enumerate(lines, start=1):
        for text in _SEPARATORS.split(line.partition("#")[0]):
            if not text:
                continue
            digits = _ID.fullmatch(text)
            if digits is None or int(digits[1]) > LARGEST_ID:
                where = f"In {source}, line {number}: " if source else ""
                raise BadUsageError(
                    f"{where}{_shown(text)} is not an id, a whole number from 1 to {LARGEST_ID}. "
                    "Nothing was sent."
                )
            yield int(digits[1])


def read_platform_ids(files: Iterable[str], standard_input: BinaryIO) -> list[str]:
    """Read the platform's own ids, one in each line, each once, in the order they came.

    Args:
        files: Paths of files; `-` for standard input.
        standard_input: Where `-` reads from.

    Raises:
        BadUsageError: A file cannot be read, or is not UTF-8.
    """
    found: dict[str, None] = {}
    for file in files:
        is_standard_input = file == STANDARD_INPUT
        content = standard_input.read() if is_standard_input else _read(file)
        try:
            lines = content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            name = "standard input" if is_standard_input else file
            raise BadUsageError(f"{name} is not UTF-8: {error}. Nothing was sent.") from error
        found.update(dict.fromkeys(text for line in lines if (text := line.strip())))
    return list(found)


def parse_option(texts: Sequence[str], option: str) -> list[int]:
    """Read the ids that an option was given, each once; it may be given several times.

    Raises:
        BadUsageError: A text is no id.
    """
    lines = [line for text in texts for line in text.splitlines()]
    return list(dict.fromkeys(parse_ids(lines, option if len(lines) > 1 else None)))


def parse_metrics(texts: Sequence[str]) -> list[int]:
    """Read the ids that `--metrics` was given.

    Raises:
        BadUsageError: A text is no id; the error says where a name goes.
    """
    try:
        return parse_option(texts, "--metrics")
    except BadUsageError as error:
        raise BadUsageError(f"{error} A metric's name goes into --metric.") from None


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadUsageError(f"Cannot read {path}: {error.strerror}. Nothing was sent.") from error


def _lines(content: bytes) -> list[str]:
    # What is no UTF-8 is shown in the error, as the text that it spoils.
    return content.decode("utf-8-sig", errors="backslashreplace").splitlines()


def _shown(text: str) -> str:
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return repr(shown)


def parse_moment(text: str | None, option: str) -> date | None:
    """Read a date, or a moment with its time zone; None where nothing was given.

    Args:
        text: ISO 8601, such as `2026-11-01` or `2026-11-01T08:00+01:00`; or a time before now:
            `24h`, `7d`, `2w`; or `yesterday`, the date in UTC.
        option: What to call it in an error.

    Raises:
        BadUsageError: It is neither.
    """
    if text is None:
        return None
    now = datetime.now(UTC)
    if text == "yesterday":
        return now.date() - timedelta(days=1)
    if ago := _AGO.fullmatch(text):
        return now - timedelta(hours=int(ago[1]) * _HOURS[ago[2]])
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadUsageError(
            f"{option} {text!r} is neither a date such as 2026-11-01, nor a moment such as "
            "2026-11-01T08:00Z, nor a time before now such as 24h, 7d, 2w or yesterday. "
            "Nothing was sent."
        ) from None
    if moment.utcoffset() is None:
        raise BadUsageError(
            f"{option} {text} has no time zone: add Z, for UTC, or one such as +01:00. "
            "Nothing was sent."
        )
    return moment
