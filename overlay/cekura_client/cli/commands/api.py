"""`api`: sends a request to any operation of the API. What it costs is for its sender to know."""

from typing import Annotated

import typer

from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.input import options


def api(
    *,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, PATCH and so on.")],
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="The path alone, such as /user/v1/projects/.")
    ],
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            "-F",
            metavar="NAME=VALUE",
            help="A field of the JSON body, or with GET of the query; true, false, null and whole "
            "numbers are taken as such. NAME[]=VALUE adds to a list. Repeatable.",
            show_default=False,
        ),
    ] = None,
    texts: Annotated[
        list[str] | None,
        typer.Option(
            "--raw-field",
            "-f",
            metavar="NAME=TEXT",
            help="The same, and the value is always text.",
            show_default=False,
        ),
    ] = None,
    params: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=TEXT",
            help="A parameter of the query, whatever the method. Repeatable.",
            show_default=False,
        ),
    ] = None,
    body_file: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="The whole body, as JSON; - reads standard input.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask where it is known to cost credits.")
    ] = False,
    request_timeout: options.RequestTimeout = None,
    base_url: options.BaseUrl = None,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Send a request to any operation of the API. Writes its reply.

    What may have run is sent again only with GET, HEAD and OPTIONS.
    """
    from cekura_client.cli.endings import guarded
    from cekura_client.cli.output.terminal import Terminal
    from cekura_client.cli.settings import Settings
    from cekura_client.cli.tasks.api import grouped, members_of, pairs, read_json, send, value_of
    from cekura_client.engine.operation import READING

    def command(terminal: Terminal) -> ExitCode:
        given = [(name, value_of(text)) for name, text in pairs("--field", fields)]
        given += pairs("--raw-field", texts)
        in_query: list[tuple[str, object]] = [*pairs("--param", params)]
        body: object = None
        if body_file is not None:
            if given:
                raise BadUsageError(
                    "--input is the whole body, so it goes without fields. Nothing was sent."
                )
            body = read_json(body_file)
        elif method.upper() in READING:
            in_query += given
        else:
            body = members_of(given) or None
        query = grouped(pair for pair in in_query if pair[1] is not None)
        settings = Settings(base_url=base_url, yes=yes, request_timeout=request_timeout)
        return send(method, path, query=query, body=body, settings=settings, terminal=terminal)

    guarded(command, verbose=verbose, debug=debug)
