"""The benchmark's own arithmetic; nothing of the client is measured here."""

import sys
from collections.abc import Callable
from itertools import count

import pytest

from scripts.bench.figures import OURS, Figure, figures_of, table
from scripts.bench.ratios import Ratio, compare, ratio, timed_process


def test_a_ratio_holds_each_round_against_its_own_floor() -> None:
    # The machine was twice as slow in the second half of the run: the ratio does not notice.
    assert ratio([3.0, 3.0, 6.0, 6.0], [2.0, 2.0, 4.0, 4.0]) == Ratio(1.5, 1.5, 1.5, 3.0)


def test_the_spread_is_the_middle_half_of_the_rounds() -> None:
    found = ratio([1.0, 2.0, 3.0, 4.0, 50.0], [1.0] * 5)
    assert (found.low, found.middle, found.high) == (2.0, 3.0, 4.0)


def test_rounds_take_turns_and_the_first_does_not_count() -> None:
    order: list[str] = []

    def measure(name: str, first: float, later: float) -> Callable[[], float]:
        amounts = (first if number == 0 else later for number in count())

        def once() -> float:
            order.append(name)
            return next(amounts)

        return once

    subjects = {"a": measure("a", 900.0, 4.0), "b": measure("b", 900.0, 1.0)}
    found = compare(measure("floor", 900.0, 2.0), subjects, rounds=3)
    assert {name: row.middle for name, row in found.items()} == {"a": 2.0, "b": 0.5}
    assert [row.high for row in found.values()] == [2.0, 0.5]
    rounds = [order[start : start + 3] for start in range(0, 12, 3)]
    assert len(order) == 12
    assert all(sorted(names) == ["a", "b", "floor"] for names in rounds)
    assert {names[0] for names in rounds} == {"a", "b", "floor"}


def test_a_round_of_many_turns_counts_by_their_median() -> None:
    # Something else ran during one turn of each three.
    amounts = [900.0] * 3 + [4.0, 4.0, 99.0] * 2
    floors = [900.0] * 3 + [77.0, 2.0, 2.0] * 2
    found = compare(iter(floors).__next__, {"a": iter(amounts).__next__}, 2, at_a_time=3)
    assert found == {"a": Ratio(2.0, 2.0, 2.0, 2.0)}


def test_a_process_is_timed_with_its_own_processes() -> None:
    work = "for _ in range(2_000_000): pass"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
    idle, busy = (timed_process([sys.executable, "-c", script])() for script in ("", nested))
    assert 0 < idle < busy


def test_a_process_that_fails_is_no_measure() -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        timed_process([sys.executable, "-c", "raise SystemExit(3)"])()


@pytest.mark.parametrize(
    ("ratio", "spread", "target", "verdict"),
    [
        (1.05, (1.04, 1.06), 1.10, "met"),
        (1.10, (1.10, 1.10), 1.10, "met"),
        (1.09, (1.08, 1.12), 1.10, "undecided"),
        (1.11, (1.08, 1.12), 1.10, "undecided"),
        (1.20, (1.15, 1.25), 1.10, "missed"),
        (9.99, (9.00, 9.99), None, ""),
    ],
)
def test_a_target_within_the_spread_decides_nothing(
    ratio: float, spread: tuple[float, float], target: float | None, verdict: str
) -> None:
    figure = Figure(name="a", floor="b", ratio=ratio, spread=spread, target=target)
    assert figure.verdict == verdict


FIGURES = figures_of(
    "(x) one thing",
    "nothing",
    {OURS: Ratio(1.234, 1.2, 1.3, 0.5), "a peer": Ratio(2.0, 1.9, 2.1, 0.5)},
    target=1.5,
    notes={"a peer": "untyped"},
)


def test_only_ours_has_a_target() -> None:
    assert [(figure.subject, figure.target) for figure in FIGURES] == [
        (OURS, 1.5),
        ("a peer", None),
    ]


def test_the_table() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in table(FIGURES).splitlines()
    ]
    assert rows[0] == ["figure", "floor", "subject", "ratio", "middle half", "target", "note"]
    assert rows[2:] == [
        ["(x) one thing", "nothing", OURS, "1.23", "1.20 to 1.30", "1.50, met", ""],
        ["(x) one thing", "nothing", "a peer", "2.00", "1.90 to 2.10", "", "untyped"],
    ]
