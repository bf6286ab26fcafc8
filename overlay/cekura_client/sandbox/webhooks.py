"""Tells a URL of somebody's when the evaluation of a call is over, as the API does."""

import asyncio
import json
import logging
from collections.abc import Callable

import httpx

from cekura_client.webhooks import SECRET_HEADER

_TIMEOUT = 5.0  # seconds
_AT_ONCE = 8
# So that an evaluation is over for certain when its time has come.
_MARGIN = 0.001

logger = logging.getLogger("cekura_client.sandbox")


class Webhooks:
    """Sends an event for each call that is evaluated: once, whatever comes of it.

    Used in the server's event loop alone.

    Args:
        url: Where to send them.
        secret: What the header for it holds.
        evaluated: Gives a call as the event shows it; None while it is being evaluated.
    """

    def __init__(
        self, url: str, secret: str, evaluated: Callable[[int], dict[str, object] | None]
    ) -> None:
        self._url = url
        self._secret = secret
        self._evaluated = evaluated
        self._under_way: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(_AT_ONCE)

    def started(self, call_id: int, seconds: float) -> None:
        """Note that the evaluation of a call has begun, and is over in so many seconds."""
        asyncio.get_running_loop().call_later(seconds + _MARGIN, self._over, call_id)

    def _over(self, call_id: int) -> None:
        call = self._evaluated(call_id)
        if call is not None:  # or else the next evaluation has begun, and tells of itself
            task = asyncio.create_task(self._send(call_id, call))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _send(self, call_id: int, call: dict[str, object]) -> None:
        event = {"event_type": "call_log.completed", "data": call}
        # To set up TLS takes a while, and plain HTTP needs none.
        tls = self._url.startswith("https:")
        try:
            async with (
                self._places,
                httpx.AsyncClient(verify=tls, trust_env=False, timeout=_TIMEOUT) as client,
            ):
                reply = await client.post(
                    self._url,
                    content=json.dumps(event).encode("ascii"),
                    headers={SECRET_HEADER: self._secret, "Content-Type": "application/json"},
                )
            reply.raise_for_status()
        except (httpx.HTTPError, OSError) as error:
            logger.warning(
                "The webhook for call log %d failed, and is not sent again: %r", call_id, error
            )
