"""Replies that refuse a request."""

from collections.abc import Mapping


class RefusedError(Exception):
    """A request that is answered with an error status; nothing was charged or changed.

    Args:
        status: The HTTP status.
        body: The reply's JSON object: `detail`, or field names with lists of messages.
        headers: Further headers of the reply.
    """

    def __init__(
        self,
        status: int,
        body: Mapping[str, str | list[str]],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def not_found() -> RefusedError:
    """Refuse an address at which there is nothing."""
    return RefusedError(404, {"detail": "Not found."})


def bad_fields(errors: Mapping[str, list[str]]) -> RefusedError:
    """Refuse what some fields say, all of them at once."""
    return RefusedError(400, errors)


def bad_request(*messages: str) -> RefusedError:
    """Refuse what the fields together say."""
    return RefusedError(400, {"non_field_errors": list(messages)})
