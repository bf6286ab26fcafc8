"""Finds out which calls are to be settled, when they were sent, and whose they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from cekura_client.arguments import id_list, optional_id
from cekura_client.batches.journal import Journal
from cekura_client.errors import CekuraError, InvalidRequestError
from cekura_client.listing.query import BEGINNING, MOST_ROWS, ListQuery
from cekura_client.models import CallLog, CallLogSummary
from cekura_client.settling.settlement import Settlement
from cekura_client.settling.signs import Settled, read_signs

LONGEST_GRACE = 86400.0  # seconds


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Calls whose request may have run.

    Attributes:
        sent: By id, when the request was sent last.
        agent_id: The agent that had the calls, where that is known.
        project_id: The project of that agent, where that is known.
    """

    sent: dict[int, datetime]
    agent_id: int | None
    project_id: int | None

    def queries(self) -> Iterator[ListQuery]:
        """Ask for the calls by lists; for none where it is not known whose they are."""
        if self.agent_id is None and self.project_id is None:
            return
        ids = list(self.sent)
        for start in range(0, len(ids), MOST_ROWS):
            yield ListQuery.checked(
                agent_id=self.agent_id,
                project_id=self.project_id,
                call_ids=ids[start : start + MOST_ROWS],
                since=BEGINNING,
                now=datetime.now(UTC),
            )

    def settled(
        self, found: Mapping[int, CallLog | CallLogSummary], grace: timedelta
    ) -> Settlement:
        """Sort the calls by what they show now; one that was not found is not there."""
        settlement = Settlement()
        lists = {
            Settled.RAN: settlement.ran,
            Settled.DID_NOT_RUN: settlement.did_not_run,
            Settled.CANNOT_TELL: settlement.cannot_tell,
        }
        now = datetime.now(UTC)
        for call, sent in self.sent.items():
            settled, sign = read_signs(found.get(call), sent=sent, now=now, grace=grace)
            lists[settled][call] = sign
        return settlement


def unknowns_of_journal(
    journal: Journal, *, base_url: str, agent_id: object, project_id: object
) -> Unknowns:
    """Take what a journal holds as unknown.

    Raises:
        InvalidRequestError: It is of a run at another address.
    """
    parameters = journal.parameters
    if parameters.get("base_url") != base_url:
        raise InvalidRequestError(
            f"The journal {journal.path} is of a run at {parameters.get('base_url')}, and this "
            f"client is for {base_url}. Nothing was sent."
        )
    sent, _ = _of_errors(journal.report.unknown, None)
    return _scoped(sent, parameters, agent_id, project_id)


def find_unknowns(
    unknown: object, *, since: object, agent_id: object, project_id: object
) -> Unknowns:
    """Take an error, a report's `unknown`, or plain ids.

    Raises:
        InvalidRequestError: It is none of these, or it is not known when the request was sent.
    """
    moment = _moment(since)
    sent: dict[int, datetime] = {}
    parameters: dict[str, Any] = {}
    if isinstance(unknown, CekuraError):
        ids = _ids_of(unknown)
        sent, parameters = _of_errors(dict.fromkeys(ids, unknown), moment)
    elif isinstance(unknown, Mapping):
        sent, parameters = _of_errors(cast("Mapping[Any, object]", unknown), moment)
    else:
        ids = id_list("unknown", unknown)
        if moment is None:
            raise InvalidRequestError(
                "settle needs since for plain ids: when they were sent. Nothing was sent."
            )
        sent = dict.fromkeys(ids, moment)
    return _scoped(sent, parameters, agent_id, project_id)


def _scoped(
    sent: dict[int, datetime], parameters: dict[str, Any], agent_id: object, project_id: object
) -> Unknowns:
    given = {"agent_id": agent_id, "project_id": project_id}
    scope = parameters | {name: value for name, value in given.items() if value is not None}
    return Unknowns(
        sent,
        optional_id("agent_id", scope.get("agent_id")),
        optional_id("project_id", scope.get("project_id")),
    )


def _ids_of(error: CekuraError) -> list[int]:
    if error.sent is None:
        raise InvalidRequestError(
            f"This {type(error).__name__} is of no request that may have run: there is nothing to "
            "settle. Nothing was sent."
        )
    if isinstance(error.sent.call_logs, str):
        raise InvalidRequestError(
            'The request was about "all" call logs of an agent: list them, and settle their ids '
            "with since=error.sent.at. Nothing was sent."
        )
    return error.sent.call_logs


def _of_errors(
    errors: Mapping[Any, object], since: datetime | None
) -> tuple[dict[int, datetime], dict[str, Any]]:
    sent: dict[int, datetime] = {}
    parameters: dict[str, Any] = {}
    for call, error in zip(
        id_list("unknown", errors) if errors else [], errors.values(), strict=True
    ):
        request = error.sent if isinstance(error, CekuraError) else None
        at = since if request is None else request.at
        if at is None:
            raise InvalidRequestError(
                f"It is not known when call log {call} was sent: give since, or settle its "
                "journal. Nothing was sent."
            )
        sent[call] = at
        parameters = request.parameters if request else parameters
    return sent, parameters


def _moment(since: object) -> datetime | None:
    if since is None:
        return None
    if not isinstance(since, datetime) or since.utcoffset() is None:
        raise InvalidRequestError(
            f"since is a datetime with a time zone; got {since!r}. Nothing was sent."
        )
    return since.astimezone(UTC)


def checked_grace(grace: object) -> timedelta:
    """Check how long a lost request may take to show.

    Raises:
        InvalidRequestError: It is no number of seconds from 0 to a day.
    """
    if (
        isinstance(grace, bool)
        or not isinstance(grace, (int, float))
        or not 0 <= grace <= LONGEST_GRACE
    ):
        raise InvalidRequestError(
            f"grace is a number of seconds from 0 to {LONGEST_GRACE:g}; got {grace!r}. "
            "Nothing was sent."
        )
    return timedelta(seconds=grace)
