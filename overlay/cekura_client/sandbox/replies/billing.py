"""The account, as the API shows it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from cekura_client.sandbox.state import State

_ORGANIZATION = 37
_CENT = Decimal("0.01")


def _amount(value: Decimal) -> str:
    cents = value.quantize(_CENT)
    return f"{cents if cents == value else value:f}"


def billing_info(state: State, today: date) -> dict[str, object]:
    """Show the balance; unlike the API's, what was used does not lag."""
    remaining, used = state.account()
    expiry = datetime.combine(today, time(10), UTC) + timedelta(days=60)
    return {
        "organization": _ORGANIZATION,
        "credits_remaining": _amount(remaining),
        "credits_used": _amount(used),
        "initial_balance": _amount(remaining + used),
        "balance_expiry": expiry.isoformat().replace("+00:00", "Z"),
        "subscription_status": {
            "status": "active",
            "is_active": True,
            "is_trial": False,
            "pack_name": "Sandbox",
            "days_until_expiry": 60,
        },
    }
