"""The parser in C: used for what both parsers read alike, and for nothing else."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import documents
from scripts.documents import files_in, parse_document
from scripts.layout import REPOSITORY
from scripts.libyaml_parser import OddYamlError, libyaml_parser
from scripts.refusals import RefusedError
from tests.contract.test_odd_sources import FINE, ODD

FOLDERS = (REPOSITORY.fragments, REPOSITORY.contract.parent, *REPOSITORY.overlays)
FILES = [path for folder in FOLDERS for path in files_in(folder) if path.is_file()]
# What YAML 1.1 and 1.2, or the two parsers, read differently, one of them each.
APART = [
    "a: x\u2028b: 1\n",
    "a: \ufeffx\n",
    "a: 1\t\n",
    "a: 1\r\n",
    "%YAML 1.1\n---\na: yes\n",
    "a: >\n \n  x\n",
    "a: |# x\n",
    "a: >-#x\n",
    'a: ["b":1]\n',
    "a: ['b':1]\n",
    "&a: 1\n",
    "a: &b:c\n",
    "a: &b 1\nc: *b:\n",
    "a: &b 1\nc: [*b]\n",
    "a: !!str 1\n",
    "a: ! 1\n",
    "--- a: 1\n",
    "a: 1\n...\n...\n",
]
ALIKE = [
    "a: yes\nb: 0o17\nc: 017\nd: 1_000\ne: 1:30\ng: .5\nh: ~\n",
    "a: {b: c, 'd': [e, \"f\"], g: http://x:80/#y}\nh: a # b\ni: a#b\n",
    "a: |\n  x\n\n   y\nb: >2-\n   x\nc: 'it''s'\nd: \"\\u00e9\\/\\n\"\n",
    "? a\n: - b\n  - - c\n<<: {d: 1}\n",
    "a: &b_1 {c: 😀}\nd: *b_1\ne: &e\n  - &c-d '1'\nf: {<<: *b_1 , g: h}\ni: *c-d\nj: &c-d 2\n",
    "a: em dash — and 😀\n",
]
WRONG = [
    "a: 1\na: 2\n",
    "a: =\n",
    "a: [\n",
    "a: *b\n",
    "a: b: c\n",
    "\0",
    "a: 2026-13-45\n- b",
    "\ud800",
]


def told(text: str) -> str:
    try:
        return repr(parse_document(text, "x"))
    except RefusedError as refusal:
        return str(refusal)


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Read a text by ruamel.yaml's own parser alone."""

    def refuse(text: str) -> None:
        raise OddYamlError(text)

    def read(text: str) -> str:
        with monkeypatch.context() as patch:
            patch.setattr(documents, "libyaml_parser", refuse)
            return told(text)

    return read


def is_quick(text: str) -> bool:
    with suppress(Exception):
        documents.load_yaml(text, libyaml_parser(text))
        return True
    return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_documents_of_the_repository_are_read_quickly_and_alike(
    path: Path, slowly: Callable[[str], str]
) -> None:
    text = path.read_text("utf-8")
    assert is_quick(text)
    assert told(text) == slowly(text)


@pytest.mark.parametrize("text", ALIKE)
def test_what_both_parsers_read_alike_is_read_quickly(
    text: str, slowly: Callable[[str], str]
) -> None:
    assert is_quick(text)
    assert told(text) == slowly(text)


@pytest.mark.parametrize("text", APART)
def test_what_the_parsers_may_read_differently_is_left_to_the_one(
    text: str, slowly: Callable[[str], str]
) -> None:
    assert not is_quick(text)
    assert told(text) == slowly(text)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_in_the_same_words(text: str, slowly: Callable[[str], str]) -> None:
    assert told(text) == slowly(text)


# All but what takes seconds to read in full.
SOURCES = FINE | {name: text for name, (text, _) in ODD.items() if "bomb" not in name}
TEXTS = {name: text for name, text in SOURCES.items() if isinstance(text, str) and len(text) < 9999}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_odd_sources_are_read_alike(text: str, slowly: Callable[[str], str]) -> None:
    assert told(text) == slowly(text)


PIECES = st.sampled_from(
    [
        *("a", "b c", "1", "é", "\n", "\n  ", "\n- ", " ", "  ", "- ", ": ", ":", "? ", ", ", ","),
        *(
            "[",
            "]",
            "{",
            "}",
            "#",
            " # ",
            "'",
            '"',
            "|",
            ">",
            "|-\n",
            ">\n  ",
            "&a ",
            "*a",
            "!",
            "<<",
        ),
        *(
            "~",
            "null",
            "yes",
            "1e3",
            "0o7",
            "---\n",
            "...\n",
            "%",
            "\\n",
            "\\",
            "\t",
            "\r\n",
            "\ufeff",
        ),
        *("\nb: ", "\n  c: ", "@", "`", "=", "-", ".", "/", "://", "\u2028", "\x85", "\xa0"),
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(derandomize=True, max_examples=400, deadline=None, database=None)
def test_whatever_is_read_quickly_is_read_alike(text: str) -> None:
    text = f"a: {text}"
    try:
        quick = documents.load_yaml(text, libyaml_parser(text))
    except Exception:  # noqa: BLE001 - for whatever reason, the other parser reads it then
        return
    assert repr(quick) == repr(documents.load_yaml(text))
