"""A balance is read exactly when the contract allows it, and its amounts are exact."""

import json
from collections import Counter
from decimal import Decimal

from cekura_api.reading import DecodeError
from cekura_client import BillingInfo
from cekura_client.call_logs import operations
from hypothesis import given

from scripts.tools.documents import Json
from tests.properties.bodies import damaged, encoded
from tests.properties.budget import BODIES
from tests.properties.contracts import BILLING, corrected, validator
from tests.properties.schema_values import SchemaValues

AMOUNTS = ("credits_remaining", "credits_used", "initial_balance")


def require_exact(body: Json) -> None:
    info = operations.billing_info().read(encoded(body))
    assert isinstance(info, BillingInfo)
    exact = json.loads(encoded(body), parse_float=Decimal)
    for name in AMOUNTS:
        sent, found = exact.get(name), getattr(info, name)
        assert (found is None) == (sent is None)
        assert found is None or found == Decimal(sent)


def test_a_balance_is_read_exactly_when_the_contract_allows_it() -> None:
    schema = BILLING.schema(corrected())
    judge = validator(corrected(), schema)
    place = "#/components/schemas/BillingInfoReply/properties/credits_used"
    amount = validator(corrected(), {"$ref": place})
    outcomes = Counter[bool]()

    @BODIES
    @given(damaged(SchemaValues(corrected()).of(schema)))
    def check(case: tuple[Json, Json]) -> None:
        body, changed = case
        require_exact(body)
        try:
            require_exact(changed)
            read = True
        except DecodeError:
            read = False
        outcomes[read] += 1
        assert read or not judge.is_valid(changed)
        if read:  # it takes a few more ways to write a date, and none to write an amount
            assert isinstance(changed, dict)
            assert all(amount.is_valid(changed.get(name)) for name in AMOUNTS)

    check()
    assert min(outcomes[True], outcomes[False]) > 10
