"""The agents and the projects, as the API lists them."""

from cekura_client.sandbox.content.seed import Agent, Seed

_ORGANIZATION = 37


def agent_row(agent: Agent) -> dict[str, object]:
    """Show an agent."""
    return {
        "id": agent.id,
        "agent_name": agent.name,
        "project": agent.project_id,
        "organization": _ORGANIZATION,
        "contact_number": f"+155501{agent.id:05d}",
        "inbound": True,
        "language": "en",
    }


def project_rows(seed: Seed) -> list[dict[str, object]]:
    """Show the projects."""
    return [
        {
            "id": project.id,
            "name": project.name,
            "organization": {"id": _ORGANIZATION, "name": "Sandbox"},
            "sample_rate": 1.0,
        }
        for project in seed.projects.values()
    ]
