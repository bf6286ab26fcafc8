"""What the vendor may publish tomorrow is generated: new components, operations, other ids."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.contract.emit import emit_package
from scripts.contract.operations import Operation
from scripts.contract.validity import require_openapi
from scripts.tools.documents import parse_document

PARTS = {
    "array": "{type: array, items: {type: integer}}",
    "array of rows": "{type: array, items: {$ref: '#/components/schemas/Row'}}",
    "text": "{type: string, maxLength: 9}",
    "union": "{anyOf: [{$ref: '#/components/schemas/Row'}, {type: string}, {type: 'null'}]}",
    "nullable enumeration": "{type: [string, 'null'], enum: [a, b, null]}",
    "enumeration": "{type: string, enum: [a, b]}",
}


def contract(part: str = "{type: string}", operation_id: str = "one") -> Any:
    schema = "{$ref: '#/components/schemas/%s'}"
    reply = f"{{description: '', content: {{application/json: {{schema: {schema}}}}}}}"
    by_id = "{name: id, in: path, required: true, schema: {type: integer}}"
    text = f"""
    openapi: 3.1.0
    info: {{title: T, version: v1}}
    paths:
      /rows/:
        get:
          operationId: {operation_id}
          responses: {{'200': {reply % "Page"}}}
      /rows/{{id}}/:
        parameters: [{by_id}]
        patch:
          operationId: two
          requestBody:
            content: {{application/json: {{schema: {{$ref: '#/components/schemas/Change'}}}}}}
          responses: {{'200': {reply % "Row"}}}
        delete:
          operationId: three
          responses: {{'204': {{description: gone}}}}
    components:
      schemas:
        Part: {part}
        Change: {{type: object, properties: {{name: {{type: string}}}}}}
        Page:
          type: object
          required: [count, results]
          properties:
            count: {{type: integer}}
            next: {{type: [string, 'null']}}
            results: {{type: array, items: {{$ref: '#/components/schemas/Row'}}}}
        Row:
          type: object
          properties: {{id: {{type: integer}}, part: {{$ref: '#/components/schemas/Part'}}}}
    """
    document = parse_document(text, "contract")
    require_openapi(document, "contract")
    return document


def entry(name: str, method: str, path: str) -> Operation:
    return Operation(name, method, (path,), "", costs_credits=False, classes={}, required={})


ENTRIES = [
    entry("list-rows", "get", "/rows/"),
    entry("change-row", "patch", "/rows/{id}/"),
    entry("delete-row", "delete", "/rows/{id}/"),
]


def emitted(document: Any, package: Path) -> dict[str, str]:
    emit_package(document, ENTRIES, package)
    return {file.name: file.read_text("utf-8") for file in package.glob("*.py")}


@pytest.mark.parametrize("name", PARTS)
def test_a_new_component_of_any_shape_is_generated_and_imports(name: str, tmp_path: Path) -> None:
    emitted(contract(PARTS[name]), tmp_path / "made")
    code = (
        "from made.operations import change_row, delete_row, list_rows\n"
        "change, delete = change_row(id=1, name='n'), delete_row(id=2)\n"
        "print(change.method, change.path, change.body)\n"
        "print(delete.method, delete.path, delete.body, delete.read(b''))\n"
        'print(list_rows().read(b\'{"count": 1, "results": [{"id": 3}]}\').results[0].id)\n'
    )
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "PATCH /rows/1/ {'name': 'n'}",
        "DELETE /rows/2/ None None",
        "3",
    ]


def test_a_renamed_operation_id_changes_nothing(tmp_path: Path) -> None:
    before = emitted(contract(operation_id="one"), tmp_path / "before")
    assert emitted(contract(operation_id="v9_other"), tmp_path / "after") == before
