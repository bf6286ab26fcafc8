"""What a list of calls is asked for: its query, checked parameter by parameter."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from .filter_conditions import Condition, WrongFilterError, read_filter
from .refusals import RefusedError, bad_fields, bad_request

_T = TypeVar("_T")

LONGEST_RANGE = timedelta(days=33)
DEFAULT_RANGE = timedelta(days=30)
_DEFAULT_PAGE_SIZE = 20
_MOST_ROWS = 200

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Some page of the calls that fit all that is given."""

    agent_id: int | None
    project_id: int | None
    assistant_id: str | None
    start: datetime
    end: datetime
    call_ids: tuple[int, ...] | None
    condition: Condition | None
    page: int
    page_size: int


class _WrongParameterError(Exception):
    """One parameter's message."""


def moment(text: str) -> datetime:
    """Read a date and time with an offset.

    Raises:
        ValueError: It is none.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text.upper())


def _integer(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise _WrongParameterError("A valid integer is required.")
    return int(text)


def _page_size(text: str) -> int:
    size = _integer(text)
    if not 1 <= size <= _MOST_ROWS:
        raise _WrongParameterError(f"Ensure this value is from 1 to {_MOST_ROWS}.")
    return size


def _text(text: str) -> str:
    if not text.strip():
        raise _WrongParameterError("This field may not be blank.")
    return text


def _moment(text: str) -> datetime:
    try:
        return moment(text)
    except ValueError:
        raise _WrongParameterError("Enter a valid date/time.") from None


def _ids(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_integer(part.strip()) for part in text.split(",")))


def _filter(text: str) -> Condition:
    try:
        return read_filter(text)
    except WrongFilterError as error:
        raise _WrongParameterError(str(error)) from None


def read_list(query: Mapping[str, str], now: datetime) -> ListRequest:
    """Check a query; unknown parameters are passed over.

    Args:
        query: The parameters.
        now: The moment that a range ends with when it does not say so.

    Raises:
        RefusedError: 400, with a message for each wrong parameter, for the lack of a scope or
            for a range that is too long; 404 for a page before the first.
    """
    errors: dict[str, list[str]] = {}

    def optional(name: str, read: Callable[[str], _T]) -> _T | None:
        try:
            return read(query[name]) if name in query else None
        except _WrongParameterError as error:
            errors[name] = [str(error)]
            return None

    agent_id, project_id = optional("agent_id", _integer), optional("project_id", _integer)
    assistant_id = optional("assistant_id", _text)
    start, end = optional("timestamp_from", _moment), optional("timestamp_to", _moment)
    call_ids, condition = optional("call_ids", _ids), optional("filters_v2", _filter)
    page, page_size = optional("page", _integer), optional("page_size", _page_size)
    if errors:
        raise bad_fields(errors)
    if agent_id is None and project_id is None:
        raise bad_request("Provide either agent_id or project_id.")
    try:
        end = end or now
        start = start or end - DEFAULT_RANGE
        too_long = end - start > LONGEST_RANGE
    except OverflowError:
        raise bad_request("The range lies outside of all dates.") from None
    if too_long:
        raise bad_request(f"The range must not exceed {LONGEST_RANGE.days} days.")
    if page is not None and page < 1:
        raise no_such_page()
    return ListRequest(
        agent_id=agent_id,
        project_id=project_id,
        assistant_id=assistant_id,
        start=start,
        end=end,
        call_ids=call_ids,
        condition=condition,
        page=page or 1,
        page_size=page_size or _DEFAULT_PAGE_SIZE,
    )


def no_such_page() -> RefusedError:
    """Refuse a page that there is not."""
    return RefusedError(404, {"detail": "Invalid page."})
