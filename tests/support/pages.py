"""A real server on loopback that serves pages by their paths."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Pages:
    """What is served; change `texts` at any time.

    Attributes:
        url: Where the server is.
        texts: What stands at each path. Another path gives a 404.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.texts: dict[str, bytes] = {}

    def put(self, name: str, content: bytes | str) -> str:
        """Serve a page; its URL."""
        self.texts[f"/{name}"] = content if isinstance(content, bytes) else content.encode()
        return f"{self.url}/{name}"


@contextmanager
def serving() -> Generator[Pages]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = pages.texts.get(self.path)
            self.send_response(404 if text is None else 200)
            self.end_headers()
            self.wfile.write(b"gone" if text is None else text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pages = Pages(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield pages
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
