"""What a request names as its scope: an agent, a project, or both."""

from typing import TypeVar

from cekura_client.sandbox.content.seed import Seed
from cekura_client.sandbox.requests.lists import ListRequest
from cekura_client.sandbox.requests.refusals import bad_fields

_T = TypeVar("_T")


def no_object(key: int) -> str:
    """Say that there is nothing with this id."""
    return f'Invalid pk "{key}" - object does not exist.'


def find(
    name: str, known: dict[int, _T], key: int | None, errors: dict[str, list[str]]
) -> _T | None:
    """Find what a field names; where there is no such thing, that goes to the errors."""
    if key is None:
        return None
    found = known.get(key)
    if found is None:
        errors[name] = [no_object(key)]
    return found


def agents_of(request: ListRequest, seed: Seed) -> tuple[int, ...]:
    """Find the agents whose calls a list is to show.

    Raises:
        RefusedError: 400, there is no such agent or project.
    """
    errors: dict[str, list[str]] = {}
    agent = find("agent_id", seed.agents, request.agent_id, errors)
    project = find("project_id", seed.projects, request.project_id, errors)
    if errors:
        raise bad_fields(errors)
    assistant_id = request.assistant_id
    return tuple(
        one.id
        for one in seed.agents.values()
        if (agent is None or one.id == agent.id)
        and (project is None or one.project_id == project.id)
        and (assistant_id is None or one.assistant_id == assistant_id)
    )
