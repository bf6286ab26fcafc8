"""Before a run in batches sends anything: arguments are checked, its journal opened and read."""

import contextlib
import logging
import os
from collections.abc import AsyncIterable, Callable, Collection, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NoReturn, cast

from cekura_client.call_logs.arguments import id_list, optional_function
from cekura_client.call_logs.batches.jobs import BatchJob, RowT
from cekura_client.call_logs.batches.journal import Journal
from cekura_client.call_logs.batches.report import (
    BatchInterrupt,
    IncompleteBatchesError,
    JournalFinishedError,
)
from cekura_client.call_logs.batches.run import (
    Batch,
    BatchRun,
    Delivery,
    IdSource,
    Limits,
    RunRecorder,
    StoppedError,
)
from cekura_client.call_logs.spending import SpendLimit
from cekura_client.config import Configuration, whole_number
from cekura_client.engine.server_clock import Moment
from cekura_client.errors import (
    NOTHING_SENT,
    InvalidRequestError,
    InvalidResponseError,
    shown_ids,
    was_accepted,
)

logger = logging.getLogger("cekura_client")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How a run in batches goes about it, as the caller has said; unchecked."""

    batch_size: object
    max_concurrency: object
    on_reply: Any
    on_progress: Any
    journal: str | os.PathLike[str] | None
    repeat_unknown: object


@dataclass(frozen=True, slots=True)
class BatchObserver(Generic[RowT]):
    """Notes in a run when one of its batches is sent, and when it certainly did not run."""

    run: BatchRun[RowT]
    batch: Batch[RowT]

    @property
    def blocks(self) -> bool:
        """Whether there is a journal to write to."""
        return self.run.recorder.journal is not None

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped."""
        return self.run.stopped

    def sending(self, now: Moment) -> None:
        """Note that the batch is sent now."""
        self.run.sending(self.batch, now)

    def not_run(self) -> None:
        """Note that the batch did not run and is sent again."""
        self.run.did_not_run(self.batch)

    def give_up(self) -> Exception:
        """Make what tells the run that the batch was given up."""
        return StoppedError()


@contextlib.contextmanager
def prepared_run(
    job: BatchJob[RowT],
    call_logs: object,
    options: BatchOptions,
    configuration: Configuration,
    wake: Callable[[], None],
) -> Generator[tuple[BatchRun[RowT], Iterable[int] | AsyncIterable[int]]]:
    """Make a run of checked arguments, its journal open as long as the context lasts.

    Returns:
        The run, and where to read its ids: those of a collection have been read already.

    Raises:
        InvalidRequestError: An argument or the journal is refused; nothing was sent.
    """
    limits = check_options(options, configuration)
    repeat = _checked_repeat(options.repeat_unknown)
    if options.journal is None and repeat:
        raise InvalidRequestError(
            "repeat_unknown names calls that a journal holds as unknown, and there is no journal."
        )
    parameters = job.journal_parameters(configuration.base_url)
    opened = (
        contextlib.nullcontext()
        if options.journal is None
        else Journal(options.journal, parameters)
    )
    with opened as journal:
        deliveries: list[Delivery[RowT]] = []
        if journal is not None and options.on_reply is not None:
            # Whoever goes on without `on_reply` leaves them to a later process.
            deliveries = _kept_replies(journal, job)
        if journal is not None and journal.finished and not (repeat or deliveries):
            raise JournalFinishedError(journal.path, journal.report)
        id_source = IdSource(journal, job.limit, repeats=len(repeat))
        finite = isinstance(call_logs, Collection)
        if finite:
            call_logs = id_source.check_all(cast("Collection[object]", call_logs))
        # Once all is checked: a run that is refused has not named them.
        repeated = {} if journal is None else journal.repeat(repeat)
        _warn_of_accepted([call for call, error in repeated.items() if was_accepted(error)])
        recorder: RunRecorder[RowT] = RunRecorder(
            journal, keeps_replies=options.on_reply is not None, repeated=repeated
        )
        recorder.deliveries.extend(deliveries)
        run = BatchRun(job, limits, id_source, recorder, finite=finite, wake=wake)
        yield run, cast("Iterable[int] | AsyncIterable[int]", call_logs)


def check_options(options: BatchOptions, configuration: Configuration) -> Limits:
    """Check what needs neither the journal nor the calls.

    Raises:
        InvalidRequestError: It is refused.
    """
    optional_function("on_reply", options.on_reply)
    optional_function("on_progress", options.on_progress)
    return Limits(
        batch_size=whole_number("batch_size", options.batch_size, least=1, most=100_000),
        max_concurrency=whole_number(
            "max_concurrency", options.max_concurrency, least=1, most=1000
        ),
        deadline=configuration.retries.deadline,
    )


def _kept_replies(journal: Journal, job: BatchJob[RowT]) -> list[Delivery[RowT]]:
    """Read the replies that were not taken; those that cannot be read are left to the report."""
    deliveries: list[Delivery[RowT]] = []
    for batch, sent in journal.replies.items():
        body = journal.reply(batch)
        try:
            asked: set[object] = {*sent.call_logs}
            rows = [row for row in job.read(body) if row.id in asked]
            deliveries.append(Delivery(rows, batch))
        except Exception as error:  # noqa: BLE001  (whatever it is, the bytes were paid for)
            unread = InvalidResponseError(
                f"A reply that the journal {journal.path} keeps cannot be read by this version: "
                f"{error}. It was charged; its bytes are in `body`, and stay in the journal.",
                status_code=200,
                headers={},
                body=body,
                may_have_run=True,
            )
            unread.sent = sent
            unread.__cause__ = error
            journal.report.unreadable.append(unread)
    return deliveries


def check_call_logs(call_logs: object) -> None:
    """Check that what names the calls is no text, but may name several.

    Raises:
        InvalidRequestError: It is not; nothing was sent.
    """
    if isinstance(call_logs, str) and call_logs == "all":
        raise InvalidRequestError(
            'call_logs is "all", which is no list that could be cut into batches: '
            'rerun_evaluation takes "all" in one request.'
        )
    text = isinstance(call_logs, str | bytes | bytearray | memoryview)
    if text or not isinstance(call_logs, Iterable | AsyncIterable):
        raise InvalidRequestError(
            f"call_logs is {call_logs!r}; it takes several ids, such as [123, 456]."
        )


def _checked_repeat(values: object) -> list[int]:
    named: object = values
    if isinstance(values, Iterable):
        named = [*cast("Iterable[object]", values)]
    return [] if named == [] else id_list("repeat_unknown", named)


def _warn_of_accepted(ids: list[int]) -> None:
    if ids:
        logger.warning(
            "repeat_unknown names %s: the server has accepted that already, so it is charged twice",
            shown_ids(ids),
        )


def raise_failure(run: BatchRun[RowT], cause: BaseException) -> NoReturn:
    """Raise what a run raises that this ended, with the report in it."""
    if isinstance(cause, KeyboardInterrupt):
        raise BatchInterrupt(run.recorder.report) from cause
    if isinstance(cause, Exception) and not (
        isinstance(cause, InvalidRequestError) and not run.has_sent
    ):
        # Something was.
        why = f"{type(cause).__name__}: {cause}".removesuffix(NOTHING_SENT).rstrip(": ")
        raise IncompleteBatchesError(
            run.recorder.report, f"An error ended the run ({why}). "
        ) from cause
    if not isinstance(cause, Exception):
        vars(cause)["report"] = run.recorder.report
        cause.add_note(f"The run in batches was cut short: {run.recorder.report}. See `report`.")
    raise cause


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
        begun: Ids of the calls that may have run already.
    """

    accepted: int
    unknown: int
    to_send: int
    repeated: int
    charged_twice: list[int]
    repeats: int
    begun: frozenset[int]


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
        id_source = IdSource(journal, SpendLimit(None, None))
        calls = id_source.seen.union(id_source.check_all(call_logs))
    journal.check_unknown(repeat_unknown)
    repeated = len(set(repeat_unknown))
    accepted, unknown = len(report.succeeded), len(report.unknown) - repeated
    return Remaining(
        accepted=accepted,
        unknown=unknown,
        to_send=len(calls) - accepted - unknown,
        repeated=repeated,
        charged_twice=[call for call in repeat_unknown if was_accepted(report.unknown[call])],
        repeats=journal.repeats,
        begun=frozenset([*report.succeeded, *report.unknown]),
    )
