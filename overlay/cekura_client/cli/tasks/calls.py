"""`calls`: lists call logs as they come; a long list takes no more memory than a short one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from typing import Any, cast

from cekura_client import CallLogSummary, Cekura, CekuraError, Filter
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.output.records import CALL_FIELDS, Record, call_record
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.tables import Heading, RowTableWriter, text_of
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.session import Session
from cekura_client.cli.settings import Settings

_MOST_ROWS = 200  # on one page
_TO_THE_MINUTE = 16  # characters of a moment


def _started(record: Record) -> str:
    return text_of("started_at")(record)[:_TO_THE_MINUTE].replace("T", " ")


_HEADINGS = (
    Heading("call", text_of("call_log_id"), is_number=True),
    Heading("started (UTC)", _started),
    Heading("length", text_of("duration"), is_number=True),
    Heading("status", text_of("status")),
    Heading("ended because", text_of("call_ended_reason")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which calls are to be listed.

    Attributes:
        agent_id: The agent that had them.
        project_id: The project of the agent.
        assistant_id: The agent's id at the platform it runs on.
        since: The begin of the range.
        until: The end of the range.
        failed: Only those that were not successful; the API picks them out.
        unreviewed: Only those that nobody has reviewed; they are picked out here, since the API
            documents no condition for them.
        condition: A condition of the API's as JSON text.
        limit: How many at most.

    Raises:
        BadUsageError: It cannot be asked for.
    """

    agent_id: int | None
    project_id: int | None
    assistant_id: str | None
    since: date | None
    until: date | None
    failed: bool
    unreviewed: bool
    condition: str | None
    limit: int | None

    def __post_init__(self) -> None:
        """Check what the API would not say in the words of the command line."""
        if self.agent_id is None and self.project_id is None:
            raise BadUsageError(
                "Name --agent-id, --project-id, or both, or set CEKURA_AGENT_ID. Nothing was sent."
            )

    def rows(self, cekura: Cekura) -> Iterator[CallLogSummary]:
        """Read the calls, page by page as they are asked for."""
        find: Callable[..., Iterator[CallLogSummary]] = cekura.call_logs.list
        is_all_wanted = self.limit is None or self.unreviewed
        rows = find(
            agent_id=self.agent_id,
            project_id=self.project_id,
            assistant_id=self.assistant_id,
            since=self.since,
            until=self.until,
            filters=self._filters(),
            page_size=_MOST_ROWS if is_all_wanted else min(self.limit or 0, _MOST_ROWS),
        )
        return islice(filter(_is_unreviewed, rows) if self.unreviewed else rows, self.limit)

    def _filters(self) -> Filter | None:
        failed = Filter.eq("success", False) if self.failed else None  # noqa: FBT003  (the value)
        if self.condition is None:
            return failed
        try:
            condition: object = json.loads(self.condition)
        except (ValueError, RecursionError) as error:
            raise BadUsageError(f"--filter is not JSON: {error}. Nothing was sent.") from error
        if not isinstance(condition, dict) or not condition:
            raise BadUsageError(
                '--filter takes a JSON object such as {"field": "duration", "op": "gte", "value": '
                "60}. Nothing was sent."
            )
        given = Filter(cast("dict[str, Any]", condition))
        return given if failed is None else failed & given


def _is_unreviewed(call: CallLogSummary) -> bool:
    reviewed = call.is_reviewed
    if isinstance(reviewed, bool):
        return not reviewed
    return not str(call.status or "").startswith("reviewed")


def list_calls(wanted: Wanted, settings: Settings, terminal: Terminal) -> ExitCode:
    """List calls, and write each as it comes."""
    with settings.client() as cekura:
        rows = wanted.rows(cekura)
        table = partial(RowTableWriter, headings=_HEADINGS)
        output = Output(terminal, settings, CALL_FIELDS, table=table)
        session = Session(cekura, settings, terminal, output)
        listed = 0
        try:
            with session.bar("Listing") as bar:
                for call in rows:
                    output.write([call_record(call)])
                    if output.problem or output.reader_left:
                        break
                    listed += 1
                    bar.show_listing(listed)
        except CekuraError:
            terminal.say(f"The list is not complete: {_counted(listed)} had come.")
            raise
        output.end()
    if output.problem:
        terminal.say(f"The calls could not be written: {output.problem.strerror}.")
        return ExitCode.INCOMPLETE
    if not listed and not output.reader_left:
        is_default = wanted.since is None and wanted.until is None
        terminal.say("No calls found" + (" in the last 30 days." if is_default else "."))
    return ExitCode.DONE


def _counted(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls"
