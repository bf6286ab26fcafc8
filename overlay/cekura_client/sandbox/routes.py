"""The HTTP side: who may ask, how often, by which method, and the reply as JSON."""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from starlette.datastructures import URL, QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from cekura_client.sandbox.content.seed import Agent, Seed
from cekura_client.sandbox.rate_limit import RateLimit
from cekura_client.sandbox.replies.agents import agent_row, project_rows
from cekura_client.sandbox.replies.billing import billing_info
from cekura_client.sandbox.replies.call_list import CallList
from cekura_client.sandbox.replies.calls import detail, list_row
from cekura_client.sandbox.replies.metrics import metric_rows
from cekura_client.sandbox.requests.bodies import (
    parse_body,
    read_evaluate,
    read_observe,
    read_rerun,
    read_update,
    read_vote,
)
from cekura_client.sandbox.requests.lists import no_such_page, read_list
from cekura_client.sandbox.requests.refusals import RefusedError, not_found
from cekura_client.sandbox.state import State


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that are let in: an organization's, and a project's, which may do less."""

    organization: str
    project: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that was let in."""

    path: Mapping[str, str]
    url: URL
    query: QueryParams
    content_type: str
    body: bytes
    by_project: bool


@dataclass(frozen=True, slots=True)
class _Created:
    """An answer about something that was not there before."""

    body: object


_Handler = Callable[[_Asked], object]

_KEY_HEADER = "X-CEKURA-API-KEY"
_LARGEST_BODY = 2_621_440
# A larger body is refused once it is read to its end, or to here.
_LARGEST_READ = 32 * 1024 * 1024
# More digits than any id has; int() refuses some thousands with an error of its own.
_LONGEST_ID = 18


def _reply(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    # ASCII: what is quoted from a request may hold half a surrogate pair, which is no UTF-8.
    content = json.dumps(body, ensure_ascii=True, allow_nan=False).encode("ascii")
    return Response(content, status, headers, media_type="application/json")


def _same(sent: str, key: str) -> bool:
    return hmac.compare_digest(sent.encode("latin-1"), key.encode("ascii"))


async def _read_body(request: Request) -> bytes | None:
    """Read a body, before anything else: who is refused unread may not get to see the refusal.

    Returns:
        The body; None if it is too large.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= _LARGEST_BODY:
            chunks.append(chunk)
        elif size > _LARGEST_READ:
            break
    return b"".join(chunks) if size <= _LARGEST_BODY else None


class _Endpoint:
    """One address: checks the key, then the rate, then the method, then lets a handler answer.

    A class and not a function, because Starlette checks a function's methods before any of it.
    """

    def __init__(
        self, handlers: dict[str, _Handler], *, keys: Keys, rate_limit: RateLimit | None
    ) -> None:
        self._handlers = handlers
        self._keys = keys
        self._rate_limit = rate_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await _read_body(request)
        except ClientDisconnect:
            return
        try:
            answer = self._answer(request, body)
            status, shown = (201, answer.body) if isinstance(answer, _Created) else (200, answer)
            response = _reply(status, shown)
        except RefusedError as refused:
            response = _reply(refused.status, refused.body, dict(refused.headers))
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes | None) -> object:
        by_project = self._check_key(request)
        self._check_rate()
        handler = self._find_handler(request.method)
        if body is None:
            raise RefusedError(400, {"detail": f"Request body exceeded {_LARGEST_BODY} bytes."})
        return handler(
            _Asked(
                path=request.path_params,
                url=request.url,
                query=request.query_params,
                content_type=request.headers.get("content-type", ""),
                body=body,
                by_project=by_project,
            )
        )

    def _check_key(self, request: Request) -> bool:
        """Refuse a wrong key; return whether it is the project's."""
        sent = request.headers.get(_KEY_HEADER)
        if sent is None:
            message = "Authentication credentials were not provided."
        elif _same(sent, self._keys.organization):
            return False
        elif _same(sent, self._keys.project):
            return True
        else:
            message = "Invalid API key."
        raise RefusedError(401, {"detail": message}, {"WWW-Authenticate": "Api-Key"})

    def _check_rate(self) -> None:
        wait = self._rate_limit.wait() if self._rate_limit else 0
        if wait:
            unit = "second" if wait == 1 else "seconds"
            message = f"Request was throttled. Expected available in {wait} {unit}."
            raise RefusedError(429, {"detail": message}, {"Retry-After": str(wait)})

    def _find_handler(self, method: str) -> _Handler:
        handler = self._handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            allowed = [*self._handlers, *(["HEAD"] if "GET" in self._handlers else [])]
            message = f'Method "{method}" not allowed.'
            raise RefusedError(405, {"detail": message}, {"Allow": ", ".join(allowed)})
        return handler


def _number(query: QueryParams, name: str) -> int | None:
    """Read an id of the query; None where there is none."""
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID):
        raise RefusedError(400, {"detail": "A valid integer is required."})
    return int(text)


def _page(
    url: URL, rows: Sequence[object], count: int, page: int, page_size: int
) -> dict[str, object]:
    more = page * page_size < count
    return {
        "count": count,
        "next": str(url.include_query_params(page=page + 1)) if more else None,
        "previous": str(url.include_query_params(page=page - 1)) if page > 1 else None,
        "results": rows,
    }


def _merged(known: object, given: object) -> object:
    return {**cast("dict[str, object]", known or {}), **cast("dict[str, object]", given)}


def _call_id(asked: _Asked) -> int:
    # int() would read blanks, signs, underscores and other scripts' digits too.
    call_id = asked.path["call_id"]
    if not (call_id.isascii() and call_id.isdecimal() and len(call_id) <= _LONGEST_ID):
        raise not_found()
    return int(call_id)


class _Answers:
    """Answers to each kind of request, from what the sandbox holds.

    Args:
        seed: Its agents, metrics and calls.
        state: What has become of them.
        now: What time it is, always; None: the real time.
    """

    def __init__(self, seed: Seed, state: State, now: datetime | None) -> None:
        self._seed = seed
        self._state = state
        self._now = now
        self._calls = CallList(seed, state)

    def evaluate(self, asked: _Asked) -> object:
        request = read_evaluate(parse_body(asked.content_type, asked.body))
        return [list_row(view) for view in self._state.evaluate(request)]

    def rerun(self, asked: _Asked) -> object:
        request = read_rerun(parse_body(asked.content_type, asked.body))
        return [detail(view) for view in self._state.rerun(request)]

    def observe(self, asked: _Asked) -> object:
        request = read_observe(parse_body(asked.content_type, asked.body))
        now = self._now or datetime.now(UTC)
        return _Created(list_row(self._state.observe(request, now)))

    def list_calls(self, asked: _Asked) -> object:
        request = read_list(asked.query, self._now or datetime.now(UTC))
        count, views = self._calls.page(request)
        rows = [list_row(view) for view in views]
        return _page(asked.url, rows, count, request.page, request.page_size)

    def retrieve(self, asked: _Asked) -> object:
        return detail(self._state.retrieve(_call_id(asked)))

    def update(self, asked: _Asked) -> object:
        call_id = _call_id(asked)
        shown = detail(self._state.retrieve(call_id))
        request = read_update(parse_body(asked.content_type, asked.body))
        for name in ("metadata", "dynamic_variables"):
            if name in request.facts:
                request.facts[name] = _merged(shown[name], request.facts[name])
        return detail(self._state.update(call_id, request))

    def vote(self, asked: _Asked) -> object:
        call_id = _call_id(asked)
        self._state.retrieve(call_id)  # who asks for none that there is hears that first
        self._state.vote(call_id, read_vote(parse_body(asked.content_type, asked.body)))
        return {"detail": "Vote recorded."}

    def billing(self, asked: _Asked) -> object:
        if asked.by_project:
            raise RefusedError(403, {"detail": "Project-scoped API keys are not allowed."})
        return billing_info(self._state, self._seed.today)

    def metrics(self, asked: _Asked) -> object:
        agent_id, project_id = (_number(asked.query, name) for name in ("agent_id", "project_id"))
        return metric_rows(self._seed, agent_id, project_id, asked.query.get("assistant_id"))

    def agents(self, asked: _Asked) -> object:
        project_id, page, size = (
            _number(asked.query, name) for name in ("project_id", "page", "page_size")
        )
        searched = asked.query.get("q", "")

        def fits(agent: Agent) -> bool:
            return searched.lower() in agent.name.lower() or searched == str(agent.id)

        found = [
            agent_row(agent)
            for agent in self._seed.agents.values()
            if project_id in (None, agent.project_id) and fits(agent)
        ]
        page, size = page or 1, size or 20
        rows = found[(page - 1) * size : page * size]
        if page > 1 and not rows:
            raise no_such_page()
        return _page(asked.url, rows, len(found), page, size)

    def projects(self, asked: _Asked) -> object:
        del asked
        return project_rows(self._seed)


async def _no_such_address(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await _read_body(Request(scope, receive))
    except ClientDisconnect:
        return
    refused = not_found()
    await _reply(refused.status, refused.body)(scope, receive, send)


def make_app(
    seed: Seed,
    state: State,
    *,
    keys: Keys,
    now: datetime | None,
    rate_limit: RateLimit | None,
) -> ASGIApp:
    """Put a state behind the addresses of the API.

    Args:
        seed: What the sandbox holds.
        state: What has become of it.
        keys: The keys that are let in.
        now: What time it is, always; None: the real time.
        rate_limit: How often they may ask, all addresses together; None: as they like.
    """
    answers = _Answers(seed, state, now)

    def route(path: str, **handlers: _Handler) -> Route:
        return Route(path, _Endpoint(handlers, keys=keys, rate_limit=rate_limit))

    router = Router(
        [
            route("/observability/v1/observe/", POST=answers.observe),
            route("/observability/v1/call-logs/evaluate_metrics/", POST=answers.evaluate),
            route("/observability/v1/call-logs/rerun_evaluation/", POST=answers.rerun),
            # Before the path with an id, which would match them, too.
            route("/observability/v2/call-logs/evaluate_metrics/", POST=answers.evaluate),
            route("/observability/v2/call-logs/rerun_evaluation/", POST=answers.rerun),
            route("/observability/v2/call-logs/", GET=answers.list_calls),
            route("/observability/v1/call-logs/{call_id}/", PATCH=answers.update),
            route(
                "/observability/v2/call-logs/{call_id}/",
                GET=answers.retrieve,
                PATCH=answers.update,
            ),
            route("/observability/v1/call-logs/{call_id}/mark_metric_vote/", POST=answers.vote),
            route("/observability/v2/call-logs/{call_id}/mark_metric_vote/", POST=answers.vote),
            route("/test_framework/billing/info/", GET=answers.billing),
            route("/test_framework/v2/metrics/", GET=answers.metrics),
            route("/test_framework/v2/aiagents/short_list/", GET=answers.agents),
            route("/user/v1/projects/", GET=answers.projects),
        ],
        redirect_slashes=False,
        default=_no_such_address,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        state.count_request()
        await router(scope, receive, send)

    return app
