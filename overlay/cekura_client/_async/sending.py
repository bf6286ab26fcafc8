"""Sends one request once, and reads as much of its reply as comes."""

from typing import Any

import httpx

from cekura_client._concurrency import async_trace
from cekura_client.config import Configuration
from cekura_client.engine.attempts import Failure, Reply, is_foreign
from cekura_client.engine.operation import Operation
from cekura_client.engine.request_builder import RequestBuilder, RequestTrace, failed, hide_the_key
from cekura_client.errors import InvalidRequestError


async def send(
    builder: RequestBuilder[httpx.AsyncClient],
    operation: Operation[Any],
    configuration: Configuration,
    *,
    patience: float,
) -> Reply | Failure:
    """Send a request once, and read as much of its reply as comes.

    Args:
        builder: Makes it, and knows what sends it.
        operation: What is sent.
        configuration: What is sent with it, and how long its reply is waited for.
        patience: For how many seconds it may wait for a connection of the pool.

    Raises:
        InvalidRequestError: The address is too long.
    """
    events = RequestTrace()
    try:
        request = builder.request(operation, configuration, async_trace(events.note), patience)
    except httpx.InvalidURL as error:
        raise InvalidRequestError(f"The address cannot be sent: {error}.") from None
    try:
        try:
            response = await builder.http(operation).send(
                request, stream=True, follow_redirects=False
            )
        except Exception as error:  # noqa: BLE001  (what is not known to be unsent counts as sent)
            return failed(error, request, events, by_httpx=builder.connections.by_httpx)
        if response.is_stream_consumed:
            return Reply.read_elsewhere(response, None)
        pieces: list[bytes] = []
        broken: Exception | None = None
        try:
            async for piece in response.aiter_raw():
                pieces.append(piece)  # noqa: PERF401  (the pieces before a failure are kept)
        except Exception as error:  # noqa: BLE001  (the status is known: keep what arrived)
            broken = error
        finally:
            try:
                await response.aclose()
            except Exception as error:  # noqa: BLE001  (the reply is there; a time limit is not ours)
                broken = broken or (error if is_foreign(error) else None)
        return Reply.of(response, b"".join(pieces), broken)
    finally:
        hide_the_key(request)
