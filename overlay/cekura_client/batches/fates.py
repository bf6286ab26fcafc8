"""The fate of a call in a run in batches, and errors as a journal keeps them."""

import enum
import json
from typing import Any

from cekura_client import errors
from cekura_client.errors import (
    APIStatusError,
    CekuraError,
    InvalidResponseError,
    RateLimitError,
)


class Fate(enum.StrEnum):
    """What became of a call so far."""

    SENDING = "sending"
    """On its way: if nothing more is ever noted, nobody knows whether it ran."""
    HELD = "held"
    """It certainly did not run, and is to be sent (again)."""
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    """It certainly did not run, and was given up."""
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"


def pack_error(error: CekuraError) -> tuple[str, bytes | None]:
    """Write an error as a JSON text, and the bytes of the reply that it keeps."""
    facts: dict[str, Any] = {"kind": type(error).__name__, "message": str(error)}
    body = None
    if isinstance(error, APIStatusError | InvalidResponseError):
        facts |= {"status_code": error.status_code, "headers": dict(error.headers)}
        body = error.body
    if isinstance(error, RateLimitError):
        facts |= {"retry_after": error.retry_after, "attempts": error.attempts}
    else:
        facts["may_have_run"] = error.may_have_run
    return json.dumps(facts), body


def unpack_error(text: str, body: bytes | None) -> CekuraError:
    """Read an error that `pack_error` has written."""
    facts: dict[str, Any] = json.loads(text)
    kind = getattr(errors, facts.pop("kind"), CekuraError)
    if body is not None:
        facts["body"] = body
    error: CekuraError = kind(facts.pop("message"), **facts)
    return error
