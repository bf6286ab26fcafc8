"""Events that the API sends to a URL of yours: checked against your secret, and read."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from cekura_api.reading import DecodeError

from cekura_client.errors import CekuraError, InvalidRequestError
from cekura_client.models import CallLog

SECRET_HEADER = "X-CEKURA-SECRET"  # noqa: S105  (a header's name)
IDEMPOTENCY_HEADER = "X-CEKURA-IDEMPOTENCY-KEY"
_CALL_LOG_EVENTS = "call_log."


class WebhookError(CekuraError):
    """What arrived is no event of yours: the secret is wrong, or the body is none.

    Answer it with a 401 or a 400, and do nothing else.

    Example:
        >>> try:
        ...     read_event(b"{}", {}, secret="s3cret")
        ... except WebhookError as error:
        ...     print(error)
        The header X-CEKURA-SECRET is missing.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event.

    Attributes:
        event_type: Its kind, such as `call_log.completed` or `result.completed`; others may come.
        call: The call log that it is about; None where it is about something else, or where the
            call log is not of the contract's shape.
        data: What the event tells, as it was sent.
        idempotency_key: Equal for two deliveries of one event; None where the API sends none.
        unreadable: Why `call` is None although the event is about a call log; else None.

    Example:
        >>> Event(event_type="result.completed", data={"id": 7}).call is None
        True
    """

    event_type: str
    call: CallLog | None = None
    data: Any = None
    idempotency_key: str | None = None
    unreadable: str | None = None


def read_event(body: bytes | str, headers: Mapping[str, str], *, secret: str) -> Event:
    """Check that a request to your webhook comes from the API, and read its event.

    Costs nothing, and sends nothing. The API keeps no deliveries and repeats none, so polling
    (`wait_until_evaluated`) stays the way to be sure. Neither published page tells of webhooks; the
    vendor's guides do.

    Args:
        body: The request's body, as it came.
        headers: The request's headers; their names may be in any case.
        secret: The secret that you have set for the webhook, at least one character.

    Returns:
        The event. One of a kind that is not known here is no error: its `data` is kept.

    Raises:
        InvalidRequestError: `secret` is no text, or empty: anybody's request would pass.
        WebhookError: The secret sent is missing or another one, or the body is no event.

    Example:
        >>> body = b'{"event_type": "call_log.completed", "data": {"id": 7, "call_id": "a"}}'
        >>> read_event(body, {"x-cekura-secret": "s3cret"}, secret="s3cret").call.id
        7
    """
    wanted = cast("object", secret)
    if not isinstance(wanted, str) or not wanted:
        raise InvalidRequestError("secret is the text that you have set for the webhook.")
    sent = {name.lower(): value for name, value in headers.items()}
    found = sent.get(SECRET_HEADER.lower())
    if found is None:
        raise WebhookError(f"The header {SECRET_HEADER} is missing.")
    if not _is_same(found, wanted):
        raise WebhookError(f"The header {SECRET_HEADER} holds another secret.")
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookError(f"The body is not JSON ({error}).") from error
    members = cast("dict[str, object]", event) if isinstance(event, dict) else {}
    event_type = members.get("event_type")
    if not isinstance(event_type, str):
        raise WebhookError("The body is no event: it names no event_type.")
    data = members.get("data")
    call, unreadable = None, None
    if event_type.startswith(_CALL_LOG_EVENTS):
        try:
            call = CallLog.from_dict(cast("dict[str, Any]", data))
        except DecodeError as error:
            unreadable = str(error)
    return Event(
        event_type=event_type,
        call=call,
        data=data,
        idempotency_key=sent.get(IDEMPOTENCY_HEADER.lower()),
        unreadable=unreadable,
    )


def _is_same(found: str, secret: str) -> bool:
    """Compare in the same time, however much of it is right."""
    wanted = secret.encode(errors="replace")
    # Servers take the bytes of a header for Latin-1, whatever they were.
    as_latin = hmac.compare_digest(found.encode("latin-1", "replace"), wanted)
    return hmac.compare_digest(found.encode(errors="replace"), wanted) or as_latin
