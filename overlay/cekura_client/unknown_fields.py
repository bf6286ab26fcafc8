"""Keeps the fields that the contract does not know, and makes room for them only when asked to.

Every generated model has a dict for them, and nearly all of these stay empty. A large reply would
make a hundred thousand empty dicts, each of which Python's garbage collector counts, and so goes
over the whole process more often: a fifth of the time that reading takes.
"""

import threading
from types import MemberDescriptorType
from typing import Any

UNKNOWN_FIELDS = "additional_properties"  # the attribute of the generated models

_making = threading.Lock()


class UnknownFields:
    """Stands in for the attribute: makes its dict when it is first asked for."""

    def __init__(self, slot: MemberDescriptorType) -> None:
        self._slot = slot

    def __get__(self, model: object, kind: type | None = None) -> Any:  # noqa: ANN401  (a dict)
        """Return the dict; of the class, the attribute itself."""
        if model is None:
            return self
        try:
            return self._slot.__get__(model, kind)
        except AttributeError:
            with _making:  # two threads get the same one
                if not self.is_set(model):
                    self._slot.__set__(model, {})
            return self._slot.__get__(model, kind)

    def __set__(self, model: object, fields: object) -> None:
        """Keep this dict."""
        self._slot.__set__(model, fields)

    def is_set(self, model: object) -> bool:
        """Whether a model has its dict."""
        try:
            self._slot.__get__(model)
        except AttributeError:
            return False
        return True


def make_on_demand(model: type) -> None:
    """Let objects of a generated model do without the dict until it is asked for."""
    slot = vars(model).get(UNKNOWN_FIELDS)
    if isinstance(slot, MemberDescriptorType):
        setattr(model, UNKNOWN_FIELDS, UnknownFields(slot))
