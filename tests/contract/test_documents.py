"""Documents: read without surprises, written the same way every time."""

import pytest

from scripts.documents import Document, format_document, parse_document
from scripts.refusals import RefusedError


def test_dates_and_words_stay_text() -> None:
    text = "day: 2026-08-18\ntime: 2024-03-15T10:15:45Z\nanswer: no\n"
    assert parse_document(text, "x") == {
        "day": "2026-08-18",
        "time": "2024-03-15T10:15:45Z",
        "answer": "no",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "x: line 2, column 1: not a YAML or JSON document: while"),
        ('{"a": {"b": 1, "b": 2}}', "x: key 'b' stands twice"),
        ("200: {}\n", "x: key 200 is not text; put it in quotes"),
        ("a:\n  - .nan\n", "x: a > 0: nan is not a number that JSON can hold"),
        ("a: !!binary YQ==\n", "x: a: a bytes is not what JSON can hold"),
        ("- a\n", "x: expected an object at the top, found list"),
        ("", "x: expected an object at the top, found NoneType"),
        ("a: [\n", "x: line 2, column 1: not a YAML or JSON document: "),
        ('{"a": ', "x: line 1, column 7: not a YAML or JSON document: "),
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
        "letters": "em dash — and €",
    }
    text = format_document(document, "a comment")
    assert text.startswith("# a comment\nz: first key first\n")
    assert parse_document(text, "x") == document
    assert format_document(parse_document(text, "x"), "a comment") == text
