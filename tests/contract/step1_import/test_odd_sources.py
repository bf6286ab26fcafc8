"""Whatever a source holds: a clear error in no time, and nothing is written; or it is imported."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.contract.emit import emit_package
from scripts.contract.operations import read_operations
from scripts.contract.step1_import.fragments import Fragment, fragments_of
from scripts.contract.step1_import.importing import read_import, write_import
from scripts.contract.step1_import.sources import parse_source
from scripts.tools.documents import Document, child, format_document, parse_document, read_document
from scripts.tools.downloads import Downloads
from scripts.tools.layout import REPOSITORY, Layout
from scripts.tools.refusals import RefusedError
from tests.contract.conftest import markdown_page
from tests.support.pages import serving
from tests.support.wire import LONGEST_SILENCE, Script, WireServer, dribble, reply, then_silence

Content = Callable[[Layout], dict[str, bytes]]
HEAD = "openapi: 3.1.0\ninfo: {title: Cekura API, version: v1}\n"
PATH = "/observability/v1/call-logs/rerun_evaluation/"
_PUBLISHED = read_document(REPOSITORY.fragments / "reevaluate-calls.yaml")
# Small, and the same whatever the vendor publishes, but for what all fragments have to agree on.
GOOD = (
    format_document({key: _PUBLISHED[key] for key in ("openapi", "info", "servers", "security")})
    + """\
paths:
  /observability/v1/call-logs/rerun_evaluation/:
    post:
      description: >-
        Run it again.
      operationId: call-logs-rerun-evaluation-create
      requestBody:
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/RerunEvaluation'
      responses:
        '200':
          content:
            application/json:
              schema:
                type: array
                items:
                  $ref: '#/components/schemas/CallLogDetail'
          description: ''
      security:
        - api_key: []
components:
  schemas:
    RerunEvaluation:
      type: object
      properties:
        agent_id:
          type: integer
    CallLogDetail:
      type: object
      properties:
        agent_id:
          type: string
        evaluation:
          allOf:
            - $ref: '#/components/schemas/Evaluation'
    Evaluation:
      type: object
      properties:
        metrics:
          type: array
          items: {}
  securitySchemes:
    api_key:
      type: apiKey
      name: X-CEKURA-API-KEY
      in: header
"""
)
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
EVALUATION = "$ref: '#/components/schemas/Evaluation'"


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def looping(*names: str) -> str:
    """The contract with references that lead to each other and to nothing else."""
    turned = [*names[1:], names[0]]
    loop = "".join(
        f"    {name}:\n      $ref: '#/components/schemas/{other}'\n"
        for name, other in zip(names, turned, strict=True)
    )
    text = changed(EVALUATION, f"$ref: '#/components/schemas/{names[0]}'")
    return text.replace("    Evaluation:\n", f"{loop}    Evaluation:\n")


CUT_OFF = "the block at line 11 has no end"
ODD: dict[str, tuple[str | bytes, str]] = {
    "no block": ("# A page\n", "found no OpenAPI document: expected a documentation page"),
    "nothing": ("", "found no OpenAPI document"),
    "two blocks": (
        f"{markdown_page(GOOD)}\n\n{markdown_page(GOOD)}",
        f"found 2 OpenAPI blocks, at lines 11, {GOOD.count(chr(10)) + 24}, expected one: save each",
    ),
    "cut off": (markdown_page(GOOD)[:1000], CUT_OFF),
    "cut off at the end": (markdown_page(GOOD)[:-4], CUT_OFF),
    "broken YAML": (
        markdown_page(changed("    RerunEvaluation:", "    RerunEvaluation: [")),
        "not a YAML or JSON document: while parsing a flow sequence",
    ),
    "broken JSON": ('{"openapi": "3.1.0", "info": {', "not a YAML or JSON document: while"),
    "Swagger 2.0": (
        markdown_page("swagger: '2.0'\npaths: {}\n"),
        'found swagger: "2.0", expected openapi: 3.1: ask the vendor',
    ),
    "Swagger 2.0 as JSON": ('{"swagger": "2.0"}', 'found swagger: "2.0"'),
    "OpenAPI 3.0": (changed("3.1.0", "3.0.3"), "expected an OpenAPI 3.1 document"),
    "HTML": ("<!DOCTYPE html>\n<html>Sorry\nopenapi: 3</html>", "found an HTML page"),
    "HTML with a comment": ("<?xml version='1.0'?>\n<!-- x -->\n<HTML>", "found an HTML page"),
    "an error as JSON": ('{"detail": "Not found."}', "found no OpenAPI document"),
    "dangling $ref in a page": (
        markdown_page(changed("    CallLogDetail:", "    CallLogDetails:")),
        "schema > items > $ref: there is no #/components/schemas/CallLogDetail",
    ),
    "dangling $ref in a document": (
        changed("    CallLogDetail:", "    CallLogDetails:"),
        "schema > items > $ref: there is no #/components/schemas/CallLogDetail",
    ),
    "$ref out of a page": (
        markdown_page(changed(EVALUATION, "$ref: https://docs.example/x.yaml#/a")),
        "https://docs.example/x.yaml#/a does not lead to a component of the same document",
    ),
    "$ref out of a document": (
        changed(EVALUATION, "$ref: other.yaml#/a"),
        "other.yaml#/a does not lead to a component of the same document",
    ),
    "$ref to itself alone": (
        markdown_page(looping("Loop")),
        "#/components/schemas/Loop leads back to itself and never to a schema",
    ),
    "$refs in a circle": (looping("One", "Two", "Three"), "leads back to itself"),
    "alias bomb": (markdown_page(f"{HEAD}{BOMB}"), "more than 1,000,000 values, aliases counted"),
    "alias bomb as a document": (f"{HEAD}{BOMB}", "more than 1,000,000 values"),
    "value that holds itself": (f"{HEAD}x: &x {{y: *x}}\n", "x > y > y: nested more than 100"),
    "list that holds itself": (f"{HEAD}x: &x [*x]\n", "x > 0 > 0: nested more than 100 levels"),
    "deep YAML": (f"{HEAD}x: {'[' * 1000}", "exceeded maximum nesting depth"),
    "deep JSON": ('{"openapi": "3.1.0", "x": ' + "[" * 100_000, "nested more than 100 levels"),
    "a key twice": (f"{GOOD}openapi: 3.1.0\n", "key 'openapi' stands twice"),
    "an anchor twice": (f"{GOOD}x-a: &a 1\nx-b: &a 2\n", "found duplicate anchor"),
    "a line's end of YAML 1.1": (
        markdown_page(changed("Run it", "Run\x85it")),
        "line 24, column 12: U+0085 stands there",
    ),
    "no number": (f"{GOOD}x-a: .nan\n", "x-a: nan is not a number that JSON can hold"),
    "endless number": (f"{GOOD}x-a: {'9' * 5000}\n", "not a YAML or JSON document: Exceeds"),
    "number as a key": (changed("'200':", "200:"), "key 200 is not text; put it in quotes"),
    "null as a key": (f"{GOOD}x-a: {{~: 1}}\n", "key None is not text"),
    "half a character": ('{"openapi": "3.1.0", "x": "\\ud800"}', "x: '\\ud800' holds half a"),
    "Latin-1": ("openapi: 3.1.0\nx: ü\n".encode("latin-1"), "not UTF-8 text, at byte 18"),
    "UTF-16": (GOOD.encode("utf-16"), "not UTF-8 text, at byte 0"),
    "binary": (bytes(range(256)), "not UTF-8 text, at byte 128"),
    "a zero": (f"{HEAD}\0", "unacceptable character #x0000"),
    "too large": (b"x" * 20_000_001, "larger than 20 MB"),
    "paths as a list": (f"{HEAD}paths: []\n", "found none"),
    "operation as text": (
        f"{HEAD}paths: {{{PATH}: {{post: hi}}}}\n",
        'expected an object, found "hi"',
    ),
    "operation elsewhere": (
        changed("/rerun_evaluation/:", "/elsewhere/:"),
        "found post /observability/v1/call-logs/elsewhere/: if the vendor moved an operation",
    ),
    "unknown type": (
        changed("agent_id:\n          type: integer", "agent_id:\n          type: intger"),
        'RerunEvaluation > properties > agent_id > type: "intger" is not valid',
    ),
    "unknown security scheme": (
        changed("- api_key: []", "- other: []"),
        "there is no #/components/securitySchemes/other",
    ),
    "another server": (
        changed("api.cekura.ai", "api.example"),
        'says "https://api.cekura.ai", reevaluate-calls.yaml says "https://api.example"',
    ),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.timeout(30)
def test_what_is_wrong_is_said_and_nothing_is_written(
    name: str, layout: Layout, tmp_path: Path, content_of: Content
) -> None:
    text, message = ODD[name]
    before = content_of(layout)
    path = tmp_path / "odd.md"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(RefusedError, match=re.escape(message)) as refusal:
        read_import([str(path)], layout, Downloads())
    if name != "another server":  # which concerns two files
        assert str(refusal.value).startswith(f"{path}: ")
    assert content_of(layout) == before


FINE = {
    "CRLF": markdown_page(GOOD).replace("\n", "\r\n"),
    "a mark of byte order": f"\ufeff{markdown_page(GOOD)}",
    "tildes": markdown_page(GOOD).replace("````", "~~~~"),
    "a fence in a description": markdown_page(
        changed("        Run it again", "        ```\n        Run it again")
    ),
    "a date as a key": f"{GOOD}x-a: {{2024-01-01: 1}}\n",
    "JSON in a page": markdown_page(
        json.dumps(parse_source(GOOD.encode(), "x", "x").document, indent=1) + "\n"
    ),
}


def fragment_of(text: str, name: str) -> Fragment:
    found = fragments_of(parse_source(text.encode(), name, name), [*read_operations()], {})
    (fragment,) = found.fragments.values()
    return fragment


@pytest.mark.parametrize("name", FINE)
def test_what_is_odd_and_right_is_imported(name: str) -> None:
    fragment = fragment_of(FINE[name], name)
    expected = parse_source(GOOD.encode(), "x", "x").document
    if name != "a fence in a description":
        assert {key: fragment.document[key] for key in expected} == expected


MEANT = {
    "nullable": (
        ("type: integer", "type: integer\n          nullable: true"),
        "['integer', 'null']",
        "nullable is not OpenAPI 3.1",
    ),
    "nullable enumeration": (
        ("type: integer", "enum: [1]\n          type: integer\n          nullable: true"),
        "'enum': [1, None]",
        "nullable is not OpenAPI 3.1",
    ),
    "nullable reference": (
        ("type: integer", f"nullable: true\n          {EVALUATION}"),
        "{'anyOf': [{'$ref': '#/components/schemas/Evaluation'}, {'type': 'null'}]}",
        "nullable is not OpenAPI 3.1",
    ),
    "not nullable": (
        ("type: integer", "type: integer\n          nullable: false"),
        "'agent_id': {'type': 'integer'}",
        "nullable is not OpenAPI 3.1",
    ),
    "null twice": (
        ("type: integer", "type: [string, 'null', 'null']"),
        "['string', 'null']",
        'type ["string", "null", "null"] read as ["string", "null"]',
    ),
    "a discriminator with a bare name": (
        (
            "type: integer",
            (
                "oneOf: [{$ref: '#/components/schemas/CallLogDetail'}]\n          discriminator: "
                "{propertyName: x, mapping: {a: CallLogDetail}}"
            ),
        ),
        "'mapping': {'a': '#/components/schemas/CallLogDetail'}",
        '"CallLogDetail" read as a schema\'s name',
    ),
}


@pytest.mark.parametrize("name", MEANT)
def test_what_can_only_mean_one_thing_is_read_as_meant_and_told_with_its_place(name: str) -> None:
    (old, new), expected, told = MEANT[name]
    fragment = fragment_of(
        changed(f"agent_id:\n          {old}", f"agent_id:\n          {new}"), name
    )
    schemas = child(fragment.document, "components", "schemas")
    assert expected in str(schemas)
    assert "nullable" not in str(schemas)
    place = "components > schemas > RerunEvaluation > properties > agent_id"
    assert any(note.startswith(place) and told in note for note in fragment.notes)


def test_a_reference_in_an_example_is_a_value_and_one_at_a_path_is_none() -> None:
    example = "            example: {$ref: other.yaml, x: {$ref: '#/components/schemas/Gone'}}\n"
    text = changed(
        "            schema:\n              $ref",
        f"{example}            schema:\n              $ref",
    )
    text = text.replace(
        "/rerun_evaluation/:\n",
        "/rerun_evaluation/:\n    parameters: [{$ref: '#/components/parameters/Q'}]\n",
    ).replace(
        "  securitySchemes:",
        "  parameters:\n    Q: {name: q, in: query, schema: {type: string}}\n  securitySchemes:",
    )
    fragment = fragment_of(text, "x")
    assert child(fragment.document, "components", "parameters", "Q", "name") == "q"
    with pytest.raises(RefusedError, match=r"x: .* > parameters > 0 > \$ref: there is no .*/Q"):
        fragment_of(text.replace("    Q: {", "    R: {"), "x")


def test_line_ends_of_other_systems_in_json_are_normalized() -> None:
    document = parse_source(GOOD.encode(), "x", "x").document
    text = json.dumps(document).replace("Run it again.", "Run it\\r\\nagain\\u0085.")
    fragment = fragment_of(text, "x")
    assert "Run it\nagain\x85." in str(fragment.document["paths"]).encode().decode("unicode_escape")
    assert parse_document(fragment.text, "x") == fragment.document


def test_the_first_path_that_is_published_stands_and_another_is_told_of() -> None:
    later = GOOD.replace("/observability/v1/", "/observability/v2/")
    fragment = fragment_of(later, "x")
    assert fragment.notes == (
        f"{PATH} is not published there, {PATH.replace('v1', 'v2')} stands for it",
    )
    document = parse_source(GOOD.encode(), "x", "x").document
    both = parse_source(later.encode(), "x", "x").document
    document["paths"] = members(document, "paths") | members(both, "paths")
    fragment = fragment_of(json.dumps(document), "x")
    assert list(members(fragment.document, "paths")) == [PATH]
    assert fragment.notes == ()


def members(document: Document, name: str) -> Document:
    found = document[name]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("page", [True, False])
def test_a_schema_may_refer_to_itself(layout: Layout, tmp_path: Path, *, page: bool) -> None:
    text = changed(
        "        evaluation:\n",
        "        followed_by:\n          type: array\n          items:\n"
        "            $ref: '#/components/schemas/CallLogDetail'\n        evaluation:\n",
    )
    path = tmp_path / "recursive.md"
    path.write_text(markdown_page(text) if page else text, "utf-8")
    (layout.fragments / "evaluate-metrics.yaml").unlink()
    new = read_import([str(path)], layout, Downloads())
    write_import(new, layout, "2031-05-06")
    assert new.after is not None
    package = tmp_path / "package"
    entries = tuple(
        replace(entry, classes={}, required={})
        for entry in read_operations()
        if entry.name == "reevaluate-calls"
    )
    emit_package(new.after, entries, package)
    models = (package / "models.py").read_text("utf-8")
    assert "followed_by: list[CallLogDetail] | None = None" in models


def test_a_status_that_is_no_success_is_refused() -> None:
    with serving() as pages, pytest.raises(RefusedError) as refusal:
        Downloads()(f"{pages.url}/gone.md?key=secret")
    assert str(refusal.value) == f"{pages.url}/gone.md: found status 404: check the address"


@pytest.mark.parametrize(
    "script",
    [
        then_silence(),
        then_silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nopen"),
        dribble(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100, pieces=100, pause=0.05),
    ],
    ids=["before the reply", "in the reply", "in the head, piece by piece"],
)
def test_a_server_that_hangs_is_left_in_time(script: Script) -> None:
    with WireServer(script) as server:
        downloads = Downloads(seconds=0.3)
        with pytest.raises(RefusedError, match=r"no whole reply within 0\.3 s: try again later"):
            downloads(f"{server.url}/page.md")
        # The time is that of all downloads together.
        with pytest.raises(RefusedError, match=r"no whole reply within 0\.3 s"):
            downloads(f"{server.url}/page.md")


def test_the_time_that_downloads_have_is_less_than_half_a_minute() -> None:
    assert 10 < Downloads().seconds < 25


def test_a_redirect_to_another_scheme_is_not_followed() -> None:
    redirect = reply(302, b"", {"Location": "ftp://127.0.0.1/page.md"})
    with WireServer(redirect) as server, pytest.raises(RefusedError, match=r"away from https"):
        Downloads()(server.url)


def test_a_redirect_off_https_is_looked_at_before_it_is_followed() -> None:
    with WireServer(reply(200, b"a page")) as other:
        # The same machine by an address that is not its own loopback.
        elsewhere = other.url.replace("127.0.0.1", "0.0.0.0")  # noqa: S104  (nothing listens there)
        redirect = reply(302, b"", {"Location": f"{elsewhere}/page.md"})
        with WireServer(redirect) as server, pytest.raises(RefusedError, match=r"away from https"):
            Downloads()(f"{server.url}/page.md?key=secret")
        assert other.connections == 0


def test_redirects_are_followed_as_far_as_they_end() -> None:
    with WireServer(reply(200, b"a page")) as other:
        redirects = [reply(status, b"", {"Location": "/next"}) for status in (301, 307)]
        last = reply(308, b"", {"Location": f"{other.url}/page.md"})
        with WireServer(*redirects, last) as server:
            assert Downloads()(server.url) == b"a page"
        assert len(server.received) == 3
    with (
        WireServer(reply(302, b"", {"Location": "/again"})) as server,
        pytest.raises(RefusedError, match=r"redirected more than 10 times"),
    ):
        Downloads()(server.url)


def test_an_interrupted_command_ends_without_a_traceback_and_changes_nothing(
    layout: Layout, content_of: Content
) -> None:
    before = content_of(layout)
    with WireServer(then_silence()) as server:
        command = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "scripts.contract", "import", server.url],
            cwd=layout.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not server.received:
            assert command.poll() is None
        command.send_signal(signal.SIGTERM)
        told = command.communicate(timeout=LONGEST_SILENCE)
    assert (command.returncode, told) == (130, ("", "interrupted\n"))
    assert content_of(layout) == before
