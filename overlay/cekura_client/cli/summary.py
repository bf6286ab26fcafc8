"""Tells on standard error what became of the calls, and decides on the exit code."""

import shlex
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cekura_client import BatchReport, CekuraError, Comparison
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.output.words import told
from cekura_client.cli.waiting import Waited

# In messages; records have every id and whole reasons, and messages every unknown call.
_MOST_IDS = 20
_MOST_REASONS = 10
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """All that is known when a run is over."""

    report: BatchReport
    waited: Waited | None
    interrupted: bool
    notes: Sequence[str]
    output_problem: OSError | None
    journal: str | None
    comparison: Comparison | None = None
    fails_on_regression: bool = False
    fail_under: float | None = None
    report_problem: str = ""

    @property
    def exit_code(self) -> ExitCode:
        """The worst that happened decides."""
        waited = self.waited or Waited()
        if self.report.unknown:
            return ExitCode.UNKNOWN
        if self.interrupted or waited.interrupted:
            return ExitCode.INTERRUPTED
        is_done = self.report.complete and not (waited.pending or waited.unreadable)
        if is_under(waited, self.fail_under, is_done=is_done):
            return ExitCode.UNDER
        if self.fails_on_regression and self.comparison and self.comparison.regressions:
            return ExitCode.REGRESSED
        is_written = not (self.output_problem or self.report_problem)
        return ExitCode.DONE if is_done and is_written else ExitCode.INCOMPLETE


def is_under(done: Waited, share: float | None, *, is_done: bool) -> bool:
    """Whether too few results passed, or there is none though all calls have been read."""
    if share is None:
        return False
    return done.passed / done.judged < share if done.judged else is_done


def why_not_sent(report: BatchReport, *, interrupted: bool) -> str:
    """Say why calls were given up before they were sent."""
    if interrupted:
        return "interrupted"
    if report.stopped_by is not None:
        return "stopped, since every further request would be refused in the same way"
    return "an error ended the run"


def tell(terminal: Terminal, summary: RunSummary) -> ExitCode:
    """Say what became of the calls.

    Returns:
        The exit code.
    """
    report, waited = summary.report, summary.waited
    for note in summary.notes:
        terminal.say(note, "bold")
    _tell_by_reason(terminal, "refused, never ran", report.refused)
    why = why_not_sent(report, interrupted=summary.interrupted)
    _tell_ids(terminal, "not sent", report.not_sent, why)
    _tell_by_reason(terminal, "unknown, may have run and been charged", report.unknown, cut=False)
    if report.unknown:
        terminal.say(_what_to_do_about_unknowns([*report.unknown], summary.journal))
    for error in report.unreadable:
        if error.sent is not None and not isinstance(error.sent.call_logs, str):
            calls = error.sent.call_logs
            terminal.say(
                "A reply that the journal keeps cannot be read by this version. It was paid for, "
                f"and stays there; read its calls, at no cost: {_retrieving(calls, 'accepted')}."
            )
    if waited is not None:
        _tell_by_reason(terminal, "evaluated, but cannot be read", waited.unreadable)
        _tell_ids(terminal, "pending", waited.pending, waited.note)
        if waited.pending:
            what = _retrieving(waited.pending, "pending", "--wait")
            terminal.say(f"Read pending calls later, at no cost: {what}.")
    if summary.output_problem:
        terminal.say(f"The results could not be written: {summary.output_problem.strerror}.")
    if summary.report_problem:
        terminal.say(f"The report could not be written: {summary.report_problem}.")
    if summary.comparison is not None:
        terminal.say(f"Compared with before: {summary.comparison}.")
    _tell_share(terminal, waited or Waited(), summary.fail_under)
    terminal.say(_counts(summary))
    return summary.exit_code


def tell_reading(
    terminal: Terminal, done: Waited, output_problem: OSError | None, fail_under: float | None
) -> ExitCode:
    """Say what became of calls that were only read.

    Returns:
        The exit code.
    """
    _tell_by_reason(terminal, "cannot be read", done.unreadable)
    _tell_ids(terminal, "pending", done.pending, done.note)
    if output_problem:
        terminal.say(f"The results could not be written: {output_problem.strerror}.")
    if done.interrupted:
        terminal.say("Interrupted.", "bold")
        return ExitCode.INTERRUPTED
    _tell_share(terminal, done, fail_under)
    is_done = not (done.pending or done.unreadable)
    if is_under(done, fail_under, is_done=is_done):
        return ExitCode.UNDER
    return ExitCode.DONE if is_done and not output_problem else ExitCode.INCOMPLETE


def _tell_share(terminal: Terminal, done: Waited, share: float | None) -> None:
    if share is None:
        return
    if not done.judged:
        terminal.say("No result passes or fails.")
        return
    found = f"{done.passed} of {done.judged} results passed ({done.passed / done.judged:.1%})"
    under = done.passed / done.judged < share
    terminal.say(f"{found}{f', less than {share:g}' if under else ''}.", "bold" if under else "")


def _retrieving(call_ids: Sequence[int], outcome: str, *options: str) -> str:
    """Say what to type to read calls."""
    words = ["cekura-client retrieve", *options]
    if len(call_ids) <= _MOST_IDS:
        return " ".join([*words, *map(str, call_ids)])
    return (
        f"{' '.join(words)} --from FILE, where FILE holds the ids whose outcome is {outcome} above"
    )


def _what_to_do_about_unknowns(call_ids: Sequence[int], journal: str | None) -> str:
    if journal is None:
        return (
            "Look at the unknown calls before you send them again: "
            f"{_retrieving(call_ids, 'unknown')}. A --journal would keep them in mind."
        )
    return (
        "Find out, at no cost, what became of the unknown calls: cekura-client reconcile --journal "
        f"{shlex.quote(journal)}. What stays undetermined is sent again only when you name it in "
        "--repeat-unknown."
    )


def _counts(summary: RunSummary) -> str:
    report, waited = summary.report, summary.waited
    evaluated = "" if waited is None else f", {waited.evaluated} evaluated"
    return (
        f"{len(report.succeeded)} accepted{evaluated}, {len(report.refused)} refused, "
        f"{len(report.unknown)} unknown, {len(report.not_sent)} not sent."
    )


def _tell_by_reason(
    terminal: Terminal, what: str, errors: Mapping[int, CekuraError], *, cut: bool = True
) -> None:
    by_reason: dict[str, list[int]] = defaultdict(list)
    for call_id, error in errors.items():
        by_reason[told(error)].append(call_id)
    reasons = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    shown = reasons[:_MOST_REASONS] if cut else reasons
    for reason, call_ids in shown:
        _tell_ids(terminal, what, call_ids, reason, cut=cut)
    _tell_ids(
        terminal,
        what,
        [call_id for _, call_ids in reasons[len(shown) :] for call_id in call_ids],
        f"{len(reasons) - len(shown)} other reasons",
    )


def _tell_ids(
    terminal: Terminal, what: str, call_ids: Sequence[int], reason: str, *, cut: bool = True
) -> None:
    if not call_ids:
        return
    shown = call_ids[:_MOST_IDS] if cut else call_ids
    more = f" and {len(call_ids) - len(shown)} more" if len(shown) < len(call_ids) else ""
    calls = "call" if len(call_ids) == 1 else "calls"
    terminal.say(
        f"{len(call_ids)} {calls} {what} ({' '.join(map(str, shown))}{more}): "
        f"{textwrap.shorten(reason, _LONGEST_REASON, placeholder=' …')}"
    )
