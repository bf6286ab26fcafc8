"""A server on loopback that speaks HTTP/2 from the first byte, without TLS."""

import contextlib
import socketserver
import threading
from collections.abc import Generator

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded


@contextlib.contextmanager
def http2_server(body: bytes) -> Generator[str]:
    """Answer every request with a 200 and this body; gives the server's address."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            state = H2Connection(H2Configuration(client_side=False))
            state.initiate_connection()
            self.request.sendall(state.data_to_send())
            while data := self.request.recv(65536):
                for event in state.receive_data(data):
                    if isinstance(event, StreamEnded):
                        headers = [(":status", "200"), ("content-type", "application/json")]
                        state.send_headers(event.stream_id, headers)
                        state.send_data(event.stream_id, body, end_stream=True)
                self.request.sendall(state.data_to_send())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
