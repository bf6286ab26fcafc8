"""Whose calls and metrics are meant: what is typed, or by default what the environment says."""

import os

from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.cli.input.values import parse_option

_AGENT, _PROJECT = "CEKURA_AGENT_ID", "CEKURA_PROJECT_ID"


def scope_or_default(agent_id: int | None, project_id: int | None) -> tuple[int | None, int | None]:
    """Return agent and project: as they are typed, or where neither is, those of the environment.

    Raises:
        BadUsageError: A variable that counts holds no id.
    """
    if agent_id is None and project_id is None:
        return _id_in(_AGENT), _id_in(_PROJECT)
    return agent_id, project_id


def one_scope_or_default(
    agent_id: int | None, project_id: int | None
) -> tuple[int | None, int | None]:
    """Do the same where only one of the two is taken: of the environment's, the narrower one."""
    agent, project = scope_or_default(agent_id, project_id)
    if agent_id is None and agent is not None:
        return agent, None
    return agent, project


def agent_or_default(agent_id: int | None, *others: object) -> int | None:
    """Return the agent: as it is typed, or where nothing of these is, the environment's."""
    typed = (agent_id, *others)
    return _id_in(_AGENT) if all(one is None for one in typed) else agent_id


def project_or_default(project_id: int | None) -> int | None:
    """Return the project: as it is typed, or the environment's."""
    return _id_in(_PROJECT) if project_id is None else project_id


def _id_in(variable: str) -> int | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    try:
        (found,) = parse_option([text], variable)
    except (BadUsageError, ValueError):
        raise BadUsageError(f"{variable} is {text!r}, which is no id. Nothing was sent.") from None
    return found
