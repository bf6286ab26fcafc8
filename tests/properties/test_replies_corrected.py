"""A reply is read when the corrected contract allows it, and refused when it does not.

What is read is of its declared type, and is written back as it was.
"""

import datetime as dt
from collections import Counter
from contextlib import suppress

import pytest
from cekura_api.models import BillingInfoReply, MarkMetricVoteCallLogResponse
from cekura_api.reading import DecodeError
from cekura_client import CallLog
from hypothesis import given
from hypothesis import strategies as st

from scripts.tools.documents import Json
from tests.properties.bodies import NEAR_DATES, damaged, encoded, instant, require_read, written
from tests.properties.budget import BODIES, TEXTS, THOROUGH
from tests.properties.contracts import (
    REPLIES,
    RETRIEVE,
    Reply,
    corrected,
    is_date_time,
    properties_of,
    validator,
)
from tests.properties.declared_types import mistyped
from tests.properties.schema_values import SchemaValues


@pytest.mark.parametrize("reply", REPLIES, ids=str)
def test_a_reply_is_read_exactly_when_the_contract_allows_it(reply: Reply) -> None:
    contract = corrected()
    schema = reply.schema(contract)
    strict, tolerant = validator(contract, schema), validator(contract, schema, tolerant=True)
    outcomes, seen = Counter[str](), Counter[str]()

    @BODIES
    @given(damaged(SchemaValues(contract).of(schema)))
    def check(case: tuple[Json, Json]) -> None:
        body, changed = case
        strict.validate(body)  # or else the strategy makes what the contract does not allow
        require_read(reply, body)
        for row in body if isinstance(body, list) else [body]:
            assert isinstance(row, dict)
            seen.update(row.keys())

        if strict.is_valid(changed):
            require_read(reply, changed)
            outcomes["allowed"] += 1
            return
        try:
            read = reply.read(encoded(changed))
        except DecodeError:
            outcomes["refused"] += 1
            return
        assert tolerant.is_valid(changed)
        assert [*mistyped(read, reply.declared)] == []
        assert encoded(written(read))

    check()
    names = {*properties_of(contract, schema)}
    assert {*seen} & names
    assert {*seen} - names  # fields that the contract does not know
    if THOROUGH:  # a few examples may miss a field
        assert names <= {*seen}
    assert outcomes["refused"] > outcomes["allowed"] / 3 > 0


@TEXTS
@given(NEAR_DATES)
def test_a_text_that_is_nearly_a_date(text: str) -> None:
    body = encoded({"id": 1, "call_id": "a", "timestamp": text})
    try:
        row = RETRIEVE.read(body)
    except DecodeError:
        assert not is_date_time(text)
        return
    assert isinstance(row, CallLog)
    assert isinstance(row.timestamp, dt.datetime)
    again = row.to_dict()["timestamp"]
    assert isinstance(again, str)
    if is_date_time(text):
        assert instant(again) == instant(text)  # what is finer than a microsecond is cut off


@pytest.mark.parametrize("name", ["call_id", "trace_id", "topic"])
def test_a_text_longer_than_the_contract_says(name: str) -> None:
    require_read(RETRIEVE, {"id": 1, "call_id": "a", name: "x" * 100_000})


@TEXTS
@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_bytes_that_are_no_reply(body: bytes) -> None:
    for reply in REPLIES:
        with suppress(DecodeError):
            # Nothing of a balance, or of the answer to a vote, has to be there.
            assert reply.read(body) in ([], BillingInfoReply(), MarkMetricVoteCallLogResponse())
