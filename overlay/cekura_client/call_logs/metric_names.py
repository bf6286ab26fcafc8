"""Metrics by name: what a caller asks for by ids and names, and which ids those are."""

import difflib
from collections.abc import Iterable, Sequence

from cekura_api.models import Metric

from cekura_client.call_logs.arguments import one_id, several
from cekura_client.errors import InvalidRequestError

_FEW = 10  # metrics whose names an error tells all


class MetricNameError(InvalidRequestError):
    """A name is no metric's, or that of several. The message says which names there are."""

    # The metrics were listed.
    _ending = " Nothing of this was sent."


def ids_and_names(name: str, values: object) -> list[int | str]:
    """Check what names metrics: each an id or a name, each once. A text is always a name.

    Raises:
        InvalidRequestError: It is none, or empty.
    """
    asked = several(name, values, 'ids or names, such as [789, "Customer Satisfaction"]')
    found = [*dict.fromkeys(_id_or_name(name, value) for value in asked)]
    if not found:
        raise InvalidRequestError(f"{name} is empty; name at least one metric.")
    return found


def _id_or_name(name: str, value: object) -> int | str:
    if not isinstance(value, str):
        return one_id(name, value)
    if not value.strip():
        raise InvalidRequestError(f"{name} holds {value!r}, which is no name.")
    return value


def has_names(asked: Iterable[int | str]) -> bool:
    """Whether metrics have to be listed to know the ids."""
    return any(isinstance(one, str) for one in asked)


def ids_of(asked: Iterable[int | str], listed: Sequence[Metric]) -> list[int]:
    """Put ids in the place of names; two that are one metric become one.

    Args:
        asked: Ids, which are taken as they are, and names.
        listed: The metrics that names may be of.

    Raises:
        MetricNameError: A name is no metric's, or that of several.
    """
    by_name: dict[str, dict[int, None]] = {}
    for metric in listed:
        if metric.name is not None:
            by_name.setdefault(metric.name, {})[metric.id] = None
    ids: dict[int, None] = {}
    faults: list[str] = []
    for one in asked:
        if isinstance(one, int):
            ids[one] = None
        elif len(found := [*by_name.get(one, ())]) == 1:
            ids[found[0]] = None
        elif found:
            shown = " and ".join(map(str, found))
            faults.append(f"{one!r} is the name of several metrics, {shown}: give the id instead.")
        else:
            faults.append(_unknown(one, [*by_name]))
    if faults:
        raise MetricNameError(" ".join(faults))
    return [*ids]


def _unknown(name: str, names: list[str]) -> str:
    said = f"No metric is called {name!r}."
    if name.isdecimal():
        said = f"{said} A text is a name; an id is given as a number."
    if close := _close(name, names):
        said = f"{said} Close to it: {_shown(close)}."
    if not names:
        return f"{said} There are no metrics, as far as the key may see."
    if len(names) <= _FEW:
        return f"{said} There are {_shown(names)}."
    return said if close else f"{said} There are {len(names)}: see metrics.list."


def _close(name: str, names: list[str]) -> list[str]:
    folded: dict[str, list[str]] = {}
    for one in names:
        folded.setdefault(_folded(one), []).append(one)
    found = difflib.get_close_matches(_folded(name), folded)
    return [one for key in found for one in folded[key]]


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _shown(names: list[str]) -> str:
    return ", ".join(map(repr, names))
