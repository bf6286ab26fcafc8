"""Waits for the results of calls that are being evaluated, and writes each as it comes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cekura_client import CallLog, CekuraError, EvaluationBaseline, WaitError, WaitTimeoutError
from cekura_client.cli.endings import told_of_interrupts
from cekura_client.cli.output.records import (
    Record,
    error_records,
    failures,
    reason_records,
    result_records,
)
from cekura_client.cli.output.words import told
from cekura_client.cli.session import Session
from cekura_client.errors import shown_ids


@dataclass(slots=True)
class Waited:
    """What a wait came to.

    Attributes:
        evaluated: How many calls' results were read.
        judged: How many results pass or fail.
        passed: How many of these pass.
        pending: Ids of the calls whose evaluation was not seen to end.
        unreadable: By id, why a call cannot be read.
        interrupted: Whether Ctrl-C ended it.
        note: Why it ended early; empty where it did not.
    """

    evaluated: int = 0
    judged: int = 0
    passed: int = 0
    pending: list[int] = field(default_factory=list[int])
    unreadable: dict[int, CekuraError] = field(default_factory=dict[int, CekuraError])
    interrupted: bool = False
    note: str = ""

    def count(self, results: Iterable[Record]) -> None:
        """Count a call's results, whatever of them is written."""
        verdicts = [record["passed"] for record in results]
        self.evaluated += 1
        self.passed += verdicts.count(True)
        self.judged += verdicts.count(True) + verdicts.count(False)


class _ReaderLeftError(Exception):
    """Nobody reads the results any more, so there is nothing to wait for."""


def wait_for_results(
    session: Session,
    marks: Sequence[EvaluationBaseline] | Sequence[int],
    metrics: list[int] | None,
    keep: Callable[[CallLog], None] | None = None,
    names: Mapping[int, str] | None = None,
) -> Waited:
    """Wait for results, at most as long as the settings say; nothing is kept here but ids.

    Args:
        session: The command.
        marks: What the calls were like before; or their ids alone: any evaluation counts.
        metrics: The metrics asked for; None takes all.
        keep: Is told of each call, and wants all of them even where nobody reads what is written.
        names: What the metrics are called, as far as that is known.
    """
    settings, output = session.settings, session.output
    ids = [mark if isinstance(mark, int) else mark.id for mark in marks]
    waiting = {*ids}
    missing: dict[int, set[int]] = {}
    waited = Waited()

    def take(call: CallLog) -> None:
        results = [*result_records(call, "evaluated", metrics, names)]
        output.write(failures(results) if settings.only_failed else results)
        waiting.discard(call.id)
        waited.count(results)
        if keep is not None:
            keep(call)
        elif output.reader_left:
            raise _ReaderLeftError

    bar = session.bar("Waiting")
    try:
        with bar, told_of_interrupts(lambda: None):
            session.cekura.call_logs.wait_until_evaluated(
                marks,
                metrics,
                timeout=settings.timeout,
                missing_after=settings.missing_after,
                max_concurrency=settings.max_concurrency,
                on_evaluated=take,
                on_progress=bar.show_wait,
            )
    except WaitError as error:
        waited.unreadable = error.failed
        cause = error.__cause__ or error
        waited.note = told(cause) if isinstance(cause, CekuraError) else str(cause)
        if isinstance(error, WaitTimeoutError):
            waited.note = f"not evaluated within {settings.timeout:g} s"
            missing = error.missing
    except _ReaderLeftError:
        return waited
    except KeyboardInterrupt:
        waited.interrupted = True
        waited.note = "interrupted"
    waited.pending = [
        call_id for call_id in ids if call_id in waiting and call_id not in waited.unreadable
    ]
    reasons = {call_id: _why_pending(waited, missing.get(call_id)) for call_id in waited.pending}
    output.write(reason_records("pending", reasons))
    output.write(error_records("unreadable", waited.unreadable))
    return waited


def _why_pending(waited: Waited, missing: set[int] | None) -> str:
    if not missing:
        return waited.note
    return f"{waited.note}; no result of metrics {shown_ids(sorted(missing))}"
