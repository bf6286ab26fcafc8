"""Compares how long things take, as ratios to a floor that was measured around them."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

Measure = Callable[[], float]  # does it once and returns what it took, mostly in seconds


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much a subject took, in floors."""

    middle: float
    low: float
    high: float
    """The middle half of the rounds lies from `low` to `high`."""
    floor: float
    """The floor's own median, in its unit."""


def compare(
    floor: Measure, subjects: Mapping[str, Measure], rounds: int, *, at_a_time: int = 1
) -> dict[str, Ratio]:
    """Measure the floor and every subject in turns, so that a busy spell is shared by all.

    Args:
        floor: What the others are held against.
        subjects: The others, by name.
        rounds: How many ratios of each are taken; a first round warms up and does not count.
        at_a_time: From how many turns a round takes the medians: many for what is soon done.

    Returns:
        For each subject, the median and the quartiles of its ratio to the floor of its round.
    """
    measures = {"": floor, **subjects}
    names = [*measures]
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        turns: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(number, number + at_a_time):
            # Nobody is always the first.
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                turns[name].append(measures[name]())
        if number:
            for name in names:
                taken[name].append(median(turns[name]))
    floors = taken.pop("")
    return {name: ratio(amounts, floors) for name, amounts in taken.items()}


def ratio(amounts: list[float], floors: list[float]) -> Ratio:
    """Hold each round's amount against the floor of that round."""
    quotients = [amount / floor for amount, floor in zip(amounts, floors, strict=True)]
    low, _, high = quantiles(quotients, n=4, method="inclusive")
    return Ratio(median(quotients), low, high, median(floors))


def timed_process(command: Sequence[str | Path], **options: Any) -> Measure:  # noqa: ANN401
    """Make a measure of a whole process: its processor seconds, and those of its own processes.

    Args:
        command: The program and its arguments.
        options: Of `subprocess.Popen`.

    Raises:
        RuntimeError: By the measure: the process failed.
    """

    def measure() -> float:
        process = subprocess.Popen(command, **options)  # noqa: S603  (our own commands)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{command} ended with {process.returncode}")
        return used.ru_utime + used.ru_stime

    return measure
