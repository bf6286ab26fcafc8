"""A transport that keeps what a client would send to the API, and sends it to a local server."""

import ssl
from dataclasses import dataclass
from typing import cast

import httpx

# Only loopback is served, in plain HTTP; reading the certificate authorities takes longer.
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class Exchange:
    """One request, addressed to the API itself, and the local server's reply, read whole."""

    request: httpx.Request
    reply: httpx.Response


class Recorder(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Serves both twins; hand it over as the `transport` of an httpx client.

    Args:
        server: The URL of the local server that answers in the API's place.
    """

    def __init__(self, server: str) -> None:
        self.exchanges: list[Exchange] = []
        self._server = httpx.URL(server)
        self._sync = httpx.HTTPTransport(verify=_TLS)
        self._async = httpx.AsyncHTTPTransport(verify=_TLS)

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        reply = self._sync.handle_request(self._redirected(request))
        try:
            body = b"".join(cast("httpx.SyncByteStream", reply.stream))
        finally:
            reply.close()
        return self._kept(request, reply, body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        reply = await self._async.handle_async_request(self._redirected(request))
        try:
            pieces = [piece async for piece in cast("httpx.AsyncByteStream", reply.stream)]
        finally:
            await reply.aclose()
        return self._kept(request, reply, b"".join(pieces))

    def close(self) -> None:
        self._sync.close()

    async def aclose(self) -> None:
        await self._async.aclose()

    def _redirected(self, request: httpx.Request) -> httpx.Request:
        return httpx.Request(
            request.method,
            self._server.copy_with(raw_path=request.url.raw_path),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    def _kept(self, request: httpx.Request, reply: httpx.Response, body: bytes) -> httpx.Response:
        kept = httpx.Response(reply.status_code, headers=reply.headers, content=body)
        # A copy: the client takes the key out of its own when the request is over.
        sent = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.content
        )
        self.exchanges.append(Exchange(sent, kept))
        return httpx.Response(
            reply.status_code, headers=reply.headers, stream=httpx.ByteStream(body)
        )
