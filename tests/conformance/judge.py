"""What openapi-core, which nobody here wrote, says of requests and replies."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, cast

import httpx
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from referencing.exceptions import PointerToNowhere
from werkzeug.datastructures import Headers, ImmutableMultiDict

from scripts.tools.documents import Document
from tests.support.reply_rules import by_reply_rules


def _headers(message: httpx.Request | httpx.Response) -> Headers:
    # Finds a name in any case; openapi-core looks up the contract's own spelling.
    return Headers(message.headers.multi_items())


class _Request:
    """An httpx request as openapi-core wants it."""

    def __init__(self, request: httpx.Request) -> None:
        url = request.url
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(url.params.multi_items()), header=_headers(request)
        )
        self.host_url = f"{url.scheme}://{url.netloc.decode('ascii')}"
        self.path = url.path
        self.method = request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "").lower()


class _Reply:
    """An httpx reply as openapi-core wants it."""

    def __init__(self, reply: httpx.Response) -> None:
        self.status_code = reply.status_code
        self.headers = _headers(reply)
        self.content_type = reply.headers.get("content-type", "").lower()
        self.data = reply.content or None


class Judge:
    """Holds requests and replies against one contract; each fault is a line of text.

    Args:
        contract: The contract.
        by_rules: Whether the rules that hold for every reply do.
    """

    def __init__(self, contract: Document, *, by_rules: bool = True) -> None:
        # No check of the contract itself: some here lack a part on purpose. None is documented
        # to say so, and missing from the annotation.
        unchecked = Config(spec_validator_cls=cast("Any", None))
        self._requests = OpenAPI.from_dict(contract, unchecked)
        self._replies = OpenAPI.from_dict(
            by_reply_rules(contract) if by_rules else contract, unchecked
        )

    def request_faults(self, request: httpx.Request) -> list[str]:
        return _texts(self._requests.iter_request_errors(_Request(request)))

    def reply_faults(self, request: httpx.Request, reply: httpx.Response) -> list[str]:
        return _texts(self._replies.iter_response_errors(_Request(request), _Reply(reply)))


class _SchemaFault(Protocol):
    json_path: str
    message: str


def _texts(errors: Iterable[Exception]) -> list[str]:
    try:
        return [text for error in errors for text in _text(error)]
    except PointerToNowhere as error:
        # Its own text holds the whole contract.
        return [f"the contract has nothing at {error.ref}"]


def _text(error: BaseException) -> Iterator[str]:
    """Tell of the innermost causes: what wraps them says only that something is invalid."""
    if isinstance(error, InvalidSchemaValue):
        for fault in cast("Iterable[_SchemaFault]", error.schema_errors):
            yield f"{fault.json_path}: {fault.message}"
    elif error.__cause__ is not None:
        yield from _text(error.__cause__)
    else:
        yield f"{type(error).__name__}: {error}"
