"""Ids from arguments, files and standard input."""

import io
from pathlib import Path

import pytest
from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.cli.input.values import parse_option, read_call_ids


def read(*words: str, files: tuple[str, ...] = (), typed: bytes = b"") -> list[int]:
    return read_call_ids(words, files, io.BytesIO(typed))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1 2\n3", [1, 2, 3]),
        ("1,2,3", [1, 2, 3]),
        ("1, 2 ,\t3,\r\n4\r\n", [1, 2, 3, 4]),
        ("# from the nightly list\n7 # the odd one, 8\n#9\n10", [7, 10]),
        ("\ufeff5\n", [5]),
        ("3 1 3 2 1", [3, 1, 2]),
        ("007", [7]),
        (str(2**63 - 1), [2**63 - 1]),
        ("", []),
        (" \n,\n# nothing\n", []),
    ],
)
def test_text_with_ids(text: str, ids: list[int], tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes(text.encode())
    assert read(files=(str(file),)) == ids
    assert read("-", typed=text.encode()) == ids
    assert read(files=("-",), typed=text.encode()) == ids


def test_all_sources_at_once_each_id_once(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("4 5 1")
    assert read("1,2", "-", "3", files=(str(file),), typed=b"9 3") == [1, 2, 9, 3, 4, 5]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("12x", "'12x'"),
        ("0", "'0'"),
        ("-5", "'-5'"),
        ("1.5", "'1.5'"),
        ("1_000", "'1_000'"),
        ("+5", "'+5'"),
        ("١٢", "'١٢'"),
        ("all", "'all'"),
        (str(2**63), f"'{2**63}'"),
        ("9" * 5000, f"'{'9' * 40}…'"),
        ("call_log_id", "'call_log_id'"),
    ],
)
def test_what_is_no_id_is_named_with_its_line(line: str, shown: str) -> None:
    with pytest.raises(BadUsageError) as caught:
        read("-", typed=f"1\n# fine\n2, {line} 3\n".encode())
    assert str(caught.value).startswith(f"In standard input, line 3: {shown} is not an id")


@pytest.mark.parametrize("typed", [b"1\n\xff\xfe2\n", "1\n2".encode("utf-16")])
def test_what_is_no_utf_8_is_no_id(typed: bytes) -> None:
    with pytest.raises(BadUsageError, match=r"standard input, line \d: .*is not an id"):
        read("-", typed=typed)


def test_a_bad_argument_has_no_line() -> None:
    with pytest.raises(BadUsageError, match=r"^'x' is not an id"):
        read("1,x")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadUsageError, match=r"Cannot read .*missing.txt: No such file"):
        read(files=(str(tmp_path / "missing.txt"),))


def test_an_option_given_several_times() -> None:
    assert parse_option(["789,790", "791 789", "1\n2"], "--metrics") == [789, 790, 791, 1, 2]
    with pytest.raises(BadUsageError, match=r"^In --metrics, line 2: 'x' is not an id"):
        parse_option(["789", "x"], "--metrics")
