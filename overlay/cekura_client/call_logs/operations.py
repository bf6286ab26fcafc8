"""The operations: their arguments checked, and each made ready to be sent.

What is refused raises `InvalidRequestError`.
"""

import json
from typing import TypeVar
from urllib.parse import urlencode

from cekura_api import operations as api
from cekura_api.models import CallLog, CallLogSummary, Metric, Project
from cekura_api.operation import Operation as Described

from cekura_client.billing import BillingInfo, read_billing_info
from cekura_client.call_logs.arguments import (
    checked_assistant_id,
    id_list,
    id_list_or_all,
    one_id,
    optional_id,
    optional_whole_number,
)
from cekura_client.call_logs.spending import spend_limit
from cekura_client.engine.operation import Operation, RequestParts
from cekura_client.errors import InvalidRequestError

_ReplyT = TypeVar("_ReplyT")

_encode = json.JSONEncoder(separators=(",", ":")).encode


def evaluate_metrics(
    *,
    agent_id: object,
    project_id: object,
    call_logs: object,
    metrics: object,
    max_metric_runs: object = None,
) -> Operation[list[CallLogSummary]]:
    """Run chosen metrics on chosen call logs."""
    agent = optional_id("agent_id", agent_id)
    project = optional_id("project_id", project_id)
    if agent is None and project is None:
        raise InvalidRequestError(
            "evaluate_metrics needs agent_id or project_id: it names whose call logs and metrics "
            "to use."
        )
    ids, metric_ids = id_list("call_logs", call_logs), id_list("metrics", metrics)
    spend_limit(len(metric_ids), max_metric_runs).check(len(ids))
    return _ready(
        "evaluate_metrics",
        api.evaluate_metrics(call_logs=ids, metrics=metric_ids, agent_id=agent, project_id=project),
    )


def rerun_evaluation(
    *,
    agent_id: object,
    assistant_id: object,
    call_logs: object,
    max_metric_runs: object = None,
    metrics_assigned: object = None,
) -> Operation[list[CallLog]]:
    """Run all metrics again on chosen call logs, or on all of an agent's."""
    agent = optional_id("agent_id", agent_id)
    assistant = checked_assistant_id(assistant_id)
    if (agent is None) == (assistant is None):
        given = "neither" if agent is None else "both"
        raise InvalidRequestError(
            f"rerun_evaluation needs agent_id or assistant_id, one of the two; {given} given."
        )
    ids = id_list_or_all("call_logs", call_logs)
    limit = spend_limit(
        optional_whole_number("metrics_assigned", metrics_assigned, least=1), max_metric_runs
    )
    if isinstance(ids, list):
        limit.check(len(ids))
    return _ready(
        "rerun_evaluation",
        api.reevaluate_calls(call_logs=ids, agent_id=agent, assistant_id=assistant),
    )


def retrieve(call_log_id: object) -> Operation[CallLog]:
    """Read one call log."""
    checked = one_id("call_log_id", call_log_id)
    return _ready("retrieve", api.retrieve_call_log(id=checked))


def list_metrics(*, agent_id: object, project_id: object) -> Operation[list[Metric]]:
    """List the metrics of an agent or a project, or all."""
    agent = optional_id("agent_id", agent_id)
    project = optional_id("project_id", project_id)
    if agent is not None and project is not None:
        raise InvalidRequestError("metrics.list takes agent_id or project_id, not both.")
    return _ready("metrics.list", api.list_metrics(agent_id=agent, project_id=project))


def list_projects() -> Operation[list[Project]]:
    """List the projects."""
    return _ready("projects.list", api.list_projects())


def billing_info() -> Operation[BillingInfo]:
    """Read the balance."""
    described = api.billing_info()
    return Operation(
        name="billing.info",
        costs_credits=described.costs_credits,
        request=request_of(described),
        read=read_billing_info,
    )


def request_of(described: Described[_ReplyT]) -> RequestParts:
    """Write a request as it goes out."""
    path = described.path
    if described.query:
        # A comma needs no escape, and a list of ids has many.
        path = f"{path}?{urlencode(described.query, safe=',:')}"
    return RequestParts(
        method=described.method,
        path=path,
        body=None if described.body is None else _encode(described.body).encode(),
    )


def _ready(name: str, described: Described[_ReplyT]) -> Operation[_ReplyT]:
    """Make what the contract describes ready to be sent, under the name that people know."""
    return Operation(
        name=name,
        costs_credits=described.costs_credits,
        request=request_of(described),
        read=described.read,
    )
