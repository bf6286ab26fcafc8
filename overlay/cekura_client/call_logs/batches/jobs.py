"""What a run in batches asks of each batch, and the rules by which refusals are told apart.

Arguments that are refused raise `InvalidRequestError`.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from cekura_client.call_logs.operations import Evaluation, Rerun
from cekura_client.call_logs.spending import SpendLimit
from cekura_client.engine.operation import Operation
from cekura_client.errors import (
    APIStatusError,
    BadRequestError,
    CekuraError,
    named_ids,
    says_still_evaluating,
)
from cekura_client.models import CallLog, CallLogSummary, Metric

RowT = TypeVar("RowT", bound=CallLog | CallLogSummary)

_NO_MORE_OF_THIS = frozenset({401, 402, 403})
# What is said of an argument is said of this batch; what is said of these, or of no field at all,
# is said of every batch.
_ARGUMENTS = frozenset({"call_logs", "metrics", "agent_id", "project_id", "assistant_id"})
_OF_CREDITS = frozenset({"credit", "credits", "balance", "credit_balance", "billing"})
# The name of a metric, in quotes, may say anything.
_QUOTED = re.compile(
    r"(?<!\w)(?:'[^']*'|\"[^\"]*\"|`[^`]*`|\u2018[^\u2019]*\u2019)(?!\w)|\u201c[^\u201d]*\u201d"
)
_CREDITS = r"(?:credits|credit(?! \w)|balance|funds)\b"
_NO_CREDITS = re.compile(
    rf"\b(?:insufficient|not enough|have enough|out of|no more|no) (?:\w+ )?{_CREDITS}"
    rf"|\b{_CREDITS} (?:(?:is|are|has been|have been) )?"
    r"(?:too low|insufficient|not sufficient|exhausted|used up|exceeded)\b"
    rf"|\bexceeds? your (?:\w+ )?{_CREDITS}",
    re.IGNORECASE,
)
ANY_ID = 1
"""Stands in where only the other arguments are checked."""


@dataclass(frozen=True, slots=True)
class BatchReply(Generic[RowT]):
    """One batch's reply: its rows, and the bytes that they were read from."""

    body: bytes
    rows: list[RowT]


@dataclass(frozen=True, slots=True)
class BatchJob(Generic[RowT]):
    """What to do with any batch of ids.

    Args:
        parameters: What makes it this run and no other, as a journal keeps it.
        limit: The limit on what it comes to.
        operation_for: Makes one batch's operation.
    """

    parameters: dict[str, Any]
    limit: SpendLimit
    operation_for: Callable[[list[int]], Operation[list[RowT]]]

    def operation(self, ids: list[int]) -> Operation[BatchReply[RowT]]:
        """Make the operation of a batch; its result keeps the reply's bytes."""
        plain = self.operation_for(ids)
        return Operation(
            name=plain.name,
            costs_credits=plain.costs_credits,
            request=plain.request,
            read=lambda body: BatchReply(body, plain.read(body)),
        )

    def journal_parameters(self, base_url: str) -> dict[str, Any]:
        """Tell what a journal knows this run by."""
        return {"base_url": base_url, **self.parameters}

    def read(self, body: bytes) -> list[RowT]:
        """Read a reply that a journal has kept."""
        return self.operation_for([ANY_ID]).read(body)


def evaluation_job(
    evaluation: Evaluation, listed: Sequence[Metric] = ()
) -> BatchJob[CallLogSummary]:
    """Run chosen metrics on each batch."""
    ids = evaluation.metric_ids(listed)
    return _job(partial(evaluation.on, metrics=ids), evaluation.limit(listed))


def rerun_job(rerun: Rerun, listed: Sequence[Metric] = ()) -> BatchJob[CallLog]:
    """Run all metrics again on each batch."""
    return _job(rerun.on, rerun.limit(listed))


def _job(
    operation_for: Callable[[list[int]], Operation[list[RowT]]], limit: SpendLimit
) -> BatchJob[RowT]:
    checked = operation_for([ANY_ID])
    body: dict[str, Any] = json.loads(checked.request.body or b"{}")
    del body["call_logs"]
    return BatchJob({"operation": checked.name, **body}, limit, operation_for)


def ends_the_run(error: CekuraError) -> bool:
    """Whether every further batch would be refused like this one: the key, or the credits."""
    if not isinstance(error, APIStatusError):
        return False
    if error.status_code in _NO_MORE_OF_THIS:
        return True
    return isinstance(error, BadRequestError) and _says_credits_are_out(error)


def _says_credits_are_out(error: BadRequestError) -> bool:
    said = [error.detail or ""]
    for field, messages in error.field_errors.items():
        first = field.partition(".")[0]
        if first in _OF_CREDITS:
            return True
        if first not in _ARGUMENTS:
            said += messages
    return any(_NO_CREDITS.search(_QUOTED.sub("", text)) for text in said)


def calls_at_fault(error: CekuraError, ids: Iterable[int]) -> set[int]:
    """Tell which of a batch's calls a refusal names, where it blames nothing but these.

    Returns:
        Empty where the others would be refused without them, too, or the refusal may pass.
    """
    if not isinstance(error, BadRequestError) or ends_the_run(error):
        return set()
    if says_still_evaluating(error):
        return set()
    said: list[str] = []
    for field, messages in error.field_errors.items():
        first = field.partition(".")[0]
        if first == "call_logs":
            said += messages
        elif first in _ARGUMENTS:
            return set()
    return {*named_ids(said, {*ids})}
