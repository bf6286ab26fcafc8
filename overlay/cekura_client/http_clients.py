"""Makes the httpx clients that requests are sent through, and checks those that are given."""

import ssl
from functools import cache
from typing import TypedDict, TypeVar

import httpx

from cekura_client.configuration import Configuration
from cekura_client.errors import InvalidRequestError

_HttpT = TypeVar("_HttpT", httpx.Client, httpx.AsyncClient)


class _HttpOptions(TypedDict):
    headers: dict[str, str]
    trust_env: bool
    verify: ssl.SSLContext


def own_http_client(kind: type[_HttpT], configuration: Configuration) -> _HttpT:
    """Make an httpx client that has the headers, and the environment's proxies and certificates.

    Raises:
        InvalidRequestError: What the environment says cannot be used.
    """
    try:
        return kind(**_http_options(configuration))
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        raise InvalidRequestError(
            "The proxy or certificate settings of the environment (such as HTTPS_PROXY, "
            f"ALL_PROXY, SSL_CERT_FILE) cannot be used: {error}. Nothing was sent."
        ) from error


def _http_options(configuration: Configuration) -> _HttpOptions:
    # A server on this machine is never behind a proxy, whatever the environment says.
    trust_env = not configuration.is_loopback
    return {
        "headers": configuration.headers,
        "trust_env": trust_env,
        "verify": _tls_context(trust_env),
    }


@cache
def _tls_context(trust_env: bool) -> ssl.SSLContext:  # noqa: FBT001  (cache takes positions)
    # Reading the certificate authorities takes longer than a request; once is enough.
    return httpx.create_ssl_context(trust_env=trust_env)


def check_http_client(http_client: object, kind: type) -> None:
    """Refuse an http_client of the other twin's kind.

    Raises:
        InvalidRequestError: It is no client of this kind.
    """
    if http_client is not None and not isinstance(http_client, kind):
        raise InvalidRequestError(
            f"http_client is an httpx.{kind.__name__}; got {type(http_client).__name__}."
        )
