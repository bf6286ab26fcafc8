"""`metrics`: lists metrics, with their prices."""

from cekura_client.cli.output.records import Record
from cekura_client.cli.output.tables import Heading, text_of

FIELDS = (
    *("id", "name", "slug", "type", "eval_type", "metric_cost"),
    *("observability_enabled", "sampling_enabled", "evaluation_trigger", "project"),
)


def _runs_by_itself(record: Record) -> str:
    enabled = record["observability_enabled"]
    return "" if enabled is None else "yes" if enabled else "no"


HEADINGS = (
    Heading("metric", text_of("id"), is_number=True),
    Heading("result", text_of("eval_type")),
    Heading("credits", text_of("metric_cost"), is_number=True),
    Heading("runs by itself", _runs_by_itself),
    Heading("name", text_of("name")),
)
