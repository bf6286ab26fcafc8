"""Checks of what a sandbox is told, whatever type it is of; what makes no sense is named."""

from decimal import Decimal


def shown(value: object) -> str:
    """Show a value in a message."""
    try:
        return repr(value)
    except ValueError:  # Python does not print integers of thousands of digits
        return "a number too long to show"


def boolean(name: str, value: object) -> bool:
    """Let a truth value pass.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, bool):
        return value
    raise ValueError(f"{name} must be True or False, not {shown(value)}")


def whole(name: str, value: object, *, least: int, most: int) -> int:
    """Let a whole number pass.

    Raises:
        ValueError: It is none, or not in this range.
    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise ValueError(f"{name} must be a whole number from {least} to {most}, not {shown(value)}")


def number(name: str, value: object, *, least: int, most: int) -> Decimal:
    """Return a number, exactly as it is written.

    Raises:
        ValueError: It is none, or not in this range.
    """
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        # A float through its text: 0.2 means a fifth, not the nearest binary fraction.
        found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if found.is_finite() and least <= found <= most:
            return found
    raise ValueError(f"{name} must be a number from {least} to {most}, not {shown(value)}")


def text(name: str, value: object) -> str:
    """Let a text pass that says something.

    Raises:
        ValueError: It is none, or blank.
    """
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError(f"{name} must be a text that is not empty, not {shown(value)}")
