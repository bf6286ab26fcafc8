"""Looks calls up by the platform's own ids, where a command was given those."""

import sys
from collections.abc import Callable, Sequence

from cekura_client import CallLogSummary, CekuraError
from cekura_client.cli.exit_codes import BadUsageError
from cekura_client.cli.input.values import (
    STANDARD_INPUT,
    call_ids_of,
    parse_moment,
    read_call_ids,
    read_platform_ids,
)
from cekura_client.cli.settings import Settings

_MOST_SHOWN = 20


def ids_given(
    words: list[str] | None,
    files: list[str] | None,
    platform_files: list[str] | None,
    settings: Settings,
    *,
    agent_id: int | None,
    project_id: int | None = None,
    since: str | None,
) -> list[int]:
    """Read the ids that a command was given, and look up those that are the platform's own.

    Raises:
        BadUsageError: There are none, or they cannot be read or looked up.
        CekuraError: One is not found: nobody can say which call was meant.
    """
    if not platform_files:
        if since is not None:
            raise BadUsageError("--since goes with --call-ids-from. Nothing was sent.")
        return call_ids_of(words, files)
    if agent_id is None and project_id is None:
        raise BadUsageError(
            "--call-ids-from looks calls up in lists, which take --agent-id or --project-id. "
            "Nothing was sent."
        )
    if STANDARD_INPUT in platform_files and STANDARD_INPUT in [*(words or []), *(files or [])]:
        raise BadUsageError(
            "Standard input holds ids of call logs, or --call-ids-from reads it; not both. "
            "Nothing was sent."
        )
    begin = parse_moment(since, "--since")
    ids = read_call_ids(words or [], files or [], sys.stdin.buffer)
    platform_ids = read_platform_ids(platform_files, sys.stdin.buffer)
    if not platform_ids:
        return ids
    with settings.client() as cekura:
        find: Callable[..., dict[str, CallLogSummary]] = cekura.call_logs.find
        found = find(platform_ids, agent_id=agent_id, project_id=project_id, since=begin)
    missing = [platform_id for platform_id in platform_ids if platform_id not in found]
    if missing:
        raise CekuraError(_not_found(missing, len(platform_ids), since))
    return list(dict.fromkeys([*ids, *(call.id for call in found.values())]))


def _not_found(missing: Sequence[str], of: int, since: str | None) -> str:
    where = "in the last 30 days; --since looks further back" if since is None else f"since {since}"
    more = f" and {len(missing) - _MOST_SHOWN} more" if len(missing) > _MOST_SHOWN else ""
    return (
        f"{len(missing)} of {of} ids of --call-ids-from not found {where} "
        f"({' '.join(missing[:_MOST_SHOWN])}{more}). Nothing was sent."
    )
