"""Reads what an error reply says, whatever its body turns out to be."""

import json
from collections.abc import Iterator
from typing import cast


def read_error_body(body: bytes) -> tuple[str | None, dict[str, list[str]]]:
    """Find the detail and the field errors in an error reply.

    Args:
        body: The reply's bytes: JSON of any shape, HTML, or nothing.

    Returns:
        `detail`, or None, and the messages of each field. A nested field is named with dots:
        `call_logs.0`. A list of messages without a field comes under `non_field_errors`.

    Example:
        >>> read_error_body(b'{"call_logs": ["This list may not be empty."]}')
        (None, {'call_logs': ['This list may not be empty.']})
    """
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return None, {}
    if isinstance(parsed, str):
        return parsed, {}
    detail: str | None = None
    rest: object = parsed
    if isinstance(parsed, dict):
        members = cast("dict[str, object]", parsed)
        found = members.get("detail")
        if isinstance(found, str):
            detail = found
            rest = {name: value for name, value in members.items() if name != "detail"}
    field_errors: dict[str, list[str]] = {}
    try:
        for field, message in _messages("", rest):
            field_errors.setdefault(field, []).append(message)
    except RecursionError:
        # Nested deeper than any message is meant to be.
        return detail, {}
    return detail, field_errors


def _messages(field: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, member in cast("dict[str, object]", value).items():
            yield from _messages(f"{field}.{name}" if field else name, member)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _messages(field, item)
    elif value is not None:
        yield field or "non_field_errors", value if isinstance(value, str) else json.dumps(value)
