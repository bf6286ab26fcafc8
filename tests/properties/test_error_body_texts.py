"""An error reply is read whatever its bytes are."""

import json

import pytest
from cekura_client.errors import read_error_body
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.budget import TEXTS
from tests.properties.schema_values import FREE_FORM
from tests.properties.schema_values import TEXTS as ODD_TEXTS

_FIELDS = st.one_of(st.sampled_from(["detail", "non_field_errors", "call_logs"]), ODD_TEXTS)
_MESSAGES = st.recursive(
    st.one_of(FREE_FORM, st.lists(ODD_TEXTS, max_size=2)),
    lambda inner: st.dictionaries(_FIELDS, inner, max_size=3),
    max_leaves=4,
)
_BODIES = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    _MESSAGES.map(json.dumps).map(str.encode),
    _MESSAGES.map(lambda body: json.dumps(body)[:-1].encode()),
    st.sampled_from([b"[" * 100_000, b"9" * 5000, b"NaN", b'{"a": NaN}', b"\xff\xfe{\x00}\x00"]),
)


@TEXTS
@given(_BODIES)
def test_any_bytes_give_a_detail_and_field_errors(body: bytes) -> None:
    detail, field_errors = read_error_body(body)
    assert detail is None or isinstance(detail, str)
    for field, messages in field_errors.items():
        assert isinstance(field, str)
        assert messages
        assert all(isinstance(message, str) for message in messages)


@TEXTS
@given(st.dictionaries(_FIELDS, st.lists(ODD_TEXTS, min_size=1, max_size=3), max_size=3))
def test_every_message_of_a_field_is_kept(errors: dict[str, list[str]]) -> None:
    expected: dict[str, list[str]] = {}
    for field, messages in errors.items():
        expected.setdefault(field or "non_field_errors", []).extend(messages)
    assert read_error_body(json.dumps(errors).encode()) == (None, expected)


# How deep JSON may be nested differs from Python to Python; each depth is too deep for some part.
@pytest.mark.parametrize("depth", [100, 900, 990, 1500, 3000, 100_000])
@pytest.mark.parametrize(("start", "end"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["list", "object"])
def test_a_body_that_is_nested_deeply(start: bytes, end: bytes, depth: int) -> None:
    _, field_errors = read_error_body(start * depth + b'"x"' + end * depth)
    assert [*field_errors.values()] in ([], [["x"]])
