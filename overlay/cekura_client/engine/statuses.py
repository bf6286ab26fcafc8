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
        passing: Whether the same request may be answered otherwise soon, so that one which costs
            nothing is tried again.
    """

    may_have_run: bool
    reason: str
    kind: type[APIStatusError] = APIStatusError
    advice: str = ""
    passing: bool = False


_CHECK_BASE_URL = "Redirects are not followed, since the API key would go along: check base_url"
# That a request did not run needs a sign: the API documents it, or the status is defined as an
# answer that is given before the request is carried out. Whatever has neither may have run. The
# first line that holds the status counts.
_RULES: tuple[tuple[Container[int], StatusRule], ...] = (
    (
        {400},
        StatusRule(
            may_have_run=False,
            reason="the API documents it as its refusal of the arguments",
            kind=BadRequestError,
            advice="Correct the arguments",
        ),
    ),
    (
        {401},
        StatusRule(
            may_have_run=False,
            reason="the API asks who sends before it looks at what is sent",
            kind=AuthenticationError,
            advice="Check the API key (CEKURA_API_KEY)",
        ),
    ),
    ({402}, StatusRule(may_have_run=False, reason="it is to be paid for first")),
    (
        {403},
        StatusRule(
            may_have_run=False,
            reason="the API documents it as a refusal of the key",
            kind=PermissionDeniedError,
            advice="Use a key that may do this",
        ),
    ),
    (
        {404},
        StatusRule(
            may_have_run=False,
            reason="there is nothing there that could have run it",
            kind=NotFoundError,
            advice="Check the ids and base_url",
        ),
    ),
    (
        {405, 410},
        StatusRule(may_have_run=False, reason="there is nothing there that could have run it"),
    ),
    ({407}, StatusRule(may_have_run=False, reason="a proxy asks who sends before it passes it on")),
    (
        {408},
        StatusRule(
            may_have_run=True,
            reason="proxies answer so to what they have received whole, and passed on",
            passing=True,
        ),
    ),
    (
        {409},
        StatusRule(
            may_have_run=True,
            reason="what it conflicts with may be the same request, sent twice on the way",
        ),
    ),
    (
        {411, 413, 414, 415, 431},
        StatusRule(may_have_run=False, reason="its form is refused before it is carried out"),
    ),
    (
        {412, 417, 423, 428},
        StatusRule(may_have_run=False, reason="a condition is asked before it is carried out"),
    ),
    (
        {421, 425},
        StatusRule(
            may_have_run=False,
            reason="the server is not the one to run it, or not yet, and says so before",
            passing=True,
        ),
    ),
    ({422}, StatusRule(may_have_run=False, reason="what it says is refused, as with a 400")),
    ({426}, StatusRule(may_have_run=False, reason="it is refused in this version of HTTP")),
    (
        {429},
        StatusRule(
            may_have_run=False,
            reason="the API documents it as its refusal of one request too many",
            kind=RateLimitError,
            passing=True,
        ),
    ),
    ({451}, StatusRule(may_have_run=False, reason="the law forbids to carry it out")),
    (
        range(400, 500),
        StatusRule(
            may_have_run=True,
            reason="neither the API nor the rules of HTTP say that it did not run then",
        ),
    ),
    (
        {307, 308},
        StatusRule(
            may_have_run=False,
            reason="the server asks for the same request elsewhere, since it did not run it",
            advice=_CHECK_BASE_URL,
        ),
    ),
    (
        range(300, 400),
        StatusRule(
            may_have_run=True,
            reason="a redirect may follow an action that was carried out",
            advice=_CHECK_BASE_URL,
        ),
    ),
    (
        range(500, 1000),
        StatusRule(
            may_have_run=True,
            reason="a failure may come before it runs, while it does, or after",
            kind=ServerError,
            passing=True,
        ),
    ),
)
_UNKNOWN = StatusRule(may_have_run=True, reason="no such status is known for a whole reply")


def rule_of(status: int) -> StatusRule:
    """Find what a status that is no success means.

    Example:
        >>> rule_of(400).may_have_run, rule_of(408).may_have_run, rule_of(502).may_have_run
        (False, True, True)
    """
    return next((rule for statuses, rule in _RULES if status in statuses), _UNKNOWN)
