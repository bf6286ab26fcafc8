"""Any operation of the API, by its method and path: its arguments checked, and its request.

What is refused raises `InvalidRequestError`.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from numbers import Integral
from typing import NoReturn, cast
from urllib.parse import unquote, urlencode

import httpx

from cekura_client.engine.attempts import Reply
from cekura_client.engine.operation import READING, Operation, RequestParts
from cekura_client.engine.response import Response
from cekura_client.errors import InvalidRequestError

# CONNECT speaks to a proxy, and TRACE has the key sent back.
_METHODS = READING | {"POST", "PUT", "PATCH", "DELETE"}
# What is known to cost credits does, whatever is said of it.
_COSTLY = re.compile(
    r"/observability/v\d+/(?:call-logs/(?:evaluate_metrics|rerun_evaluation)|observe)/*"
)
_SECRET_HEADERS = frozenset({"set-cookie", "set-cookie2"})


def any_operation(
    method: object,
    path: object,
    *,
    params: object,
    body: object,
    costs_credits: object,
    secret: str,
) -> Operation[Response]:
    """Make a request ready to be sent.

    Args:
        method: Such as "GET"; in small letters, too.
        path: Where to, at the client's own server.
        params: What its query says; None: it has none.
        body: What is sent as JSON; None: nothing.
        costs_credits: Whether it costs credits; None: nobody has said.
        secret: The API key, to be kept out of what is handed over.
    """
    checked_method, checked_path = _checked_method(method), _checked_path(path)
    return _AnyOperation(
        name=f"{checked_method} {checked_path}",
        costs_credits=_costs(checked_method, checked_path, costs_credits),
        request=RequestParts(
            method=checked_method,
            path=checked_path + _query(params),
            body=None if body is None else _encoded(body),
        ),
        secret=secret,
    )


def _no_body_alone(_: bytes) -> NoReturn:
    raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class _AnyOperation(Operation[Response]):
    """Its result is the reply as a whole."""

    secret: str = field(repr=False)  # who reports an error may report what its frames hold
    read: Callable[[bytes], Response] = _no_body_alone

    def result_of(self, reply: Reply) -> Response:
        kept = [
            (name, value.replace(self.secret, "***"))
            for name, value in reply.headers.multi_items()
            if name not in _SECRET_HEADERS
        ]
        headers = httpx.Headers(kept)
        return Response(reply.status, headers, reply.body, self.name, self.repeatable)


def _checked_method(method: object) -> str:
    checked = method.upper() if isinstance(method, str) and method.isascii() else ""
    if checked not in _METHODS:
        raise InvalidRequestError(
            f"method is one of {', '.join(sorted(_METHODS))}; got {method!r}."
        )
    return checked


def _checked_path(path: object) -> str:
    """Check that a path leads nowhere but to the client's own server, and not out of its folder."""
    if not isinstance(path, str):
        raise InvalidRequestError(f"path is text; got {type(path).__name__}.")
    if not path.startswith("/") or path.startswith("//"):
        raise InvalidRequestError(f"path begins with one slash, and has no host; got {path!r}.")
    if "?" in path or "#" in path:
        raise InvalidRequestError(
            f"path has no query and no fragment: a query goes into params; got {path!r}."
        )
    # A server may read them in either way.
    for text in (path, unquote(path)):
        if "\\" in text or not text.isprintable():
            raise InvalidRequestError(
                f"path has a backslash, a line break or a character that cannot be sent; got "
                f"{path!r}."
            )
        if not {".", ".."}.isdisjoint(text.split("/")):
            raise InvalidRequestError(f"path has a segment that leads elsewhere; got {path!r}.")
    return path


def is_known_to_cost(method: str, path: str) -> bool:
    """Whether this is one of the operations that are known to cost credits."""
    return method.upper() not in READING and bool(_COSTLY.fullmatch(unquote(path)))


def _costs(method: str, path: str, said: object) -> bool | None:
    if said is not None and not isinstance(said, bool):
        raise InvalidRequestError(f"costs_credits is True, False or None; got {said!r}.")
    if is_known_to_cost(method, path):
        return True
    return False if said is None and method in READING else said


def _query(params: object) -> str:
    if params is None:
        return ""
    if not isinstance(params, Mapping):
        raise InvalidRequestError(
            f"params is a mapping of names to values; got {type(params).__name__}."
        )
    pairs: list[tuple[str, str]] = []
    for name, value in cast("Mapping[object, object]", params).items():
        if not isinstance(name, str) or not name:
            raise InvalidRequestError(f"{name!r} cannot be the name of a parameter.")
        if isinstance(value, (list, tuple)):
            values = cast("list[object]", value)
            if not values:
                raise InvalidRequestError(f"params[{name!r}] is an empty list; leave it out.")
            pairs += [(name, _text(name, item)) for item in values]
        elif value is not None:
            pairs.append((name, _text(name, value)))
    try:
        # A comma needs no escape, and a list of ids has many.
        return f"?{urlencode(pairs, safe=',:')}" if pairs else ""
    except UnicodeEncodeError:
        raise InvalidRequestError("params hold half a character, which cannot be sent.") from None


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return repr(float(value))
    if isinstance(value, date):
        return value.isoformat()
    raise InvalidRequestError(
        f"params[{name!r}] is text, a number, a boolean, a date, or a list of these; got {value!r}."
    )


def _encoded(body: object) -> bytes:
    try:
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"json cannot be sent as JSON: {error}.") from None
