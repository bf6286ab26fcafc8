"""A proxy on loopback that breaks connections, and knows which calls the server has charged."""

import contextlib
import json
import math
import random
import socket
import socketserver
import struct
import threading
from collections import Counter
from http.client import HTTPConnection
from typing import Self
from urllib.parse import urlsplit

from tests.support.wire import LONGEST_SILENCE, read_request, reply


class ChaosProxy:
    """Hands requests on to a server, and resets some connections.

    Args:
        url: The server's.
        before: Of a hundred requests, how many are reset before anything of them is read.
        after: Of a hundred, how many are reset when the server has answered, their reply lost.
        seed: Makes the same choices each time.
    """

    def __init__(self, url: str, *, before: int, after: int, seed: int) -> None:
        self.charged: Counter[int] = Counter()
        self.resets_before = self.resets_after = self.refusals = 0
        self._server_address = urlsplit(url).netloc
        # The smallest deck with these shares, so that a short run meets every fault.
        part = math.gcd(before, after, 100)
        self._cards = ["before"] * (before // part) + ["after"] * (after // part)
        self._cards += ["none"] * (100 // part - len(self._cards))
        self._deck: list[str] = []
        self._random = random.Random(seed)  # noqa: S311  (no secret)
        self._lock = threading.Lock()
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                # A client that is killed leaves broken pipes behind.
                with contextlib.suppress(OSError):
                    proxy.serve(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True
        )

    def serve(self, handler: socketserver.StreamRequestHandler) -> None:
        connection: socket.socket = handler.request
        behind = HTTPConnection(self._server_address, timeout=LONGEST_SILENCE)
        with contextlib.closing(behind):
            while True:
                if not connection.recv(1, socket.MSG_PEEK):
                    return
                fault = self._drawn()
                if fault == "before":
                    with self._lock:
                        self.resets_before += 1
                    _reset(connection)
                    return
                request = read_request(handler)
                if request is None:
                    return
                headers = {
                    name: value
                    for name, value in request.headers.items()
                    if name in ("content-type", "x-cekura-api-key")
                }
                behind.request(request.method, request.path, request.body, headers)
                answer = behind.getresponse()
                body = answer.read()
                self._note(request.body, answer.status)
                if fault == "after":
                    if answer.status == 200:
                        with self._lock:
                            self.resets_after += 1
                        _reset(connection)
                        return
                    self._put_back(fault)
                kept = {"Date": answer.headers["Date"]}
                if answer.status == 429:
                    kept["Retry-After"] = answer.headers.get("Retry-After", "1")
                reply(answer.status, body, kept)(connection)

    def calm(self) -> None:
        """Break nothing from here on."""
        with self._lock:
            self._cards, self._deck = ["none"] * 100, []

    def _drawn(self) -> str:
        with self._lock:
            if not self._deck:
                self._deck = self._random.sample(self._cards, len(self._cards))
            return self._deck.pop()

    def _put_back(self, fault: str) -> None:
        with self._lock:
            self._deck.append(fault)

    def _note(self, body: bytes, status: int) -> None:
        with self._lock:
            self.refusals += status == 429
            if status == 200 and body:
                self.charged.update(json.loads(body)["call_logs"])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(LONGEST_SILENCE)


def _reset(connection: socket.socket) -> None:
    # A zero linger makes close() send RST.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
