"""What the published contract allows is read too, but for where a correction narrows it."""

import copy
from collections.abc import Iterable, Iterator
from typing import cast

import pytest
from cekura_api.reading import DecodeError
from hypothesis import given

from scripts.tools.documents import Document, Json
from tests.properties.bodies import Place, encoded, require_read
from tests.properties.budget import BODIES
from tests.properties.contracts import (
    EVALUATE,
    RERUN,
    Reply,
    Wrong,
    corrected,
    published,
    validator,
)
from tests.properties.schema_values import SchemaValues

# By the correction's name: the fields that the published schema does not know, and that hence
# could hold anything there; and one value that the correction does not allow.
NARROWED: dict[str, dict[str, Json]] = {
    "metric-result-fields": {
        "eval_type": 1,
        "passed": "true",
        "score_normalized": "0.5",
        "function_name": 1,
        "vocera_defined_metric_code": 1,
    },
    "transcript-turns": {"start_time": "0:19", "end_time": "0:20", "time": 19},
}
_WIDE = {"data"}  # added as well, and open to anything


def test_the_narrowed_fields_are_those_that_corrections_add() -> None:
    listed = {name for fields in NARROWED.values() for name in fields}
    before, after = _fields(published()), _fields(corrected())
    added = {name for schema, names in before.items() for name in after[schema] - names}
    assert added == listed | _WIDE


@pytest.mark.parametrize(
    ("quirk", "name"), [(quirk, name) for quirk, fields in NARROWED.items() for name in fields]
)
def test_a_narrowed_field(quirk: str, name: str) -> None:
    turn: dict[str, Json] = {"role": "a", "content": "b", "timestamp": 1}
    metric: dict[str, Json] = {"id": 1, "name": "a", "score": 5, "type": "a"}
    metric |= {"enum": "", "value": "", "explanation": [], "extra": {}}
    (turn if quirk == "transcript-turns" else metric)[name] = NARROWED[quirk][name]
    body: Json = [
        {"id": 1, "call_id": "a", "transcript_object": [turn], "evaluation": {"metrics": [metric]}}
    ]
    assert validator(published(), RERUN.schema(published())).is_valid(body)
    assert not validator(corrected(), RERUN.schema(corrected())).is_valid(body)
    with pytest.raises(DecodeError, match=name):
        RERUN.read(encoded(body))


# The published contract has no retrieve.
@pytest.mark.parametrize("reply", [EVALUATE, RERUN], ids=str)
def test_a_published_reply_is_read_but_for_the_narrowed_fields(reply: Reply) -> None:
    contract = with_ids(published())
    schema = reply.schema(contract)
    judge = validator(contract, schema)
    now = validator(corrected(), reply.schema(corrected()))
    listed = {name for fields in NARROWED.values() for name in fields}

    @BODIES
    @given(SchemaValues(contract, further_names=[*listed, *_WIDE]).of(schema))
    def check(body: Json) -> None:
        judge.validate(body)
        narrowed = {place[-1] for place in _deepest(now.iter_errors(body))}
        if narrowed:
            assert narrowed <= listed
            with pytest.raises(DecodeError):
                reply.read(encoded(body))
        else:
            require_read(reply, body)

    check()


def with_ids(contract: Document) -> Document:
    """Require the id of a call log, without which none is read."""
    changed = copy.deepcopy(contract)
    components = cast("Document", changed["components"])
    schemas = cast("dict[str, dict[str, list[str]]]", components["schemas"])
    for name in ("CallLogDetail", "CallLogList"):
        schemas[name]["required"] = [*schemas[name]["required"], "id"]
    return changed


def _fields(contract: Document) -> dict[str, set[str]]:
    schemas = cast(
        "dict[str, dict[str, Document]]", cast("Document", contract["components"])["schemas"]
    )
    return {name: {*schema.get("properties", {})} for name, schema in schemas.items()}


def _deepest(errors: Iterable[Wrong]) -> Iterator[Place]:
    """Find the places that are wrong: of a choice between schemas those that lie deepest."""
    for error in errors:
        places = [*_deepest(error.context)] if error.context else []
        most = max(map(len, places), default=0)
        here = tuple(error.absolute_path)
        yield from [place for place in places if len(place) == most > len(here)] or [here]
