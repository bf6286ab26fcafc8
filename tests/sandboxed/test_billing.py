"""The balance: exact amounts, whatever JSON wrote them as."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from cekura_client import BillingInfo, InvalidResponseError, RetryPolicy, ServerError
from cekura_client.sandbox import Sandbox

from tests.support.twins import Twin
from tests.support.wire import WireServer, reply

ONCE = RetryPolicy(attempts=1)


def test_what_is_spent_is_gone(twin: Twin) -> None:
    with (
        Sandbox(credits=Decimal("7436.08"), evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        before = calls.billing_info()
        calls.evaluate_metrics(agent_id=224, call_logs=[123, 456], metrics=[789])
        after = calls.billing_info()
    assert (before.credits_remaining, before.credits_used) == (Decimal("7436.08"), Decimal(0))
    assert (after.credits_remaining, after.credits_used) == (Decimal("7435.68"), Decimal("0.4"))
    assert after.initial_balance == before.initial_balance == Decimal("7436.08")
    assert after.balance_expiry is not None
    assert after.balance_expiry.utcoffset() is not None
    assert isinstance(after.organization, int)
    assert after.subscription_status is not None
    assert after.subscription_status["status"] == "active"


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ('"7436.08"', "7436.08"),
        ('"0.1000000000000000055511151231257827"', "0.1000000000000000055511151231257827"),
        ('"-0.20"', "-0.20"),
        ('"0E-8"', "0E-8"),
        ("7436.08", "7436.08"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("1e3", "1E+3"),
        ("1e999", "1E+999"),
        ("50000", "50000"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)
def test_amounts_are_exact(twin: Twin, written: str, exact: str) -> None:
    body = f'{{"credits_remaining": {written}}}'.encode()
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        found = calls.billing_info().credits_remaining
    assert isinstance(found, Decimal)
    assert str(found) == exact
    assert server.received[0].path == "/test_framework/billing/info/"


def test_what_the_api_leaves_out_or_sends_as_null_is_none(twin: Twin) -> None:
    nulls = dict.fromkeys(["credits_used", "balance_expiry", "organization", "subscription_status"])
    body = json.dumps(nulls | {"plan": "gold"}).encode()
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        assert calls.billing_info() == BillingInfo(additional_properties={"plan": "gold"})


def test_an_expiry_is_a_moment(twin: Twin) -> None:
    body = b'{"balance_expiry": "2026-06-23T10:00:00Z"}'
    with WireServer(reply(200, body)) as server, twin.open(base_url=server.url) as calls:
        assert calls.billing_info().balance_expiry == datetime(2026, 6, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "amount",
    ['""', '"a lot"', '"NaN"', '"1,5"', '"1_0"', '"\\u0661"', "true", "[]", "NaN"],
)
def test_what_is_no_amount(twin: Twin, amount: str) -> None:
    body = f'{{"credits_used": {amount}}}'.encode()
    with (
        WireServer(reply(200, body)) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
        pytest.raises(InvalidResponseError, match="credits_used") as raised,
    ):
        calls.billing_info()
    assert raised.value.body == body


def test_it_is_tried_again_after_what_may_pass(twin: Twin) -> None:
    with (
        WireServer(reply(502, b""), reply(200, b"{}")) as server,
        twin.open(base_url=server.url) as calls,
    ):
        assert calls.billing_info() == BillingInfo()
    with (
        WireServer(reply(500, b"")) as server,
        twin.open(base_url=server.url, retries=ONCE) as calls,
        pytest.raises(ServerError) as raised,
    ):
        calls.billing_info()
    assert not raised.value.may_have_run
