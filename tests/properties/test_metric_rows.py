"""Rows of any call that the contract allows: the same keys, plain values, a whole CSV file."""

import csv
import io
import json
from typing import Any, cast, get_args, get_type_hints

import pytest
from cekura_api.reading import one
from cekura_client import METRIC_ROW_FIELDS, CallLog, CallLogSummary, MetricRow, to_rows
from hypothesis import given
from hypothesis import strategies as st

from scripts.tools.documents import Document
from tests.properties.bodies import encoded
from tests.properties.budget import examples
from tests.properties.contracts import corrected
from tests.properties.schema_values import SchemaValues

TYPES: dict[str, Any] = {
    name: get_args(kind) or (kind,) for name, kind in get_type_hints(MetricRow).items()
}


def schema(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("model", "call_schema", "metric_schema"),
    [
        (CallLog, "CallLogDetail", "CallLogListSerializerMetricsWithExplanation"),
        (CallLogSummary, "CallLogList", "CallLogListSerializerMetrics"),
    ],
)
def test_rows_of_any_call(
    model: type[CallLog] | type[CallLogSummary], call_schema: str, metric_schema: str
) -> None:
    values = SchemaValues(corrected())
    read = one(CallLog.from_dict) if model is CallLog else one(CallLogSummary.from_dict)

    @examples(100, 400)
    @given(values.of(schema(call_schema)), st.lists(values.of(schema(metric_schema)), max_size=3))
    def check(body: Any, metrics: list[Any]) -> None:
        if model is CallLog:
            body["evaluation"] = {"metrics": metrics}
        else:
            body |= {"metrics": metrics, "evaluation": None}
        rows = to_rows([read(encoded(body))])
        assert [row["metric_id"] for row in rows] == [metric["id"] for metric in metrics] or [None]
        for row in rows:
            assert row["call_id"] == body["call_id"]
            assert tuple(row) == METRIC_ROW_FIELDS
            for name, value in row.items():
                # Not `isinstance`: a boolean is no number, nor is a member of an enumeration text.
                assert type(value) in TYPES[name], name
        assert json.loads(json.dumps(rows)) == rows
        text = io.StringIO(newline="")
        csv.DictWriter(text, fieldnames=METRIC_ROW_FIELDS).writerows(rows)
        text.seek(0)
        assert [*csv.DictReader(text, fieldnames=METRIC_ROW_FIELDS)] == [
            {name: "" if value is None else str(value) for name, value in row.items()}
            for row in cast("list[dict[str, object]]", rows)
        ]

    check()
