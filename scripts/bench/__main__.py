"""`python -m scripts.bench [letters]`: measure, and print the table."""

import sys
from collections.abc import Callable, Iterable

from scripts.bench import herd, importing, large_reply, small_call
from scripts.bench.figures import Figure, table

MEASUREMENTS: dict[str, Callable[[], Iterable[Figure]]] = {
    "a": small_call.measure,
    "b": large_reply.measure,
    "c": importing.measure,
    "d": herd.measure,
}


def main(letters: str) -> None:
    """Take the figures with these letters; all of them by default."""
    figures: list[Figure] = []
    for letter in letters or MEASUREMENTS:
        print(f"measuring ({letter}) …", file=sys.stderr, flush=True)
        figures += MEASUREMENTS[letter]()
    print(table(figures))


if __name__ == "__main__":
    main("".join(sys.argv[1:]))
