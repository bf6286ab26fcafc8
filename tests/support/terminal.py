"""A terminal that a test can look at: a process on a pseudo-terminal, its screen drawn by pyte."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pyte

from tests.support.command import COMMAND, KEY, Server, environment

_PATIENCE = 60.0  # seconds that a busy machine may take to show something
# Makes the terminal on its standard input the one that Ctrl-C and /dev/tty belong to.
_OWN_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Screen:
    """What a terminal shows, and its keyboard."""

    def __init__(self, keyboard: int, columns: int, rows: int) -> None:
        self._keyboard = keyboard
        self._screen = pyte.HistoryScreen(columns, rows, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""
        self.looks: list[str] = []
        """What the screen showed, each time it changed."""

    @property
    def text(self) -> str:
        """What has scrolled away, and what is shown, without trailing blanks."""
        gone = [
            "".join(line[column].data for column in range(self._screen.columns))
            for line in self._screen.history.top
        ]
        lines = [line.rstrip() for line in [*gone, *self._screen.display]]
        return "\n".join(lines).rstrip()

    def type(self, text: str) -> None:
        os.write(self._keyboard, text.encode())

    def wait_for(self, wanted: str) -> str:
        """Let it run until the screen shows something."""
        deadline = time.monotonic() + _PATIENCE
        while wanted not in self.text:
            assert self._read(deadline), f"It ended before it showed {wanted!r}:\n{self.text}"
        return self.text

    def run_to_the_end(self) -> str:
        deadline = time.monotonic() + _PATIENCE
        while self._read(deadline):
            pass
        assert KEY.encode() not in self.written
        return self.text

    def _read(self, deadline: float) -> bool:
        """Take in what comes next; False at the end."""
        ready, _, _ = select.select([self._keyboard], [], [], deadline - time.monotonic())
        assert ready, f"Nothing new for long:\n{self.text}"
        try:
            data = os.read(self._keyboard, 65_536)
        except OSError:  # so Linux says that the other end is closed
            return False
        self.written += data
        self._stream.feed(data)
        self.looks.append(self.text)
        return bool(data)


@contextmanager
def terminal(
    *words: str | int | Path,
    server: Server | None = None,
    columns: int = 80,
    rows: int = 24,
    before: tuple[str, ...] = (),
    **changes: str | None,
) -> Generator[tuple[subprocess.Popen[bytes], Screen]]:
    """Run the command on a terminal of its own; `before` are words of a shell that runs it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    command = [sys.executable, "-c", _OWN_TERMINAL, *before, *COMMAND, *map(str, words)]
    with subprocess.Popen(  # noqa: S603  (our own command)
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(server, **changes),
    ) as process:
        os.close(theirs)
        try:
            yield process, Screen(ours, columns, rows)
        finally:
            process.kill()
            os.close(ours)
