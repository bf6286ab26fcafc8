"""A server that charges for calls and fails a tenth of the requests, in ten ways by turns.

It prints its port, and serves until its standard input ends. `GET /charged` tells how often each
call was charged.
"""

import asyncio
import itertools
import json
import sys
from collections import Counter
from http import HTTPStatus
from typing import cast

_WAYS = (
    "bad request",
    "not found",
    "rate limited",
    "error that ran",
    "error that did not run",
    "closed after it ran",
    "reset after it ran",
    "reset unread",
    "no JSON",
    "cut off",
)
_RAN = {"", "error that ran", "closed after it ran", "reset after it ran", "no JSON", "cut off"}
_STATUSES = {
    "bad request": 400,
    "not found": 404,
    "rate limited": 429,
    "error that ran": 502,
    "error that did not run": 503,
}

charged: Counter[int] = Counter()
_numbers = itertools.count()


def _reply(status: int, body: bytes, *, length: int | None = None) -> bytes:
    wait = "Retry-After: 0.01\r\n" if status == HTTPStatus.TOO_MANY_REQUESTS else ""
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{wait}Content-Type: application/json"
    size = len(body) if length is None else length
    return f"{head}\r\nContent-Length: {size}\r\n\r\n".encode() + body


class _Serving(asyncio.Protocol):
    """One connection, with one way to fail."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._read = b""
        turn, rest = divmod(next(_numbers), 10)
        self._way = "" if rest else _WAYS[turn % 10]
        if self._way == "reset unread":
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, ended, body = self._read.partition(b"\r\n\r\n")
        if not ended:
            return
        if head.startswith(b"GET /charged"):
            self._transport.write(_reply(200, json.dumps(charged).encode()))
            return
        (length,) = (
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        if len(body) >= length:
            self._answer(json.loads(body)["call_logs"])

    def _answer(self, ids: list[int]) -> None:
        way = self._way
        if way in _RAN:
            charged.update(ids)
        rows = json.dumps([{"id": call, "call_id": "a", "status": "evaluating"} for call in ids])
        if way in _STATUSES:
            self._transport.write(_reply(_STATUSES[way], b"{}"))
        elif way == "no JSON":
            self._transport.write(_reply(200, b"no JSON"))
        elif way == "cut off":
            self._transport.write(_reply(200, rows.encode(), length=len(rows) + 1))
            self._transport.close()
        elif way == "closed after it ran":
            self._transport.close()
        elif way == "reset after it ran":
            self._transport.abort()
        else:
            self._transport.write(_reply(200, rows.encode()))
        self._read = b""


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Serving, "127.0.0.1", 0, backlog=2048)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
