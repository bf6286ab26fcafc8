"""What the vendor may publish tomorrow: an entry, an import and `generate`, and nothing else."""

import subprocess
import sys
from pathlib import Path

from scripts.contract.step1_import.importing import read_import, write_import
from scripts.contract.step4_generate.generating import generate
from scripts.tools.documents import Document, format_document, parse_document, read_document
from scripts.tools.downloads import Downloads
from scripts.tools.layout import Layout

ENTRIES = """
list-rows: {method: get, paths: [/rows/], required: {Row: [id]}}
change-row: {method: patch, paths: ['/rows/{id}/']}
delete-row: {method: delete, paths: ['/rows/{id}/']}
"""
# @ stands for the schemas; a field of a row is of each kind that a component may be.
PATHS = """
/rows/:
  get:
    operationId: list
    responses: {'200': {description: '', content: {application/json: {schema: {$ref: '@Page'}}}}}
/rows/{id}/:
  parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
  patch:
    operationId: change
    requestBody: {content: {application/json: {schema: {$ref: '@Change'}}}}
    responses: {'200': {description: '', content: {application/json: {schema: {$ref: '@Row'}}}}}
  delete: {operationId: delete, responses: {'204': {description: gone}}}
"""
SCHEMAS = """
Page:
  type: object
  properties: {count: {type: integer}, results: {type: array, items: {$ref: '@Row'}}}
Change: {type: object, properties: {name: {type: string}}}
Row:
  type: object
  properties:
    id: {type: integer}
    numbers: {$ref: '@Numbers'}
    rows: {$ref: '@Rows'}
    text: {$ref: '@Text'}
    union: {$ref: '@Union'}
    nullable: {$ref: '@Nullable'}
    enumeration: {$ref: '@Enumeration'}
Numbers: {type: array, items: {type: integer}}
Rows: {type: array, items: {$ref: '@Row'}}
Text: {type: string, maxLength: 9}
Union: {anyOf: [{$ref: '@Row'}, {type: string}, {type: 'null'}]}
Nullable: {type: [string, 'null'], enum: [a, b, null]}
Enumeration: {type: string, enum: [a, b]}
"""
PROGRAM = """
from cekura_api import operations
made = operations.change_row(id=1, name="n")
print(made.method, made.path, made.body)
made = operations.delete_row(id=2)
print(made.method, made.path, made.body, made.read(b""))
(row,) = operations.list_rows().read(b'{"count": 1, "results": [{"id": 3, "union": "x"}]}').results
print(row.id, row.union, row.rows)
"""


def parsed(text: str) -> Document:
    return parse_document(text.replace("'@", "'#/components/schemas/"), "new")


def source_of(layout: Layout) -> str:
    """A document of three operations that this project does not cover."""
    document = read_document(layout.fragments / "evaluate-metrics.yaml")
    document |= {"paths": parsed(PATHS), "components": {"schemas": parsed(SCHEMAS)}}
    return format_document(document)


def test_operations_are_added_by_an_entry_alone(layout: Layout, tmp_path: Path) -> None:
    layout.operations.write_text(layout.operations.read_text("utf-8") + ENTRIES, "utf-8")
    source = tmp_path / "rows.yaml"
    source.write_text(source_of(layout), "utf-8")
    names = ["list-rows", "change-row", "delete-row"]
    write_import(read_import([str(source)], layout, Downloads(), names), layout, "2031-05-06")
    generate(layout)
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-B", "-c", PROGRAM],
        cwd=layout.generated,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.stdout.splitlines()) == (
        "",
        ["PATCH /rows/1/ {'name': 'n'}", "DELETE /rows/2/ None None", "3 x None"],
    )
    models = (layout.generated / "cekura_api" / "models.py").read_text("utf-8")
    for declared in (
        *("id: int\n", "numbers: list[int] | None = None", "rows: list[Row] | None = None"),
        *("text: str | None = None", "union: Row | str | None = None"),
        *("nullable: str | None = None", "enumeration: str | None = None"),
    ):
        assert f"    {declared}" in models


def test_a_renamed_operation_id_changes_nothing(layout: Layout) -> None:
    before = (layout.generated / "cekura_api" / "operations.py").read_bytes()
    for name in ("evaluate-metrics", "reevaluate-calls"):
        file = layout.fragments / f"{name}.yaml"
        text = file.read_text("utf-8")
        assert "operationId: call-logs-" in text
        file.write_text(text.replace("operationId: call-logs-", "operationId: v9_"), "utf-8")
    changed, _ = generate(layout)
    assert changed == [layout.contract]
    assert (layout.generated / "cekura_api" / "operations.py").read_bytes() == before
