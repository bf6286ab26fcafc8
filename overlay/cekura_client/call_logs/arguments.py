"""Checks the arguments of an operation, so that nothing wrong is sent.

Each returns the value as it is used, or raises `InvalidRequestError`.
"""

from collections.abc import AsyncIterable, Callable, Iterable
from decimal import Decimal, InvalidOperation
from numbers import Integral
from typing import Literal, TypeVar, cast

from cekura_client.config import whole_number
from cekura_client.errors import InvalidRequestError
from cekura_client.models import LARGEST_ID

_ArgumentT = TypeVar("_ArgumentT")
_MOST_CREDITS = Decimal(10**18)  # sums stay exact, and far from what no Decimal can hold


def one_id(name: str, value: object) -> int:
    """Return an id as an int."""
    # Integral lets the integers of numpy and pandas through; to ask for it takes a while.
    if type(value) is not int and (isinstance(value, bool) or not isinstance(value, Integral)):
        raise InvalidRequestError(
            f"{name} holds {value!r}, a {type(value).__name__}; an id is a whole number."
        )
    number = int(value)
    if not 1 <= number <= LARGEST_ID:
        # A number of thousands of digits cannot even be shown.
        shown = str(number) if abs(number) <= LARGEST_ID else "a number of too many digits"
        raise InvalidRequestError(f"{name} holds {shown}; ids are from 1 to {LARGEST_ID}.")
    return number


def optional_id(name: str, value: object) -> int | None:
    """Return an id as an int, or None for None."""
    return None if value is None else one_id(name, value)


def several(name: str, values: object, what: str) -> Iterable[object]:
    """Return what is several values, and no text."""
    if isinstance(values, (str, bytes, bytearray, memoryview)) or not isinstance(values, Iterable):
        raise InvalidRequestError(f"{name} is {values!r}; it takes several {what}.")
    return cast("Iterable[object]", values)


def id_list(name: str, values: object) -> list[int]:
    """Return ids as a list, each once, in the order they came."""
    named = several(name, values, "ids, such as [123, 456]")
    ids = list(dict.fromkeys(one_id(name, value) for value in named))
    if not ids:
        raise InvalidRequestError(f"{name} is empty; name at least one id.")
    return ids


def id_list_or_all(name: str, values: object) -> list[int] | Literal["all"]:
    """Return ids as a list, or the text "all"."""
    if not isinstance(values, str):
        return id_list(name, values)
    if values != "all":
        raise InvalidRequestError(
            f'{name} is {values!r}; it takes several ids, such as [123, 456], or "all".'
        )
    return "all"


def check_several(name: str, values: object, what: str) -> None:
    """Check that something is several values, of an asynchronous iterable too, and no text."""
    if not isinstance(values, AsyncIterable):
        several(name, values, what)


def text_list(name: str, values: Iterable[object]) -> list[str]:
    """Return texts as a list, each once, in the order they came."""
    texts: dict[str, None] = {}
    for value in values:
        if not isinstance(value, str):
            raise InvalidRequestError(
                f"{name} holds {value!r}, a {type(value).__name__}; it takes texts."
            )
        if not value.strip():
            raise InvalidRequestError(f"{name} holds {value!r}, an empty text.")
        texts[value] = None
    if not texts:
        raise InvalidRequestError(f"{name} is empty; name at least one.")
    return [*texts]


def checked_assistant_id(value: object) -> int | str | None:
    """Return an external assistant id, text or a whole number, or None for None."""
    if isinstance(value, str):
        if not value.strip():
            raise InvalidRequestError("assistant_id is empty.")
        return value
    return optional_id("assistant_id", value)


def optional_text(name: str, value: object) -> str | None:
    """Return a text that is not blank, or None for None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} is {value!r}, a {type(value).__name__}; it is a text.")
    if not value.strip():
        raise InvalidRequestError(f"{name} is empty.")
    return value


def optional_whole_number(name: str, value: object, *, least: int) -> int | None:
    """Return a whole number as an int, or None for None."""
    return None if value is None else whole_number(name, value, least=least)


def amount(name: str, value: object) -> Decimal:
    """Return credits, 0 or more, as they are written: 0.2 means a fifth."""
    if isinstance(value, (int, float, str, Decimal)) and not isinstance(value, bool):
        try:
            # A float through its text, or else the nearest binary fraction would count.
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal(-1)
        if found.is_finite() and 0 <= found <= _MOST_CREDITS:
            return found
    raise InvalidRequestError(f"{name} is a number from 0 to {_MOST_CREDITS}; got {value!r}.")


def optional_amount(name: str, value: object) -> Decimal | None:
    """Return credits, or None for None."""
    return None if value is None else amount(name, value)


def optional_function(
    name: str, value: Callable[[_ArgumentT], object] | None
) -> Callable[[_ArgumentT], object] | None:
    """Return a function of the caller's, or None for None."""
    if value is not None and not callable(value):
        raise InvalidRequestError(f"{name} is a function; got {value!r}.")
    return value
