"""The reply to a request that the package does not know: as it came."""

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

import httpx

from cekura_client.errors import InvalidResponseError


@dataclass(frozen=True, slots=True)
class Response:
    """What the API answered to `request`, where it accepted it.

    Attributes:
        status_code: The status, 200 to 299.
        headers: The headers, names in any case; without cookies and the API key.
        body: The body's bytes.

    Example:
        >>> response = cekura.request("GET", "/test_framework/billing/info/")
        >>> response.status_code
        200
    """

    status_code: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)
    _operation: str = field(default="The request", repr=False)
    _repeatable: bool = field(default=False, repr=False)

    def json(self) -> Any:  # noqa: ANN401  (whatever the API sends)
        """Read the body as JSON; None where there is no body.

        Raises:
            InvalidResponseError: It is no JSON. The error has the body.

        Example:
            >>> cekura.request("GET", "/observability/v2/call-logs/123/").json()["duration"]
            '00:30'
        """
        if not self.body:
            return None
        try:
            return json.loads(self.body, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise InvalidResponseError(
                f"{self._operation} was accepted ({self.status_code}), but its reply is no JSON "
                f"({type(error).__name__}: {error}). It is kept in `body`.",
                status_code=self.status_code,
                headers=self.headers,
                body=self.body,
                may_have_run=not self._repeatable,
            ) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
