"""What each status of a reply says of its request: whether it may have run, and why."""

from collections.abc import Container
from dataclasses import dataclass

from cekura_client.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)


@dataclass(frozen=True, slots=True)
class StatusRule:
    """What a status that is no success means.

    Attributes:
        may_have_run: Whether a request that is answered so may have run, and been charged.
        reason: Why.
        kind: The error to raise.
        advice: What the error's message advises.
        passing: Whether the same request may be answered otherwise soon, so that one which may be
            repeated is tried again.
    """

    may_have_run: bool
    reason: str
    kind: type[APIStatusError] = APIStatusError
    advice: str = ""
    passing: bool = False


_CHECK_BASE_URL = "Redirects are not followed, since the API key would go along: check base_url"
_NOTHING_THERE = "there is nothing there that could have run it"


def _not_run(
    reason: str,
    kind: type[APIStatusError] = APIStatusError,
    advice: str = "",
    *,
    passing: bool = False,
) -> StatusRule:
    return StatusRule(may_have_run=False, reason=reason, kind=kind, advice=advice, passing=passing)


def _unknown(
    reason: str,
    kind: type[APIStatusError] = APIStatusError,
    advice: str = "",
    *,
    passing: bool = False,
) -> StatusRule:
    return StatusRule(may_have_run=True, reason=reason, kind=kind, advice=advice, passing=passing)


# That a request did not run needs a sign: the API documents it, or the status is defined as an
# answer that is given before the request is carried out. Whatever has neither may have run. The
# first line that holds the status counts.
_RULES: tuple[tuple[Container[int], StatusRule], ...] = (
    (
        {400},
        _not_run(
            "the API documents it as its refusal of the arguments",
            BadRequestError,
            "Correct the arguments",
        ),
    ),
    (
        {401},
        _not_run(
            "the API asks who sends before it looks at what is sent",
            AuthenticationError,
            "Check the API key (CEKURA_API_KEY)",
        ),
    ),
    ({402}, _not_run("it is to be paid for first")),
    (
        {403},
        _not_run(
            "the API documents it as a refusal of the key",
            PermissionDeniedError,
            "Use a key that may do this",
        ),
    ),
    ({404}, _not_run(_NOTHING_THERE, NotFoundError, "Check the ids and base_url")),
    ({405, 410}, _not_run(_NOTHING_THERE)),
    ({407}, _not_run("a proxy asks who sends before it passes it on")),
    (
        {408},
        _unknown("proxies answer so to what they have received whole, and passed on", passing=True),
    ),
    ({409}, _unknown("what it conflicts with may be the same request, sent twice on the way")),
    ({411, 413, 414, 415, 431}, _not_run("its form is refused before it is carried out")),
    ({412, 417, 423, 428}, _not_run("a condition is asked before it is carried out")),
    (
        {421, 425},
        _not_run(
            "the server is not the one to run it, or not yet, and says so before", passing=True
        ),
    ),
    ({422}, _not_run("what it says is refused, as with a 400")),
    ({426}, _not_run("it is refused in this version of HTTP")),
    (
        {429},
        _not_run(
            "the API documents it as its refusal of one request too many",
            RateLimitError,
            passing=True,
        ),
    ),
    ({451}, _not_run("the law forbids to carry it out")),
    (
        range(400, 500),
        _unknown("neither the API nor the rules of HTTP say that it did not run then"),
    ),
    (
        {307, 308},
        _not_run(
            "the server asks for the same request elsewhere, since it did not run it",
            advice=_CHECK_BASE_URL,
        ),
    ),
    (
        range(300, 400),
        _unknown("a redirect may follow an action that was carried out", advice=_CHECK_BASE_URL),
    ),
    (
        range(500, 1000),
        _unknown(
            "a failure may come before it runs, while it does, or after", ServerError, passing=True
        ),
    ),
)
_NO_RULE = _unknown("no such status is known for a whole reply")


def rule_of(status: int) -> StatusRule:
    """Find what a status that is no success means.

    Example:
        >>> rule_of(400).may_have_run, rule_of(408).may_have_run, rule_of(502).may_have_run
        (False, True, True)
    """
    return next((rule for statuses, rule in _RULES if status in statuses), _NO_RULE)
