"""What the httpx clients are made like that requests are sent through, and the requests."""

import itertools
import os
import sys
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

import cekura_client.engine.connections
import httpx
import pytest
from cekura_client import InvalidRequestError, RetryPolicy
from cekura_client.config import Configuration, configure
from cekura_client.engine.connections import (
    Connections,
    PerProcess,
    connections,
    in_this_process,
    own_connections,
)
from cekura_client.engine.operation import Operation, RequestParts
from cekura_client.engine.request_builder import RequestBuilder, RequestTrace


def configured(base_url: str) -> Configuration:
    return configure("key", base_url=base_url, timeout=30.0, retries=RetryPolicy(), headers=None)


@pytest.fixture
def configuration() -> Configuration:
    return configured("https://a.example")


def of_pool(http: httpx.Client, name: str) -> object:
    """A fact about the pool of httpx's own transport, of which httpx says nothing in public."""
    fact: object = attrgetter(f"_transport._pool._{name}")(http)
    return fact


def test_own_connections_are_kept_for_what_may_be_repeated_alone(
    configuration: Configuration,
) -> None:
    made = own_connections(httpx.Client, configuration)
    for http, kept in ((made.kept, 20), (made.fresh, 0)):
        assert of_pool(http, "max_keepalive_connections") == kept
        assert of_pool(http, "max_connections") == made.capacity == 100
        assert http.headers["x-cekura-api-key"] == "key"
        assert not http.follow_redirects
    assert made.kept.cookies.jar is made.fresh.cookies.jar
    assert (made.own, made.by_httpx, made.process) == (True, True, os.getpid())
    assert of_pool(made.kept, "ssl_context") is of_pool(made.fresh, "ssl_context")  # read once
    assert not made.closed
    made.kept.close()
    assert made.closed


def test_the_environments_certificates_count_but_for_a_server_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    uncached = attrgetter("_tls_context.__wrapped__")(cekura_client.engine.connections)
    monkeypatch.setattr("cekura_client.engine.connections._tls_context", uncached)
    # One that is missing is passed over by the oldest httpx.
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(broken))
    with pytest.raises(InvalidRequestError, match="SSL_CERT_FILE"):
        own_connections(httpx.Client, configured("https://a.example"))
    assert own_connections(httpx.Client, configured("http://127.0.0.1:9")).own


@pytest.mark.parametrize(
    ("options", "capacity"),
    [
        ({}, 100),
        ({"limits": httpx.Limits(max_connections=7)}, 7),
        ({"limits": httpx.Limits()}, sys.maxsize),
        ({"http2": True, "limits": httpx.Limits(max_connections=7)}, 100),
        ({"transport": httpx.MockTransport(lambda _: httpx.Response(200))}, 100),
    ],
)
def test_a_given_client_is_taken_for_all(
    configuration: Configuration, options: dict[str, Any], capacity: int
) -> None:
    with httpx.Client(**options) as http:
        made = connections(http, httpx.Client, configuration)
        assert made.kept is made.fresh is http
        assert (made.own, made.capacity, made.process) == (False, capacity, os.getpid())
        assert made.by_httpx is ("transport" not in options)


class OwnTransport(httpx.HTTPTransport):
    """May do anything before it sends, and after."""


def test_a_transport_derived_from_httpxs_own_is_not_it(configuration: Configuration) -> None:
    with httpx.Client(transport=OwnTransport(limits=httpx.Limits(max_connections=7))) as http:
        made = connections(http, httpx.Client, configuration)
    assert (made.by_httpx, made.capacity) == (False, 100)


def test_the_refusal_of_another_kind_names_both(configuration: Configuration) -> None:
    wrong: Any = "a client"
    with pytest.raises(InvalidRequestError, match=r"is an httpx\.Client; got str\."):
        connections(wrong, httpx.Client, configuration)


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(
    ("method", "costs", "fresh", "wait"),
    [
        ("GET", False, False, 30.0),
        ("GET", None, False, 9.0),
        ("GET", True, True, 9.0),
        ("POST", False, True, 30.0),
        ("POST", None, True, 9.0),
        ("POST", True, True, 9.0),
    ],
)
def test_what_may_not_be_repeated_goes_over_a_connection_of_its_own(
    configuration: Configuration,
    method: str,
    wait: float,
    *,
    costs: bool | None,
    fresh: bool,
    given: bool,
) -> None:
    configuration = replace(configuration, paid_timeout=httpx.Timeout(9.0))
    body = b"{}" if method == "POST" else None
    operation = Operation(
        name="a", costs_credits=costs, request=RequestParts(method, "/a/?b=1", body), read=bytes
    )
    http = httpx.Client() if given else None
    made = connections(http, httpx.Client, configuration)
    builder = RequestBuilder(made, configuration)
    assert builder.http(operation) is (made.fresh if fresh else made.kept)
    trace = RequestTrace().note
    request = builder.request(operation, configuration, trace, 7.0)
    assert (request.method, str(request.url)) == (method, "https://a.example/a/?b=1")
    assert (request.read(), request.headers.get("content-type")) == (
        (body, "application/json") if body else (b"", None)
    )
    assert request.headers["connection"] == ("close" if fresh else "keep-alive")
    assert request.headers["x-cekura-api-key"] == "key"
    assert request.extensions["timeout"] == httpx.Timeout(wait, pool=7.0).as_dict() | (
        {"connect": 5.0} if wait == 30.0 else {}
    )
    assert request.extensions["trace"] == trace
    others = replace(configuration, headers=configuration.headers | {"x-team": "voice"})
    assert builder.request(operation, others, trace, 7.0).headers["x-team"] == "voice"


def elsewhere(made: Connections[httpx.Client]) -> Connections[httpx.Client]:
    """The same, as a forked process finds them."""
    return Connections(
        kept=made.kept,
        fresh=made.fresh,
        own=made.own,
        capacity=made.capacity,
        by_httpx=made.by_httpx,
        process=made.process + 1,
    )


def test_another_processs_connections_are_never_used(configuration: Configuration) -> None:
    made = connections(None, httpx.Client, configuration)
    assert in_this_process(made, httpx.Client, configuration) is made
    others = in_this_process(elsewhere(made), httpx.Client, configuration)
    assert others.kept is not made.kept
    assert others.fresh is not made.fresh
    assert (others.own, others.process) == (True, os.getpid())
    with httpx.Client() as http:
        given = connections(http, httpx.Client, configuration)
        assert in_this_process(given, httpx.Client, configuration) is given
        with pytest.raises(InvalidRequestError, match="given before this process was forked"):
            in_this_process(elsewhere(given), httpx.Client, configuration)


def test_what_each_process_has_is_made_once_and_forgotten_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    each = PerProcess(partial(next, itertools.count()))
    assert (each.get(), each.get()) == (0, 0)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert (each.get(), each.get()) == (1, 1)
    monkeypatch.undo()
    assert each.get() == 2  # a process does not find what another left
