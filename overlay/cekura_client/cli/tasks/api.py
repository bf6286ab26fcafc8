"""`api`: sends a request to any operation of the API. What it costs is for its sender to know."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cekura_client import InvalidResponseError, Response
from cekura_client.call_logs.any_operation import is_known_to_cost
from cekura_client.cli.endings import told_of_interrupts
from cekura_client.cli.exit_codes import BadUsageError, ExitCode
from cekura_client.cli.input.values import STANDARD_INPUT
from cekura_client.cli.output.formats import StandardOutput
from cekura_client.cli.output.progress import Bar
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings

_LIST = "[]"  # ends the name of a field that is a list
_WORDS = {"true": True, "false": False, "null": None}
_WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)


def send(
    method: str,
    path: str,
    *,
    query: Mapping[str, object],
    body: object,
    settings: Settings,
    terminal: Terminal,
) -> ExitCode:
    """Send a request, and write its reply."""
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


def pairs(option: str, given: list[str] | None) -> Iterator[tuple[str, str]]:
    """Take each NAME=VALUE apart."""
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.removesuffix(_LIST):
            raise BadUsageError(f"{option} takes NAME=VALUE; got {text!r}. Nothing was sent.")
        yield name, value


def grouped(pairs: Iterable[tuple[str, object]]) -> dict[str, list[object]]:
    """Gather the values of each name."""
    found: dict[str, list[object]] = {}
    for name, value in pairs:
        found.setdefault(name.removesuffix(_LIST), []).append(value)
    return found


def members_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make a JSON object of fields."""
    lists = {name.removesuffix(_LIST) for name, _ in pairs if name.endswith(_LIST)}
    members: dict[str, object] = {}
    for name, values in grouped(pairs).items():
        if name not in lists and len(values) > 1:
            raise BadUsageError(
                f"{name} is given twice; {name}[]=VALUE adds to a list. Nothing was sent."
            )
        members[name] = values if name in lists else values[0]
    return members


def read_json(file: str) -> object:
    """Read a file, or standard input, as JSON."""
    try:
        text = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
        return json.loads(text)
    except OSError as error:
        raise BadUsageError(f"{file} cannot be read: {error.strerror}. Nothing was sent.") from None
    except (ValueError, RecursionError) as error:
        raise BadUsageError(f"{file} is no JSON: {error}. Nothing was sent.") from None


def value_of(text: str) -> object:
    """Take true, false, null and whole numbers as such."""
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text
