"""Put new files and folders in place of old ones: all of them, or none."""

import signal
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def _signals_later() -> Generator[None]:
    """Keep signals waiting for the moment that a replacement takes."""
    waiting = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@_signals_later()
def replace_all(new: dict[Path, Path], aside: Path) -> None:
    """Move files and folders to where they belong; on any failure, put the old ones back.

    Raises:
        OSError: Something could not be moved; everything is as it was.
    """
    with TemporaryDirectory(dir=aside, prefix="replaced-") as folder, ExitStack() as undo:
        for number, (place, source) in enumerate(new.items()):
            place.parent.mkdir(parents=True, exist_ok=True)
            old = Path(folder) / str(number)
            # Registered first: an interrupt may come between any two steps.
            undo.callback(_restore, place, source, old, existed=place.exists())
            if place.exists():
                place.rename(old)
            source.rename(place)
        undo.pop_all()


def _restore(place: Path, source: Path, old: Path, *, existed: bool) -> None:
    """Undo as much of a replacement as was done."""
    if place.exists() and (old.exists() or not existed):
        place.rename(source)
    if old.exists():
        old.rename(place)


def write_all(texts: dict[Path, str], aside: Path) -> None:
    """Write files; on any failure, all of them stay as they were.

    Raises:
        OSError: Something could not be written; everything is as it was.
    """
    with TemporaryDirectory(dir=aside, prefix="new-") as folder:
        new: dict[Path, Path] = {}
        for number, (place, text) in enumerate(texts.items()):
            data = text.encode()
            if place.is_file() and place.read_bytes() == data:
                continue
            new[place] = Path(folder) / str(number)
            new[place].write_bytes(data)
        replace_all(new, aside)
