"""`projects`: lists projects."""

from cekura_client.cli.output.tables import Heading, text_of

FIELDS = ("id", "name", "sample_rate")
HEADINGS = (
    Heading("project", text_of("id"), is_number=True),
    Heading("name", text_of("name")),
)
