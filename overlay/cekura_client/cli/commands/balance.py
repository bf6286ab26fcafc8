"""`balance`: shows the credits that are left."""

from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.input import options


def balance(
    *,
    output: options.Output = None,
    raw: options.Raw = False,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Show the credits that are left; takes an organization's key. Costs nothing."""
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.balance import show_balance

    def command(terminal: Terminal) -> ExitCode:
        return show_balance(
            Settings(base_url=base_url, output=output, raw=raw, request_timeout=request_timeout),
            terminal,
        )

    guarded(command, verbose=verbose, debug=debug)
