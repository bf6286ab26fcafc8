"""`agents`: lists agents."""

from cekura_client.cli.output.tables import Heading, text_of

FIELDS = ("id", "agent_name", "project", "inbound", "language")
HEADINGS = (
    Heading("agent", text_of("id"), is_number=True),
    Heading("project", text_of("project"), is_number=True),
    Heading("language", text_of("language")),
    Heading("name", text_of("agent_name")),
)
