"""The metrics, as the API lists them."""

from cekura_client.sandbox.content.seed import Metric, Seed


def metric_rows(
    seed: Seed, agent_id: int | None, project_id: int | None
) -> list[dict[str, object]]:
    """Show the metrics of an agent and of a project; None: of any."""
    return [
        _row(metric)
        for metric in seed.metrics.values()
        if (agent_id is None or agent_id in metric.agent_ids)
        and (project_id is None or project_id == metric.project_id)
    ]


def _row(metric: Metric) -> dict[str, object]:
    cost = metric.metric_cost
    return {
        "id": metric.id,
        "name": metric.name,
        "slug": f"{metric.name.lower().replace(' ', '_')}_{metric.id}",
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
