# Made from _async/metrics.py by `make generate`. Do not edit.
"""The metrics, typed and documented."""

from cekura_api.models import Metric

from cekura_client._sync.performing import Perform
from cekura_client.call_logs import operations


class Metrics:
    """The metrics that calls are scored by. Reached as `cekura.metrics`."""

    def __init__(self, perform: Perform) -> None:
        self._perform = perform

    def list(self, *, agent_id: int | None = None, project_id: int | None = None) -> list[Metric]:
        """List metrics: their ids, names and prices, and whether they run on a call by themselves.

        Costs nothing, so it is tried again after any failure that may pass. One request.

        Neither published page defines it; the vendor publishes it elsewhere, as "List metrics".

        Args:
            agent_id: The agent that the metrics are assigned to. Give this or `project_id`, not
                both; with neither, all metrics come that the key may see.
            project_id: The project that the metrics belong to; an organization's key may have to
                name it.

        Returns:
            The metrics, in the API's order. `metric_cost` is the price of a run in credits, None
            where the API tells none; metrics with `observability_enabled` run on each call log by
            themselves.

        Raises:
            InvalidRequestError: An argument is refused; nothing was sent.
            AuthenticationError: The key is wrong.
            PermissionDeniedError: The key may not list these.
            RateLimitError: The wait asked for is longer than the policy allows.
            APIConnectionError: The server was not reached.
            OutcomeUnknownError: No reply came, at any attempt.
            ServerError: The server failed, at every attempt.
            InvalidResponseError: The reply, kept in the error, is not the contract's.

        Example:
            >>> metrics = cekura.metrics.list(agent_id=224)
            >>> {metric.name: metric.id for metric in metrics}["Customer Satisfaction"]
            790
        """
        return self._perform(operations.list_metrics(agent_id=agent_id, project_id=project_id))
