"""Compares how long things take, as ratios to a floor that was measured around them."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeVar

Measure = Callable[[], float]  # does it once and returns what it took, mostly in seconds
_ResultT = TypeVar("_ResultT")


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much a subject took, in floors."""

    middle: float
    low: float
    high: float
    """The middle half of the rounds lies from `low` to `high`."""
    floor: float
    """The floor's own median, in its unit."""


def compare(floor: Measure, subjects: Mapping[str, Measure], rounds: int) -> dict[str, Ratio]:
    """Measure the floor and every subject in turns, so that a busy spell is shared by all.

    Args:
        floor: What the others are held against.
        subjects: The others, by name.
        rounds: How often each is measured; the first round warms up and does not count.

    Returns:
        For each subject, the median and the quartiles of its ratio to the floor of its round.
    """
    measures = {"": floor, **subjects}
    names = [*measures]
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        # Nobody is always the one who comes after the same other.
        turned = names[number % len(names) :] + names[: number % len(names)]
        for name in turned:
            amount = measures[name]()
            if number:
                taken[name].append(amount)
    floors = taken.pop("")
    return {name: ratio(amounts, floors) for name, amounts in taken.items()}


def ratio(amounts: list[float], floors: list[float]) -> Ratio:
    """Hold each round's amount against the floor of that round."""
    quotients = [amount / floor for amount, floor in zip(amounts, floors, strict=True)]
    low, _, high = quantiles(quotients, n=4, method="inclusive")
    return Ratio(median(quotients), low, high, median(floors))


def timed(action: Callable[[], _ResultT]) -> Measure:
    """Make a measure of an action: seconds, without the time to let go of what it returns."""

    def measure() -> float:
        gc.collect()  # nobody pays for another's garbage
        begin = time.perf_counter()
        result = action()
        seconds = time.perf_counter() - begin
        del result
        return seconds

    return measure
