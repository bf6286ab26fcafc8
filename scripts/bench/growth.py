"""(f) How the time to read a reply grows with it, from 100 to 20,000 call logs."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import linear_regression

from scripts.bench.bodies import rerun_reply
from scripts.bench.figures import OURS, Figure, figures_of
from scripts.bench.peers import JSON, reader_of
from scripts.bench.ratios import Ratio, ratio, timed

_SIZES = (100, 500, 2000, 5000, 20_000)
_ROUNDS = 3


def measure() -> Iterable[Figure]:
    """Fit the power of the size that the time grows with: 1 is linear, 2 is quadratic."""
    bodies = {size: rerun_reply(size) for size in _SIZES}
    readers = {who: reader for who in (OURS, JSON) if (reader := reader_of(who))}
    powers: dict[str, list[float]] = {who: [] for who in readers}
    for _ in range(_ROUNDS):
        for who, reader in readers.items():
            seconds = [_seconds(reader, bodies[size], _SIZES[-1] // size) for size in _SIZES]
            powers[who].append(power(_SIZES, seconds))
    ratios: dict[str, Ratio] = {
        who: ratio(found, [1.0] * len(found)) for who, found in powers.items()
    }
    return figures_of("(f) power it grows with", "1, linear", ratios, target=1.15)


def power(sizes: Sequence[float], amounts: Sequence[float]) -> float:
    """Find the slope of amounts over sizes, both as logarithms."""
    return linear_regression([*map(math.log, sizes)], [*map(math.log, amounts)]).slope


def _seconds(reader: Callable[[bytes], object], body: bytes, times: int) -> float:
    """Measure one reading; a small one several times."""
    often = min(times, 5)
    return sum(timed(lambda: reader(body))() for _ in range(often)) / often
