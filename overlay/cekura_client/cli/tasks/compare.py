"""`compare`: tells what is different between two files of results. Costs nothing."""

from functools import partial

from cekura_client import Comparison
from cekura_client.cli.input.formats import Format
from cekura_client.cli.output.records import Record
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.tables import Heading, RowTableWriter, text_of
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings
from cekura_client.comparison import ChangeRow, MetricSummary

_FIELDS = tuple(ChangeRow.__annotations__)
_METRIC_HEADINGS = (
    Heading("before", text_of("before"), is_number=True),
    Heading("after", text_of("after"), is_number=True),
    Heading("n", text_of("n"), is_number=True),
    Heading("n/a", text_of("n/a"), is_number=True),
    Heading("pass→FAIL", text_of("worse"), is_number=True),
    Heading("FAIL→pass", text_of("better"), is_number=True),
    Heading("p", text_of("p"), is_number=True),
    Heading("metric", text_of("metric")),
)
_FLIP_HEADINGS = (
    Heading("call", text_of("call"), is_number=True),
    Heading("change", text_of("change")),
    Heading("metric", text_of("metric")),
)


def write_comparison(
    comparison: Comparison, settings: Settings, terminal: Terminal
) -> OSError | None:
    """Write what is different, and tell why it could not be written."""
    output = Output(
        terminal, settings, _FIELDS, table=partial(RowTableWriter, headings=_METRIC_HEADINGS)
    )
    if output.format is not Format.TABLE:
        output.write(dict(row) for row in comparison.to_rows())
        output.end()
        return output.problem
    output.write(_metric_records(comparison))
    output.end()
    flips = Output(
        terminal, settings, _FIELDS, table=partial(RowTableWriter, headings=_FLIP_HEADINGS)
    )
    flips.write(_flip_records(comparison))
    flips.end()
    return output.problem or flips.problem


def _metric_records(comparison: Comparison) -> list[Record]:
    records: list[Record] = []
    for metric in comparison.by_metric.values():
        before, after = metric.before, metric.after
        flips = metric.pass_to_fail or metric.fail_to_pass
        records.append(
            {
                "before": _figure(before),
                "after": _figure(after),
                "n": f"{before.n}→{after.n}",
                "n/a": f"{before.not_applicable}→{after.not_applicable}",
                "worse": metric.pass_to_fail or "",
                "better": metric.fail_to_pass or "",
                "p": f"{metric.p_value:.2g}" if flips else "",
                "metric": metric.metric_name or f"metric {metric.metric_id}",
            }
        )
    return records


def _figure(summary: MetricSummary) -> str:
    """A pass rate, or else a mean, or else how many values there are."""
    if summary.pass_rate is not None:
        return f"{summary.pass_rate:.1%}"
    if summary.mean_score is not None:
        return f"{summary.mean_score:.4g}"
    return f"{len(summary.values)} values" if summary.values else ""


def _flip_records(comparison: Comparison) -> list[Record]:
    records: list[Record] = []
    for change in comparison.flips:
        row = change.to_row()
        records.append(
            {
                "call": row["call_log_id"] or row["call_id"],
                "change": "pass→FAIL" if row["passed_before"] else "FAIL→pass",
                "metric": row["metric_name"] or f"metric {row['metric_id']}",
            }
        )
    return records
