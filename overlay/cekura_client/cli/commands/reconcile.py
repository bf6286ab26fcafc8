"""`reconcile`: sorts the unknown calls of a journal, and tells by which sign each was sorted."""

from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options

_GRACE = 60.0  # seconds, where nothing is said


def reconcile(
    *,
    journal: options.JournalToReconcile,
    agent_id: options.RunsAgentId = None,
    project_id: options.RunsProjectId = None,
    grace: options.Grace = _GRACE,
    output: options.Output = None,
    raw: options.Raw = False,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Find out what became of a journal's unknown calls. Costs nothing.

    It only reads, and notes in the journal what ran and what did not; the latter is sent when its
    own command is given again. The agent and the project are those of the run, unless they are
    named here.
    """
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.reconcile import reconcile_journal

    def command(terminal: Terminal) -> ExitCode:
        return reconcile_journal(
            journal,
            Settings(base_url=base_url, output=output, raw=raw, request_timeout=request_timeout),
            terminal,
            agent_id=agent_id,
            project_id=project_id,
            grace=grace,
        )

    guarded(command, verbose=verbose, debug=debug)
