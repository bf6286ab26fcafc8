"""`python -m scripts.bench [letters]`: measure, print the table, write build/bench.json."""

import sys
from collections.abc import Callable, Iterable

from scripts.bench import herd, importing, large_reply, small_call
from scripts.bench.figures import Figure, table, write
from scripts.tools.layout import REPOSITORY

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
    write(figures, REPOSITORY.build / "bench.json")


if __name__ == "__main__":
    main("".join(sys.argv[1:]))
