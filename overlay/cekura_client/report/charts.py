"""What is drawn of a metric, in numbers: bars of a histogram, parts of a stacked bar."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_BINS = 10
_MOST_WHOLE_NUMBERS = 12  # a bar for each, where no score lies between two
_MOST_PARTS = 7  # as many colours as there are


@dataclass(frozen=True, slots=True)
class Bin:
    """One pair of bars of a histogram.

    Attributes:
        label: Which scores.
        before: How many before.
        after: How many after.
        height_before: From 0 to 1.
        height_after: From 0 to 1.
    """

    label: str
    before: int
    after: int
    height_before: float
    height_after: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """The scores of a metric; each side's bars are shares of its own scores."""

    bins: list[Bin]
    lowest: str
    highest: str


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a metric with named values.

    Attributes:
        value: The value.
        before: How often it came before.
        after: How often it came after.
        spans: Where its part of the stacked bar begins and how long it is, of 100, before and
            after.
    """

    value: str
    before: int
    after: int
    spans: tuple[tuple[float, float], tuple[float, float]]


def histogram(before: Sequence[float], after: Sequence[float]) -> Histogram | None:
    """Count scores by their size; None where there are none, or they cannot be drawn."""
    scores = [score for score in (*before, *after) if math.isfinite(score)]
    if not scores:
        return None
    lowest, highest = min(scores), max(scores)
    span = highest - lowest
    if not math.isfinite(span):
        return None
    if all(score.is_integer() for score in scores) and span < _MOST_WHOLE_NUMBERS:
        number, width = int(span) + 1, 1.0
        labels = [f"{lowest + place:g}" for place in range(number)]
    elif not span:
        number, width, labels = 1, 1.0, [f"{lowest:g}"]
    else:
        number, width = _BINS, span / _BINS
        edges = [f"{lowest + place * width:.4g}" for place in range(_BINS + 1)]
        labels = [f"{edges[place]} to {edges[place + 1]}" for place in range(_BINS)]
    counts = [
        Counter(
            # Of numbers too small to be divided, the first bin has all.
            min(int((score - lowest) / width), number - 1) if width else 0
            for score in side
            if math.isfinite(score)
        )
        for side in (before, after)
    ]
    totals = [count.total() for count in counts]
    tallest = max(
        count[place] / total
        for count, total in zip(counts, totals, strict=True)
        if total
        for place in range(number)
    )

    def height(side: int, place: int) -> float:
        return counts[side][place] / totals[side] / tallest if totals[side] else 0.0

    bins = [
        Bin(label, counts[0][place], counts[1][place], height(0, place), height(1, place))
        for place, label in enumerate(labels)
    ]
    return Histogram(bins, f"{lowest:.4g}", f"{highest:.4g}")


def stacked(before: Counter[str], after: Counter[str]) -> list[Part]:
    """Lay out how often each value came, the most frequent first, the rarest ones together."""
    both = before + after
    values = sorted(both, key=lambda value: (-both[value], value))
    groups = [[value] for value in values]
    if len(values) > _MOST_PARTS:
        groups = [*groups[: _MOST_PARTS - 1], values[_MOST_PARTS - 1 :]]
    parts: list[Part] = []
    starts = [0.0, 0.0]
    totals = (before.total(), after.total())
    for group in groups:
        counts = [sum(side[value] for value in group) for side in (before, after)]
        lengths = [
            100 * count / total if total else 0.0
            for count, total in zip(counts, totals, strict=True)
        ]
        first, second = zip(starts, lengths, strict=True)
        name = group[0] if len(group) == 1 else f"{len(group)} other values"
        parts.append(Part(name, counts[0], counts[1], (first, second)))
        starts = [start + length for start, length in zip(starts, lengths, strict=True)]
    return parts
