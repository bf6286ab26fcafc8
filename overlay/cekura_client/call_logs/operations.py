"""The operations: their arguments checked, and each made ready to be sent.

What is refused raises `InvalidRequestError`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral
from typing import Literal, TypeVar
from urllib.parse import urlencode

from cekura_api import operations as api
from cekura_api.models import CallLog, CallLogSummary, Metric, Project
from cekura_api.operation import Operation as Described

from cekura_client.billing import BillingInfo, read_billing_info
from cekura_client.call_logs.arguments import (
    amount,
    checked_assistant_id,
    id_list,
    id_list_or_all,
    one_id,
    optional_amount,
    optional_id,
    optional_whole_number,
)
from cekura_client.call_logs.metric_names import has_names, ids_and_names, ids_of
from cekura_client.call_logs.spending import Estimate, Prices, SpendLimit
from cekura_client.config import whole_number
from cekura_client.engine.operation import Operation, RequestParts
from cekura_client.errors import InvalidRequestError

_ReplyT = TypeVar("_ReplyT")

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Chosen metrics on chosen call logs: all of it checked, names of metrics yet to be looked up.

    Perform what `listing` returns, if anything, and hand its result to `operation`.
    """

    agent_id: int | None
    project_id: int | None
    call_logs: list[int]
    metrics: list[int | str]
    max_metric_runs: int | None
    max_credits: Decimal | None

    @classmethod
    def checked(
        cls,
        *,
        agent_id: object,
        project_id: object,
        call_logs: object,
        metrics: object,
        max_metric_runs: object = None,
        max_credits: object = None,
    ) -> "Evaluation":
        """Check the arguments of a caller."""
        agent = optional_id("agent_id", agent_id)
        project = optional_id("project_id", project_id)
        if agent is None and project is None:
            raise InvalidRequestError(
                "evaluate_metrics needs agent_id or project_id: it names whose call logs and "
                "metrics to use."
            )
        return cls(
            agent_id=agent,
            project_id=project,
            call_logs=id_list("call_logs", call_logs),
            metrics=ids_and_names("metrics", metrics),
            max_metric_runs=optional_whole_number("max_metric_runs", max_metric_runs, least=0),
            max_credits=optional_amount("max_credits", max_credits),
        )

    def listing(self) -> Operation[list[Metric]] | None:
        """Return what tells ids of names, and prices for a limit; None where neither is asked."""
        if self.max_credits is None and not has_names(self.metrics):
            return None
        return listing_of_scope(self.agent_id, self.project_id)

    def limit(self, listed: Sequence[Metric]) -> SpendLimit:
        """Return the limit on what it comes to."""
        ids = self.metric_ids(listed)
        return SpendLimit(
            len(ids), self.max_metric_runs, self.max_credits, Prices.of_chosen(ids, listed)
        )

    def metric_ids(self, listed: Sequence[Metric]) -> list[int]:
        """Return the ids of the metrics, each once."""
        return ids_of(self.metrics, listed)

    def operation(self, listed: Sequence[Metric] = ()) -> Operation[list[CallLogSummary]]:
        """Make it ready to be sent."""
        self.limit(listed).check(len(self.call_logs))
        return self.on(self.call_logs, self.metric_ids(listed))

    def on(self, call_logs: list[int], metrics: list[int]) -> Operation[list[CallLogSummary]]:
        """Make it ready for these call logs, whatever it costs."""
        return ready(
            "evaluate_metrics",
            api.evaluate_metrics(
                call_logs=call_logs,
                metrics=metrics,
                agent_id=self.agent_id,
                project_id=self.project_id,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """All assigned metrics on chosen call logs, or on all of an agent's: all of it checked.

    Perform what `listing` returns, if anything, and hand its result to `operation`.
    """

    agent_id: int | None
    assistant_id: int | str | None
    call_logs: list[int] | Literal["all"]
    max_metric_runs: int | None
    metrics_assigned: int | None
    max_credits: Decimal | None

    @classmethod
    def checked(
        cls,
        *,
        agent_id: object,
        assistant_id: object,
        call_logs: object,
        max_metric_runs: object = None,
        metrics_assigned: object = None,
        max_credits: object = None,
    ) -> "Rerun":
        """Check the arguments of a caller."""
        agent = optional_id("agent_id", agent_id)
        assistant = checked_assistant_id(assistant_id)
        if (agent is None) == (assistant is None):
            given = "neither" if agent is None else "both"
            raise InvalidRequestError(
                f"rerun_evaluation needs agent_id or assistant_id, one of the two; {given} given."
            )
        return cls(
            agent_id=agent,
            assistant_id=assistant,
            call_logs=id_list_or_all("call_logs", call_logs),
            max_metric_runs=optional_whole_number("max_metric_runs", max_metric_runs, least=0),
            metrics_assigned=optional_whole_number("metrics_assigned", metrics_assigned, least=1),
            max_credits=optional_amount("max_credits", max_credits),
        )

    def listing(self) -> Operation[list[Metric]] | None:
        """Return what tells the prices for a limit; None where none is asked."""
        if self.max_credits is None:
            return None
        assistant = None if self.assistant_id is None else str(self.assistant_id)
        return listing_of_agent(self.agent_id, assistant)

    @property
    def counts_first(self) -> bool:
        """Whether all of an agent's call logs are to be counted for a limit."""
        limits = {self.max_metric_runs, self.max_credits}
        return self.call_logs == "all" and limits != {None}

    def limit(self, listed: Sequence[Metric]) -> SpendLimit:
        """Return the limit on what it comes to."""
        return SpendLimit(
            self.metrics_assigned, self.max_metric_runs, self.max_credits, Prices.of_all(listed)
        )

    def operation(self, listed: Sequence[Metric] = ()) -> Operation[list[CallLog]]:
        """Make it ready to be sent."""
        if self.call_logs != "all":
            self.limit(listed).check(len(self.call_logs))
        return self.on(self.call_logs)

    def on(self, call_logs: list[int] | Literal["all"]) -> Operation[list[CallLog]]:
        """Make it ready for these call logs, whatever it costs."""
        return ready(
            "rerun_evaluation",
            api.reevaluate_calls(
                call_logs=call_logs, agent_id=self.agent_id, assistant_id=self.assistant_id
            ),
        )


@dataclass(frozen=True, slots=True)
class Estimation:
    """What is estimated, checked: chosen metrics, all of an agent's, or so many of one price.

    Perform what `listing` returns, if anything, and hand its result to `estimate`.
    """

    metrics: list[int | str] | Literal["all"] | int
    agent_id: int | None
    project_id: int | None
    credits_per_run: Decimal

    @classmethod
    def checked(
        cls, *, metrics: object, agent_id: object, project_id: object, credits_per_run: object
    ) -> "Estimation":
        """Check the arguments of a caller."""
        agent = optional_id("agent_id", agent_id)
        project = optional_id("project_id", project_id)
        asked: list[int | str] | Literal["all"] | int
        if isinstance(metrics, str) and metrics == "all":
            if agent is None:
                raise InvalidRequestError(
                    'metrics is "all", those of an agent, and agent_id names none.'
                )
            asked = "all"
        elif isinstance(metrics, Integral):
            asked = whole_number("metrics", metrics, least=1)
        else:
            asked = ids_and_names("metrics", metrics)
        return cls(asked, agent, project, amount("credits_per_run", credits_per_run))

    @property
    def _has_scope(self) -> bool:
        return (self.agent_id, self.project_id) != (None, None)

    def listing(self) -> Operation[list[Metric]] | None:
        """Return what tells prices and the ids of names; None where nothing does."""
        if isinstance(self.metrics, int):
            return None
        if self.metrics != "all" and not self._has_scope and not has_names(self.metrics):
            return None
        return listing_of_scope(self.agent_id, self.project_id)

    def estimate(self, calls: int, listed: Sequence[Metric]) -> Estimate:
        """Tell what it comes to on so many calls."""
        if isinstance(self.metrics, int):
            return Estimate.of(calls, self.metrics, self.credits_per_run)
        if self.metrics == "all":
            return Prices.of_all(listed).estimate(calls)
        ids = ids_of(self.metrics, listed)
        if self.listing() is None:
            return Estimate.of(calls, len(ids), self.credits_per_run)
        estimate = Prices.of_chosen(ids, listed).estimate(calls)
        # Of all metrics that the key sees, nobody knows which run on these calls.
        return estimate if self._has_scope else replace(estimate, worst_case_credits=None)


def retrieve(call_log_id: object) -> Operation[CallLog]:
    """Read one call log."""
    checked = one_id("call_log_id", call_log_id)
    return ready("retrieve", api.retrieve_call_log(id=checked))


def list_metrics(*, agent_id: object, project_id: object) -> Operation[list[Metric]]:
    """List the metrics of an agent or a project, or all."""
    agent = optional_id("agent_id", agent_id)
    project = optional_id("project_id", project_id)
    if agent is not None and project is not None:
        raise InvalidRequestError("metrics.list takes agent_id or project_id, not both.")
    return ready("metrics.list", api.list_metrics(agent_id=agent, project_id=project))


def listing_of_scope(agent_id: int | None, project_id: int | None) -> Operation[list[Metric]]:
    """List the metrics that an evaluation in this scope may run: the agent is the narrower one."""
    return list_metrics(agent_id=agent_id, project_id=project_id if agent_id is None else None)


def listing_of_agent(agent_id: int | None, assistant_id: str | None) -> Operation[list[Metric]]:
    """List the metrics that are assigned to an agent, by either of its ids."""
    return ready("metrics.list", api.list_metrics(agent_id=agent_id, assistant_id=assistant_id))


def list_projects() -> Operation[list[Project]]:
    """List the projects."""
    return ready("projects.list", api.list_projects())


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


def ready(name: str, described: Described[_ReplyT]) -> Operation[_ReplyT]:
    """Make what the contract describes ready to be sent, under the name that people know."""
    return Operation(
        name=name,
        costs_credits=described.costs_credits,
        request=request_of(described),
        read=described.read,
    )
