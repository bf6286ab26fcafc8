"""The commands that only read, and cost nothing: what each takes, and what it does."""

from cekura_client.cli import options
from cekura_client.cli.balance import show_balance
from cekura_client.cli.call_ids import call_ids_of
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.guard import guarded
from cekura_client.cli.listing import Wanted, list_calls
from cekura_client.cli.moments import parse_moment
from cekura_client.cli.reading import read
from cekura_client.cli.settings import Settings
from cekura_client.cli.settling import settle_journal
from cekura_client.cli.terminal import Terminal
from cekura_client.cli.writers import Format

_HOUR = 3600.0
_GRACE = 60.0  # what `settle` takes where nothing is said


def calls(
    *,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    assistant_id: options.AssistantId = None,
    since: options.Since = None,
    until: options.Until = None,
    failed: options.Failed = False,
    unreviewed: options.Unreviewed = False,
    condition: options.Condition = None,
    limit: options.Limit = None,
    output: options.ListOutput = None,
    raw: options.Raw = False,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
) -> None:
    """Find calls of an agent or a project, the newest 33 days first. Costs nothing."""

    def command(terminal: Terminal) -> ExitCode:
        wanted = Wanted(
            agent_id=agent_id,
            project_id=project_id,
            assistant_id=assistant_id,
            since=parse_moment(since, "--since"),
            until=parse_moment(until, "--until"),
            failed=failed,
            unreviewed=unreviewed,
            condition=condition,
            limit=limit,
        )
        return list_calls(wanted, Settings(base_url=base_url, output=output, raw=raw), terminal)

    guarded(command, verbose=verbose)


def retrieve(
    *,
    ids: options.CallIds = None,
    files: options.Files = None,
    wait: options.Wait = False,
    timeout: options.Timeout = _HOUR,
    output: options.Output = None,
    raw: options.Raw = False,
    whole: options.Whole = False,
    max_concurrency: options.Concurrency = 4,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
) -> None:
    """Read calls, with the results of their metrics. Costs nothing."""

    def command(terminal: Terminal) -> ExitCode:
        if whole and (wait or output in {Format.TABLE, Format.CSV}):
            raise BadUsageError("--whole writes json or jsonl, and goes without --wait.")
        settings = Settings(
            base_url=base_url,
            output=Format.JSON if whole and output is None else output,
            raw=raw,
            wait=wait,
            timeout=timeout,
            max_concurrency=max_concurrency,
        )
        return read(call_ids_of(ids, files), settings, terminal, whole=whole)

    guarded(command, verbose=verbose)


def settle(
    *,
    journal: options.JournalToSettle,
    agent_id: options.AgentId = None,
    project_id: options.ProjectId = None,
    grace: options.Grace = _GRACE,
    output: options.Output = None,
    raw: options.Raw = False,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
) -> None:
    """Find out what became of a journal's unknown calls. Costs nothing.

    It only reads, and notes in the journal what ran and what did not; the latter is sent when its
    own command is given again. The agent and the project are those of the run, unless they are
    named here.
    """

    def command(terminal: Terminal) -> ExitCode:
        return settle_journal(
            journal,
            Settings(base_url=base_url, output=output, raw=raw),
            terminal,
            agent_id=agent_id,
            project_id=project_id,
            grace=grace,
        )

    guarded(command, verbose=verbose)


def balance(
    *,
    output: options.Output = None,
    raw: options.Raw = False,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
) -> None:
    """Show the credits that are left; takes an organization's key. Costs nothing."""

    def command(terminal: Terminal) -> ExitCode:
        return show_balance(Settings(base_url=base_url, output=output, raw=raw), terminal)

    guarded(command, verbose=verbose)
