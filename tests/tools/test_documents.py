"""Documents: read without surprises, written the same way every time."""

import pytest

from scripts.tools.documents import Document, format_document, parse_document
from scripts.tools.refusals import RefusedError


def test_dates_and_words_stay_text() -> None:
    text = (
        "day: 2026-08-18\ntime: 2024-03-15T10:15:45Z\nanswer: no\nsame: '='\neq: =\nsixty: 1:30\n"
    )
    assert parse_document(text, "x") == {
        "day": "2026-08-18",
        "time": "2024-03-15T10:15:45Z",
        "answer": "no",
        "same": "=",
        "eq": "=",
        "sixty": "1:30",
    }


def test_numbers_are_those_of_yaml_1_2() -> None:
    text = "a: 017\nb: 0o17\nc: 0x1F\nd: 1_000\ne: 1e3\nf: .5\ng: 0b1\nh: +12\n"
    assert parse_document(text, "x") == {
        "a": 17,
        "b": 15,
        "c": 31,
        "d": "1_000",
        "e": 1000.0,
        "f": 0.5,
        "g": "0b1",
        "h": 12,
    }


def test_what_a_merge_key_brings_may_be_said_again() -> None:
    document = parse_document("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n", "x")
    assert document["b"] == {"x": 3, "y": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "x: line 2, column 1: not a YAML or JSON document: key 'a' stands"),
        ('{"a": {"b": 1, "b": 2}}', "x: key 'b' stands twice"),
        ("200: {}\n", "x: key 200 is not text; put it in quotes"),
        ("a:\n  - .nan\n", "x: a > 0: nan is not a number that JSON can hold"),
        ("a: !!binary YQ==\n", "x: a: a bytes is not what JSON can hold"),
        ("- a\n", "x: expected an object at the top, found list"),
        ("", "x: expected an object at the top, found NoneType"),
        ("a: [\n", "x: line 2, column 1: not a YAML or JSON document: "),
        ('{"a": ', "x: line 2, column 1: not a YAML or JSON document: "),
        ("a: b\x85c\n", "x: line 1, column 5: U+0085 stands there as it is"),
    ],
)
def test_what_is_no_document_is_refused(text: str, message: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        parse_document(text, "x")
    assert message in str(refusal.value)


def test_what_yaml_aliases_share_is_read_as_copies() -> None:
    document = parse_document("a: &shared {b: 1}\nc: *shared\n", "x")
    assert document["a"] == document["c"]
    assert document["a"] is not document["c"]


def test_a_written_document_reads_back_and_is_written_the_same_again() -> None:
    document: Document = {
        "z": "first key first",
        "block": "Example: \n- a\n\n  indented\n",
        "open end": "a\nb",
        "leading": "\n\nx\n\n",
        "quoted": ["200", "null", "true", "2026-08-18", "1e3", "", " a ", "a: b", "# c"],
        "plain": [1, 1.5, True, None, [], {}],
        "long": "word " * 60,
        "odd breaks": ["a\r\nb", "a\x85b", "a\u2028\nb", "\ufeff"],
        "spaces at an end": "a \nb\t\n",
        "words of YAML 1.1": ["yes", "017", "0o17", "1_000", "1:30", "=", "<<"],
        "letters": "em dash — and €",
    }
    text = format_document(document, "a comment")
    assert text.startswith("# a comment\nz: first key first\n")
    assert parse_document(text, "x") == document
    assert format_document(parse_document(text, "x"), "a comment") == text
