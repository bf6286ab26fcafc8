"""A real server on loopback that takes so many requests in each so many seconds."""

import contextlib
import math
import socket
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial

from tests.support.wire import Answer, Received, Script, WireServer, reply


@dataclass
class Limit:
    """What a limited server has done so far.

    Args:
        requests: How many it takes in each window.
        seconds: How long a window is; the first one begins with the first request.
        latency: Seconds before each reply.
        body: The reply's body, or what makes it of the request.
        whole_seconds: Whether Retry-After is rounded up to whole seconds.
    """

    requests: int
    seconds: float
    latency: float = 0.0
    body: bytes | Callable[[Received], bytes] = b"[]"
    whole_seconds: bool = False
    taken: int = 0
    refused: int = 0
    started: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""
    _window: int = 0
    _left: int = 0

    def to(self, request: Received) -> Script:
        body = self.body if isinstance(self.body, bytes) else self.body(request)
        return partial(self._answer, body)

    def _answer(self, body: bytes, connection: socket.socket) -> None:
        with self.lock:
            wait = self._wait()
        time.sleep(self.latency)
        if wait:
            told = f"{math.ceil(wait)}" if self.whole_seconds else f"{wait:.3f}"
            reply(429, b"{}", {"Retry-After": told})(connection)
        else:
            reply(200, body)(connection)

    def _wait(self) -> float:
        """Count one request; return how long a refused one has to wait, 0.0 when it is taken."""
        now = time.monotonic()
        self.started = self.started or now
        window, passed = divmod(now - self.started, self.seconds)
        if window != self._window or not self.taken:
            self._window, self._left = int(window), self.requests
        if self._left:
            self._left -= 1
            self.taken += 1
            return 0.0
        self.refused += 1
        return max(0.001, self.seconds - passed)


@contextlib.contextmanager
def limited_server(
    requests: int,
    seconds: float,
    *,
    latency: float = 0.0,
    body: bytes | Callable[[Received], bytes] = b"[]",
    whole_seconds: bool = False,
) -> Generator[Limit]:
    limit = Limit(requests, seconds, latency, body, whole_seconds)
    with WireServer(Answer(limit.to)) as server:
        limit.url = server.url
        yield limit
