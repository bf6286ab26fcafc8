"""The metrics, as the API lists them."""

import re

from cekura_client.sandbox.content.seed import Metric, Seed


def metric_rows(
    seed: Seed, agent_id: int | None, project_id: int | None, assistant_id: str | None
) -> list[dict[str, object]]:
    """Show the metrics of an agent, by either of its ids, and of a project; None: of any."""
    owners = {
        agent.id
        for agent in seed.agents.values()
        if agent_id in (None, agent.id) and assistant_id in (None, agent.assistant_id)
    }
    any_agent = (agent_id, assistant_id) == (None, None)
    return [
        _row(metric)
        for metric in seed.metrics.values()
        if (any_agent or not owners.isdisjoint(metric.agent_ids))
        and project_id in (None, metric.project_id)
    ]


def _row(metric: Metric) -> dict[str, object]:
    cost = metric.metric_cost
    return {
        "id": metric.id,
        "name": metric.name,
        "slug": "_".join([*re.findall(r"\w+", metric.name.lower()), str(metric.id)]),
        "description": "",
        "project": metric.project_id,
        "agents": list(metric.agent_ids),
        "type": "llm_judge",
        "eval_type": metric.kind,
        "vocera_defined_metric_code": metric.code,
        "observability_enabled": metric.observability_enabled,
        "simulation_enabled": True,
        "audio_enabled": False,
        "sampling_enabled": False,
        "metric_cost": None if cost is None else float(cost),
    }
