"""The bar on standard error: what is done, failed and unknown, and how long it may still take."""

import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.text import Text

from cekura_client import BatchProgress, WaitProgress


class _TimeLeft(ProgressColumn):
    def render(self, task: Task) -> Text:
        seconds = task.time_remaining
        return Text("" if seconds is None else f"{timedelta(seconds=int(seconds))} left")


class _Elapsed(ProgressColumn):
    """Moves, too, while one request takes minutes to answer."""

    def render(self, task: Task) -> Text:
        return Text(f"{int(task.elapsed or 0)} s")


class _TwoLines(Progress):
    """A bar, and below it a line that is made anew each time it is drawn."""

    def __init__(self, console: Console, below: Callable[[], str]) -> None:
        self._below = below
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            _Elapsed(),
            MofNCompleteColumn(),
            _TimeLeft(),
            console=console,
            expand=True,
            transient=True,
            refresh_per_second=5,
            # Standard output may be a file; it is none of the bar's business.
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        yield Text(self._below())


class Bar:
    """Shows how far a run has come, on a terminal; elsewhere it shows nothing.

    Args:
        title: What is going on, in a word.
        pause: Seconds that the rate limit still keeps everything waiting.
        console: Where to draw; None shows nothing.
    """

    def __init__(self, title: str, pause: Callable[[], float], console: Console | None) -> None:
        self._stopping = False
        self._title = title
        self._pause = pause
        self._counts = ""
        self._bar = None if console is None else _TwoLines(console, self._below)
        self._task: TaskID | None = None
        self._has_begun = False

    def __enter__(self) -> Self:
        """Begin to draw."""
        if self._bar is not None:
            self._task = self._bar.add_task(self._title, total=None)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def stop_soon(self) -> None:
        """Show from now on that what is in flight is waited for, and no more."""
        self._stopping = True

    def show_batches(self, progress: BatchProgress) -> None:
        """Show how far the batches are."""
        failed = progress.refused + progress.not_sent
        self._show(
            progress.done,
            progress.total,
            f"{progress.succeeded} done, {failed} failed, {progress.unknown} unknown, "
            f"{progress.in_flight} in flight",
        )

    def show_wait(self, progress: WaitProgress) -> None:
        """Show how many evaluations are over."""
        self._show(
            progress.total - progress.pending,
            progress.total,
            f"{progress.evaluated} done, {progress.failed} failed, {progress.pending} pending",
        )

    def show_reading(self, read: int, total: int) -> None:
        """Show how many call logs were read."""
        self._show(read, total, f"{read} done")

    def show_listing(self, listed: int) -> None:
        """Show how many calls have come; how many there are is not known."""
        self._show(listed, None, f"{listed} calls")

    def _show(self, completed: int, total: int | None, counts: str) -> None:
        self._counts = counts
        if self._bar is None or self._task is None:
            return
        if self._has_begun:
            self._bar.update(self._task, completed=completed, total=total)
        else:
            # What an earlier run did is there from the start; it tells nothing of the speed.
            self._bar.reset(self._task, completed=completed, total=total)
            self._has_begun = True

    def _below(self) -> str:
        if self._stopping:
            return f"{self._counts}; stopping once nothing is in flight (Ctrl-C: at once)"
        pause = self._pause()
        return (
            f"{self._counts}, rate limit pause: {math.ceil(pause)} s" if pause > 0 else self._counts
        )
