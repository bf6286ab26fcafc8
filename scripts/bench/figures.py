"""One figure of the benchmark, and the table of all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scripts.bench.ratios import Ratio

OURS = "cekura-client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How a subject compares with a floor."""

    name: str
    """What was done, with the letter of the figure: `(a) one small call`."""
    floor: str
    """What it is held against."""
    ratio: float
    spread: tuple[float, float]
    """The middle half of the rounds."""
    subject: str = OURS
    target: float | None = None
    """The ratio that ours may have at most; None where there is none."""
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is met; a target within the spread decides nothing."""
        if self.target is None:
            return ""
        low, high = self.spread
        if low <= self.target < high:
            return "undecided"
        return "met" if self.ratio <= self.target else "missed"


def figures_of(
    name: str,
    floor: str,
    ratios: Mapping[str, Ratio],
    *,
    target: float | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Figure]:
    """Make the figures of one comparison.

    Args:
        name: What was done.
        floor: What it is held against.
        ratios: By subject.
        target: The ratio that ours may have at most.
        notes: What is to be said beside, by subject.
    """
    return [
        Figure(
            name=name,
            floor=floor,
            subject=subject,
            ratio=ratio.middle,
            spread=(ratio.low, ratio.high),
            target=target if subject == OURS else None,
            note=(notes or {}).get(subject, ""),
        )
        for subject, ratio in ratios.items()
    ]


def table(figures: Iterable[Figure]) -> str:
    """Lay figures out as one Markdown table."""
    head = ("figure", "floor", "subject", "ratio", "middle half", "target", "note")
    rows = [
        (
            figure.name,
            figure.floor,
            figure.subject,
            f"{figure.ratio:.2f}",
            f"{figure.spread[0]:.2f} to {figure.spread[1]:.2f}",
            "" if figure.target is None else f"{figure.target:.2f}, {figure.verdict}",
            figure.note,
        )
        for figure in figures
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join(
        "| "
        + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )
