"""The operations: how each builds its request and reads its reply, and whether it costs."""

import json
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

from cekura_api.api.observability import (
    call_logs_evaluate_metrics_create,
    call_logs_list,
    call_logs_rerun_evaluation_create,
    call_logs_retrieve,
)
from cekura_api.api.test_framework import billing_info_retrieve
from cekura_api.models import CallLog, CallLogSummary, EvaluateMetrics, RerunEvaluation
from cekura_api.types import UNSET

from cekura_client.arguments import (
    checked_assistant_id,
    id_list,
    id_list_or_all,
    one_id,
    optional_id,
)
from cekura_client.billing_info import BillingInfo, read_billing_info
from cekura_client.errors import InvalidRequestError
from cekura_client.operation import Operation, RequestParts
from cekura_client.replies import read_list, read_one
from cekura_client.spending import checked_metrics_assigned, spend_limit

_encode = json.JSONEncoder(separators=(",", ":")).encode


def evaluate_metrics(
    *,
    agent_id: object,
    project_id: object,
    call_logs: object,
    metrics: object,
    max_metric_runs: object = None,
) -> Operation[list[CallLogSummary]]:
    """Run chosen metrics on chosen call logs.

    Raises:
        InvalidRequestError: An argument is refused.
    """
    agent = optional_id("agent_id", agent_id)
    project = optional_id("project_id", project_id)
    if agent is None and project is None:
        raise InvalidRequestError(
            "evaluate_metrics needs agent_id or project_id: it names whose call logs and metrics "
            "to use. Nothing was sent."
        )
    body = EvaluateMetrics(
        call_logs=id_list("call_logs", call_logs),
        metrics=id_list("metrics", metrics),
        agent_id=UNSET if agent is None else agent,
        project_id=UNSET if project is None else project,
    )
    spend_limit(len(body.metrics), max_metric_runs).check(len(body.call_logs))
    return Operation(
        name="evaluate_metrics",
        costs_credits=True,
        request=_request(call_logs_evaluate_metrics_create, body=body),
        read=read_list(CallLogSummary),
    )


def rerun_evaluation(
    *,
    agent_id: object,
    assistant_id: object,
    call_logs: object,
    max_metric_runs: object = None,
    metrics_assigned: object = None,
) -> Operation[list[CallLog]]:
    """Run all metrics again on chosen call logs, or on all of an agent's.

    Raises:
        InvalidRequestError: An argument is refused.
    """
    agent = optional_id("agent_id", agent_id)
    assistant = checked_assistant_id(assistant_id)
    if (agent is None) == (assistant is None):
        given = "neither" if agent is None else "both"
        raise InvalidRequestError(
            f"rerun_evaluation needs agent_id or assistant_id, one of the two; {given} given. "
            "Nothing was sent."
        )
    body = RerunEvaluation(
        call_logs=id_list_or_all("call_logs", call_logs),
        agent_id=UNSET if agent is None else agent,
        assistant_id=UNSET if assistant is None else assistant,
    )
    limit = spend_limit(checked_metrics_assigned(metrics_assigned), max_metric_runs)
    if isinstance(body.call_logs, list):
        limit.check(len(body.call_logs))
    return Operation(
        name="rerun_evaluation",
        costs_credits=True,
        request=_request(call_logs_rerun_evaluation_create, body=body),
        read=read_list(CallLog),
    )


def retrieve(call_log_id: object) -> Operation[CallLog]:
    """Read one call log.

    Raises:
        InvalidRequestError: The id is refused.
    """
    checked = one_id("call_log_id", call_log_id)
    return Operation(
        name="retrieve",
        costs_credits=False,
        request=_request(call_logs_retrieve, id=checked),
        read=read_one(CallLog),
    )


def billing_info() -> Operation[BillingInfo]:
    """Read the balance."""
    return Operation(
        name="billing.info",
        costs_credits=False,
        request=_request(billing_info_retrieve),
        read=read_billing_info,
    )


def list_request(**parameters: object) -> RequestParts:
    """Ask for the first page of a list of call logs; the parameters are the contract's."""
    return _request(call_logs_list, **parameters)


def _request(endpoint: ModuleType, **arguments: object) -> RequestParts:
    """Take the method, path, query and body from an endpoint's generated request builder."""
    # The generator gives its builder no public name.
    generated: dict[str, Any] = endpoint._get_kwargs(**arguments)  # noqa: SLF001
    body = generated.get("json")
    path: str = generated["url"]
    if generated.get("params"):
        # A comma needs no escape, and a list of ids has many.
        path = f"{path}?{urlencode(generated['params'], safe=',:')}"
    return RequestParts(
        method=generated["method"].upper(),
        path=path,
        body=None if body is None else _encode(body).encode(),
    )
