"""Finds out which calls are to be reconciled, when they were sent, and whose they are.

Arguments that are refused raise `InvalidRequestError`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from cekura_client.call_logs.arguments import id_list, optional_id
from cekura_client.call_logs.batches.journal import Journal
from cekura_client.call_logs.listing.query import BEGINNING, ListQuery, id_chunks
from cekura_client.call_logs.reconciling.signs import Reconciliation, Sign, read_signs
from cekura_client.config import number_of_seconds
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import CekuraError, InvalidRequestError, was_accepted
from cekura_client.models import CallLog, CallLogSummary

_LONGEST_GRACE = 86400.0  # seconds


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Calls whose request may have run.

    Attributes:
        sent: By id, when the request was sent first.
        accepted: Those whose request the server has accepted, whatever came of the reply.
        agent_id: The agent that had the calls, where that is known.
        project_id: The project of that agent, where that is known.
    """

    sent: dict[int, Moment]
    accepted: set[int]
    agent_id: int | None
    project_id: int | None


class Sorting:
    """Sorts unknown calls, reading by reading.

    Args:
        unknowns: The calls.
        grace: How long a lost request may take to show.

    Attributes:
        reconciliation: What came of it so far.
    """

    def __init__(self, unknowns: Unknowns, grace: timedelta) -> None:
        self.reconciliation = Reconciliation()
        self._unknowns = unknowns
        self._grace = grace
        self._open = dict(unknowns.sent)
        for call in unknowns.accepted:
            del self._open[call]
            self.reconciliation.ran[call] = "the server has accepted its request"

    def queries(self) -> Iterator[ListQuery]:
        """Ask for the calls by lists; for none where it is not known whose they are."""
        unknowns = self._unknowns
        if unknowns.agent_id is None and unknowns.project_id is None:
            return
        for ids in id_chunks([*self._open]):
            yield ListQuery.checked(
                agent_id=unknowns.agent_id,
                project_id=unknowns.project_id,
                call_ids=ids,
                since=BEGINNING,
                now=datetime.now(UTC),
            )

    def take_row(self, row: CallLogSummary, read: Moment) -> None:
        """Take in what a list shows of a call. It may lag behind: only what ran is sorted by it."""
        if row.id in self._open:
            sign, why = self._signs(row.id, row, read)
            if sign is Sign.RAN:
                self.reconciliation.ran[row.id] = why
                del self._open[row.id]

    def to_retrieve(self) -> list[int]:
        """List the calls that no list has shown to have run: each is read by itself."""
        return list(self._open)

    def take(self, call: int, found: CallLog | None, read: Moment) -> None:
        """Take in what `retrieve` shows of a call.

        Args:
            call: Its id.
            found: The call; None where there is none.
            read: When it was asked for.
        """
        sign, why = self._signs(call, found, read)
        sorted_by_sign = {
            Sign.RAN: self.reconciliation.ran,
            Sign.DID_NOT_RUN: self.reconciliation.did_not_run,
            Sign.UNDETERMINED: self.reconciliation.undetermined,
        }
        sorted_by_sign[sign][call] = why
        del self._open[call]

    def _signs(
        self, call: int, found: CallLog | CallLogSummary | None, read: Moment
    ) -> tuple[Sign, str]:
        return read_signs(found, sent=self._open[call], read=read, grace=self._grace)


def unknowns_of_journal(
    journal: Journal, *, base_url: str, agent_id: object, project_id: object
) -> Unknowns:
    """Take what a journal holds as unknown."""
    its_url = journal.parameters.get("base_url")
    if its_url != base_url:
        raise InvalidRequestError(
            f"The journal {journal.path} is of a run at {its_url}, and this client is for "
            f"{base_url}."
        )
    return _unknowns(journal.report.unknown, None, agent_id, project_id)


def find_unknowns(
    unknown: object, *, since: object, agent_id: object, project_id: object
) -> Unknowns:
    """Take an error, a report's `unknown`, or plain ids."""
    errors: Mapping[Any, object]
    if isinstance(unknown, CekuraError):
        errors = dict.fromkeys(_ids_of(unknown), unknown)
    elif isinstance(unknown, Mapping):
        errors = cast("Mapping[object, object]", unknown)
    else:
        errors = dict.fromkeys(id_list("unknown", unknown))
    return _unknowns(errors, _moment(since), agent_id, project_id)


def _ids_of(error: CekuraError) -> list[int]:
    if error.sent is None:
        raise InvalidRequestError(
            f"This {type(error).__name__} is of no request that may have run: there is nothing to "
            "reconcile."
        )
    if "call_logs" not in error.sent.parameters:
        raise InvalidRequestError(
            f"{error.sent.operation} names no call logs: none can show what became of it."
        )
    if isinstance(error.sent.call_logs, str):
        raise InvalidRequestError(
            'The request was about "all" call logs of an agent: list them, and reconcile their ids '
            "with since=error.sent.at."
        )
    return error.sent.call_logs


def _unknowns(
    errors: Mapping[Any, object], since: Moment | None, agent_id: object, project_id: object
) -> Unknowns:
    """Find of each call when it was sent: its error tells, else the caller.

    Args:
        errors: By id, why the call is unknown; what is no error tells nothing.
        since: When those were sent whose error does not tell.
        agent_id: The agent that had the calls, where their requests did not name it.
        project_id: The project of that agent, in the same way.
    """
    sent: dict[int, Moment] = {}
    accepted: set[int] = set()
    scope: dict[str, Any] = {}
    ids = id_list("unknown", errors) if errors else []
    for call, error in zip(ids, errors.values(), strict=True):
        request = error.sent if isinstance(error, CekuraError) else None
        at = since if request is None else Moment(request.at, request.at_server)
        if at is None:
            raise InvalidRequestError(
                f"It is not known when call log {call} was sent: give since, or reconcile its "
                "journal."
            )
        sent[call] = at
        if isinstance(error, CekuraError) and was_accepted(error):
            accepted.add(call)
        scope = request.parameters if request else scope
    return Unknowns(
        sent,
        accepted,
        optional_id("agent_id", scope.get("agent_id") if agent_id is None else agent_id),
        optional_id("project_id", scope.get("project_id") if project_id is None else project_id),
    )


def _moment(since: object) -> Moment | None:
    if since is None:
        return None
    if not isinstance(since, datetime) or since.utcoffset() is None:
        raise InvalidRequestError(f"since is a datetime with a time zone; got {since!r}.")
    return Moment(since.astimezone(UTC))


def checked_grace(grace: object) -> timedelta:
    """Check how long a lost request may take to show."""
    seconds = number_of_seconds("grace", grace, most=_LONGEST_GRACE, zero=True)
    return timedelta(seconds=seconds)
