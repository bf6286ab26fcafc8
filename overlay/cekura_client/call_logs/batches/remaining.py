"""What is left to do of a run whose journal is there: looked at before anything is sent."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cekura_client.call_logs.batches.id_source import IdSource
from cekura_client.call_logs.batches.journal import Journal
from cekura_client.call_logs.spending import SpendLimit
from cekura_client.errors import InvalidRequestError, was_accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """How many calls of a run are over, and how many are to be sent.

    Attributes:
        accepted: Accepted by the API already.
        unknown: They may have run, and are not sent again.
        to_send: To be sent.
        repeated: Among these, those that may have run already.
        charged_twice: Ids of those among `repeated` that certainly ran.
        repeats: How often earlier processes have sent calls that may have run already.
    """

    accepted: int
    unknown: int
    to_send: int
    repeated: int
    charged_twice: list[int]
    repeats: int


def remaining(
    path: str | os.PathLike[str],
    parameters: dict[str, Any],
    call_logs: Collection[int],
    repeat_unknown: Collection[int],
) -> Remaining | None:
    """Look at what a journal has left of a run; None where there is none yet, and none is made.

    Args:
        path: Where the journal is.
        parameters: What makes the run this one and no other.
        call_logs: The calls that the run is given.
        repeat_unknown: Unknown calls that it is to send again.

    Raises:
        InvalidRequestError: The file is no journal, belongs to another run, or is in use; or a
            call is not of the run, or not unknown.
    """
    try:
        if not Path(path).stat().st_size:
            return None
    except OSError:  # the run itself tells what is wrong with the path
        return None
    with Journal(path, parameters) as journal:
        report = journal.report
        intake = IdSource(journal, SpendLimit(None, None))
        calls = intake.seen.union(intake.check_all(call_logs))
    for call in repeat_unknown:
        if call not in report.unknown:
            raise InvalidRequestError(
                f"repeat_unknown names call log {call}, which is not among the unknown ones of "
                f"the journal {os.fspath(path)}."
            )
    repeated = len(set(repeat_unknown))
    accepted, unknown = len(report.succeeded), len(report.unknown) - repeated
    return Remaining(
        accepted=accepted,
        unknown=unknown,
        to_send=len(calls) - accepted - unknown,
        repeated=repeated,
        charged_twice=[call for call in repeat_unknown if was_accepted(report.unknown[call])],
        repeats=journal.repeats,
    )
