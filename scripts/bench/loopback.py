"""A server in a process of its own that answers every request with the same bytes.

So its work is not counted among what a client does.
"""

import contextlib
import socketserver
import subprocess
import sys
from collections.abc import Generator


@contextlib.contextmanager
def answering(body: bytes) -> Generator[str]:
    """Serve this body on loopback; gives the server's address."""
    command = [sys.executable, "-m", "scripts.bench.loopback"]
    with subprocess.Popen(  # noqa: S603  (this file)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the server has no pipes")
        try:
            server.stdin.write(body)
            server.stdin.close()
            yield server.stdout.readline().decode().strip()
        finally:
            server.kill()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


def _serve(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    reply = head % len(body) + body

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            while self.rfile.readline():
                length = 0
                while line := self.rfile.readline().strip().lower():
                    name, _, value = line.partition(b":")
                    length = int(value) if name == b"content-length" else length
                self.rfile.read(length)
                self.wfile.write(reply)

    with _Server(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    _serve(sys.stdin.buffer.read())
