"""The balance as a reply tells it, with exact amounts."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from cekura_api.models import BillingInfoReply
from cekura_api.reading import DecodeError, one

# The contract's own pattern.
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]{1,3})?", re.ASCII)
_AMOUNTS = ("credits_remaining", "credits_used", "initial_balance")
_read = one(BillingInfoReply.from_dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingInfo:
    """The credits of an organization. What the API left out, or sent as null, is None.

    Example:
        >>> info = BillingInfo(credits_remaining=Decimal("7436.08"))
        >>> int(info.credits_remaining / Decimal("0.2"))  # metric runs, at 0.2 credits each
        37180

    Attributes:
        credits_remaining: Credits that can be spent.
        credits_used: Credits used in the current billing cycle; lags by up to 30 minutes.
        initial_balance: Credits at the start of the billing cycle.
        balance_expiry: When the balance expires; None where no expiry is set.
        organization: The organization's id.
        subscription_status: The state of the subscription, as the API sent it.
        additional_properties: What else the API sent.
    """

    credits_remaining: Decimal | None = None
    credits_used: Decimal | None = None
    initial_balance: Decimal | None = None
    balance_expiry: datetime | None = None
    organization: int | None = None
    subscription_status: dict[str, Any] | None = None
    additional_properties: dict[str, Any] = field(default_factory=dict[str, Any])


def read_billing_info(body: bytes) -> BillingInfo:
    """Read a balance.

    Raises:
        DecodeError: The body is not what the contract says.
    """
    reply = _read(body)
    # The model has numbers as floats, which are not exact.
    try:
        whole: object = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the reply is not JSON ({error})") from error
    exact = cast("dict[str, object]", whole)
    amounts = {name: _amount(name, exact.get(name)) for name in _AMOUNTS}
    return BillingInfo(
        **amounts,
        balance_expiry=reply.balance_expiry,
        organization=reply.organization,
        subscription_status=reply.subscription_status,
        additional_properties=reply.additional_properties,
    )


def _amount(name: str, value: object) -> Decimal | None:
    if value is None:
        return None
    # A float is what JSON has no number for: NaN, Infinity.
    if isinstance(value, float) or (isinstance(value, str) and not _AMOUNT.fullmatch(value)):
        raise DecodeError(f"the reply.{name} is no amount")
    return Decimal(cast("str | Decimal", value))
