"""A real server on loopback whose replies are written byte by byte."""

import contextlib
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

LONGEST_SILENCE = 10.0  # seconds; no server outlives its test by more


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    moment: float  # time.monotonic()


Script = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Answer:
    """A script that is made of the request."""

    to: Callable[[Received], Script]


def send(data: bytes) -> Script:
    """Write these bytes and keep the connection."""
    return lambda connection: connection.sendall(data)


def reply(status: int = 200, body: bytes = b"[]", headers: dict[str, str] | None = None) -> Script:
    """Write a whole HTTP reply."""
    return send(reply_bytes(status, body, headers))


def reply_bytes(
    status: int = 200, body: bytes = b"[]", headers: dict[str, str] | None = None
) -> bytes:
    lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    fields |= headers or {}
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Odd"


def rows_asked_for(request: Received) -> Script:
    """Accept a request: one row for each call that it names."""
    asked = json.loads(request.body)["call_logs"]
    rows = [{"id": call, "call_id": f"call_{call}"} for call in asked]
    return reply(200, json.dumps(rows).encode())


DONE = Answer(rows_asked_for)


def then_close(data: bytes = b"") -> Script:
    """Write these bytes, then close the connection in good order."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        raise ConnectionAbortedError

    return script


def then_reset(data: bytes = b"") -> Script:
    """Write these bytes, then reset the connection."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        # A zero linger makes close() send RST.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError

    return script


def reset_unread(connection: socket.socket) -> None:
    """Reset the connection once something has arrived, without reading it."""
    connection.settimeout(LONGEST_SILENCE)
    connection.recv(1, socket.MSG_PEEK)
    then_reset()(connection)


def then_silence(data: bytes = b"") -> Script:
    """Write these bytes, then nothing until the client gives up."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.settimeout(LONGEST_SILENCE)
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass
        raise ConnectionAbortedError

    return script


def dribble(data: bytes, *, pieces: int, pause: float) -> Script:
    """Write these bytes in so many pieces, with so many seconds after each."""
    size = -(-len(data) // pieces)

    def script(connection: socket.socket) -> None:
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
            time.sleep(pause)

    return script


class WireServer:
    """Answers each request with the next script; the last one serves all that follow.

    Args:
        scripts: What to do once a request has arrived whole.
        on_connect: What to do with a new connection before anything is read from it.
    """

    def __init__(self, *scripts: Script | Answer, on_connect: Script | None = None) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.open_connections = 0
        self._scripts = list(scripts)
        self._on_connect = on_connect
        self._lock = threading.Lock()
        wire = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                wire.serve(self)

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
        with self._lock:
            self.connections += 1
            self.open_connections += 1
        with contextlib.suppress(OSError):
            if self._on_connect is not None:
                self._on_connect(connection)
            while (request := read_request(handler)) is not None:
                with self._lock:
                    self.received.append(request)
                    last = len(self._scripts) == 1
                    script = self._scripts[0] if last else self._scripts.pop(0)
                if isinstance(script, Answer):
                    script = script.to(request)
                script(connection)
        with self._lock:
            self.open_connections -= 1

    def is_left_alone(self) -> bool:
        """Whether every connection is closed, or will be very soon."""
        end = time.monotonic() + LONGEST_SILENCE
        while self.open_connections and time.monotonic() < end:
            time.sleep(0.005)
        return not self.open_connections

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(LONGEST_SILENCE)


def read_request(handler: socketserver.StreamRequestHandler) -> Received | None:
    line = handler.rfile.readline()
    if not line.strip():
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (field := handler.rfile.readline().strip()) != b"":
        name, _, value = field.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = handler.rfile.read(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body, time.monotonic())
