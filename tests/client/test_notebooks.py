"""What a notebook shows of what the client returns: tables, in which every text is text."""

from typing import Any

import pytest
from cekura_client import BatchReport, CallLog, CallLogSummary, CekuraError, compare

BAD = "<img src=x onerror=alert(1)>"


def shown(thing: Any) -> str:
    text: str = thing._repr_html_()
    assert "<table>" in text
    return text


@pytest.mark.parametrize("model", [CallLog, CallLogSummary])
def test_a_call_is_a_table(model: Any) -> None:
    said = {"transcript": "my secret", "customer_number": "+15550142", "feedback": "my secret"}
    text = shown(model.from_dict({"id": 7, "call_id": BAD, "status": "success"} | said))
    assert "<th>id</th><td>7</td>" in text
    assert "&#x27;success&#x27;" in text
    assert "<img" not in text
    assert "my secret" not in text
    assert "+1555" not in text


def test_a_comparison_is_a_table() -> None:
    row = {"call_log_id": 1, "metric_id": 1, "metric_name": BAD}
    text = shown(compare([row | {"passed": True}], [row | {"passed": False}]))
    assert "0 fail → pass, 1 pass → fail" in text
    assert "<td>100.0%</td><td>0.0%</td><td>1 → 1</td><td>1</td><td>0</td><td>1</td>" in text
    assert "<img" not in text
    assert "There are no results before." in shown(compare([], []))


def test_a_batch_report_is_a_table() -> None:
    report = BatchReport(succeeded=[1, 2], unknown={3: CekuraError("lost", may_have_run=True)})
    text = shown(report)
    assert "<th>succeeded</th><td>2</td>" in text
    assert "<th>unknown: may have run and been charged</th><td>1</td>" in text
