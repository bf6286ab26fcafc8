"""Reads dates and moments from the command line."""

from datetime import date, datetime

from cekura_client.cli.exit_codes import BadUsageError


def parse_moment(text: str | None, option: str) -> date | None:
    """Read a date, or a moment with its time zone; None where nothing was given.

    Args:
        text: ISO 8601, such as `2026-11-01` or `2026-11-01T08:00+01:00`.
        option: What to call it in an error.

    Raises:
        BadUsageError: It is neither.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadUsageError(
            f"{option} {text!r} is neither a date such as 2026-11-01 nor a moment such as "
            "2026-11-01T08:00Z. Nothing was sent."
        ) from None
    if moment.utcoffset() is None:
        raise BadUsageError(
            f"{option} {text} has no time zone: add Z, for UTC, or one such as +01:00. "
            "Nothing was sent."
        )
    return moment
