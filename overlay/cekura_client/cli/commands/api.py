"""`api`: sends a request to any operation of the API. What it costs is for its sender to know."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from cekura_client import InvalidResponseError, Response
from cekura_client.call_logs.any_operation import is_known_to_cost
from cekura_client.cli.endings import guarded, told_of_interrupts
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.input import options
from cekura_client.cli.input.values import STANDARD_INPUT
from cekura_client.cli.output.formats import StandardOutput
from cekura_client.cli.output.progress import Bar
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings
from cekura_client.engine.operation import READING

_LIST = "[]"  # ends the name of a field that is a list
_WORDS = {"true": True, "false": False, "null": None}
_WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)


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
    """Send a request to any operation of the API, and write its reply.

    What may have run is sent again only with GET, HEAD and OPTIONS.
    """

    def command(terminal: Terminal) -> ExitCode:
        given = [(name, _value(text)) for name, text in _pairs("--field", fields)]
        given += _pairs("--raw-field", texts)
        in_query: list[tuple[str, object]] = [*_pairs("--param", params)]
        body: object = None
        if body_file is not None:
            if given:
                raise BadUsageError(
                    "--input is the whole body, so it goes without fields. Nothing was sent."
                )
            body = _read_json(body_file)
        elif method.upper() in READING:
            in_query += given
        else:
            body = _members(given) or None
        query = _grouped(pair for pair in in_query if pair[1] is not None)
        settings = Settings(base_url=base_url, yes=yes, request_timeout=request_timeout)
        return _send(method, path, query=query, body=body, settings=settings, terminal=terminal)

    guarded(command, verbose=verbose, debug=debug)


def _send(
    method: str,
    path: str,
    *,
    query: Mapping[str, object],
    body: object,
    settings: Settings,
    terminal: Terminal,
) -> ExitCode:
    costs = is_known_to_cost(method, path)
    if costs and not settings.yes and terminal.can_ask:
        terminal.say(f"{method.upper()} {path} costs credits.")
        if not terminal.confirm("Go on?"):
            terminal.say("Nothing was sent.")
            return ExitCode.INCOMPLETE
    with settings.client() as cekura, told_of_interrupts(lambda: None):
        where = terminal.messages if terminal.can_redraw else None
        with Bar("Waiting", lambda: cekura.rate_limit_pause, where):
            reply = cekura.request(method, path, params=query, json=body)
    output = StandardOutput()
    _write(reply, output, is_for_people=terminal.results.is_terminal)
    if output.problem is not None and not isinstance(output.problem, BrokenPipeError):
        terminal.say(f"The reply could not be written: {output.problem.strerror}.")
        return ExitCode.INCOMPLETE
    return ExitCode.DONE


def _write(reply: Response, output: StandardOutput, *, is_for_people: bool) -> None:
    """Write a body: laid out on a terminal, elsewhere as it came."""
    if not reply.body:
        return
    if not is_for_people:
        output.write_bytes(reply.body.removesuffix(b"\n") + b"\n")
        return
    try:
        text = json.dumps(reply.json(), indent=2, ensure_ascii=False)
    except InvalidResponseError as error:  # what is no JSON is shown as it is
        text = error.text
    output.write(f"{text}\n")


def _pairs(option: str, given: list[str] | None) -> Iterator[tuple[str, str]]:
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.removesuffix(_LIST):
            raise BadUsageError(f"{option} takes NAME=VALUE; got {text!r}. Nothing was sent.")
        yield name, value


def _grouped(pairs: Iterable[tuple[str, object]]) -> dict[str, list[object]]:
    """Gather the values of each name."""
    found: dict[str, list[object]] = {}
    for name, value in pairs:
        found.setdefault(name.removesuffix(_LIST), []).append(value)
    return found


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make a JSON object of fields."""
    lists = {name.removesuffix(_LIST) for name, _ in pairs if name.endswith(_LIST)}
    members: dict[str, object] = {}
    for name, values in _grouped(pairs).items():
        if name not in lists and len(values) > 1:
            raise BadUsageError(
                f"{name} is given twice; {name}[]=VALUE adds to a list. Nothing was sent."
            )
        members[name] = values if name in lists else values[0]
    return members


def _read_json(file: str) -> object:
    try:
        text = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
        return json.loads(text)
    except OSError as error:
        raise BadUsageError(f"{file} cannot be read: {error.strerror}. Nothing was sent.") from None
    except (ValueError, RecursionError) as error:
        raise BadUsageError(f"{file} is no JSON: {error}. Nothing was sent.") from None


def _value(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text
