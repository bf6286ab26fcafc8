"""What all models have in common."""

import datetime as dt
import html
import threading
from typing import Any, ClassVar, cast

import attrs

_LONGEST = 40  # characters of a text in a repr
_ROOM = 200  # characters of all fields in a repr

_making = threading.Lock()


def _some(fields: dict[str, Any] | None) -> dict[str, Any] | None:
    return fields or None


@attrs.define(kw_only=True, repr=False)
class Model:
    """What was read from an object of JSON; `model["x"]` is a field that the contract lacks."""

    # Nearly all would stay empty, and a large reply would make a hundred thousand empty dicts.
    _additional_properties: dict[str, Any] | None = attrs.field(
        default=None, alias="additional_properties", eq=_some
    )
    _shown: ClassVar[tuple[str, ...]] = ()

    @property
    def additional_properties(self) -> dict[str, Any]:
        """The fields that the contract does not know; they are written back."""
        if self._additional_properties is None:
            with _making:  # two threads get the same one
                if self._additional_properties is None:
                    self._additional_properties = {}
        return self._additional_properties

    @additional_properties.setter
    def additional_properties(self, fields: dict[str, Any]) -> None:
        self._additional_properties = fields

    @property
    def additional_keys(self) -> list[str]:
        """The names of the fields that the contract does not know."""
        return [*(self._additional_properties or ())]

    def to_dict(self) -> dict[str, Any]:
        """Write the fields that the contract does not know; each model adds its own."""
        return dict(self._additional_properties or ())

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401  (JSON)
        """Return a field that the contract does not know."""
        return (self._additional_properties or {})[key]

    def __setitem__(self, key: str, value: Any) -> None:  # noqa: ANN401  (JSON)
        """Keep a field that the contract does not know."""
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        """Forget a field that the contract does not know."""
        del self.additional_properties[key]

    def __contains__(self, key: object) -> bool:
        """Whether there is such a field that the contract does not know."""
        return key in (self._additional_properties or ())

    def __repr__(self) -> str:
        """Tell which one it is, in one line, without what people said or how they are reached."""
        parts: list[str] = []
        room = _ROOM
        for name in self._shown:
            value = getattr(self, name)
            part = f"{name}={_short(value)}"
            room -= len(part)
            if value is not None and room > 0:
                parts.append(part)
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_html_(self) -> str:
        """Tell the same as a table, for notebooks."""
        rows = "".join(
            f"<tr><th>{name}</th><td>{html.escape(_short(value))}</td></tr>"
            for name in self._shown
            if (value := getattr(self, name)) is not None
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"


def _short(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, str) and len(value) > _LONGEST:
        value = f"{value[:_LONGEST]}…"
    shown = repr(value)
    return shown if len(shown) <= _LONGEST + 3 else f"{shown[:_LONGEST]}…"


def written(value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Write what a field holds as JSON has it."""
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, dt.date):  # and a datetime
        return value.isoformat()
    if isinstance(value, list):
        return [written(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: written(member) for name, member in cast("dict[str, object]", value).items()}
    return value
