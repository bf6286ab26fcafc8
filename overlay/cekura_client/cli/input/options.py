"""The arguments and options that commands share."""

from collections.abc import Callable
from typing import Annotated

import typer

from cekura_client.cli.input.formats import Format

DEFAULT_TIMEOUT = 3600.0  # seconds, for --wait
DEFAULT_MISSING_AFTER = 30.0  # seconds
_LONGEST = 30 * 86_400.0  # seconds; what the package takes

CallIds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[IDS]...",
        help="Ids of call logs, with spaces or commas between them; - reads standard input.",
        show_default=False,
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Read ids from a file, with spaces, commas or line ends between them; # begins a "
        "comment. May be given several times.",
        show_default=False,
    ),
]
CallIdsFrom = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="Read the platform's own ids of calls, one in each line, from a file or from standard "
        "input (-), and look them up among those of the agent or project. Where one is not found, "
        "nothing is sent. May be given several times.",
        show_default=False,
    ),
]
AgentId = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="ID",
        help="The agent, by its Cekura id.  [default: CEKURA_AGENT_ID]",
        show_default=False,
    ),
]
ProjectId = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="ID",
        help="The project.  [default: CEKURA_PROJECT_ID]",
        show_default=False,
    ),
]
RunsAgentId = Annotated[
    int | None,
    typer.Option(
        "--agent-id",
        min=1,
        metavar="ID",
        help="The agent, where the run named none.",
        show_default=False,
    ),
]
RunsProjectId = Annotated[
    int | None,
    typer.Option(
        "--project-id",
        min=1,
        metavar="ID",
        help="The project, where the run named none.",
        show_default=False,
    ),
]
AssistantId = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help="The agent, by its id at the platform it runs on.", show_default=False
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        metavar="IDS", help="Ids of the metrics, with commas between them.", show_default=False
    ),
]
MetricNames = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="NAME",
        help="A metric by its name, exactly as `metrics` lists it. May be given several times.",
        show_default=False,
    ),
]
AllCalls = Annotated[
    bool, typer.Option("--all", help="Every call that the agent ever had, in one request.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the results, and write them.")]
MissingAfter = Annotated[
    float,
    typer.Option(
        min=0,
        max=_LONGEST,
        metavar="SECONDS",
        help="How long --wait waits for metrics that a call has no result of, once the call is no "
        "longer being evaluated: some never give one.",
    ),
]
WaitIfBusy = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=_LONGEST,
        metavar="SECONDS",
        help="With --all: send the request again, for so long, while it is refused because a call "
        "is still being evaluated. Without --all such batches are sent again by themselves.",
        show_default=False,
    ),
]
RequestTimeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="How long the server may take to answer each request.  [default: 600 for what costs "
        "credits, 30 for all else]",
        show_default=False,
    ),
]
Timeout = Annotated[float, typer.Option(metavar="SECONDS", help="How long --wait may take.")]


def _format_of(*allowed: Format) -> Callable[[str], Format]:
    """Make what reads the name of a format."""

    def read(name: str) -> Format:
        if name in allowed:
            return Format(name)
        here = f"it is one of {', '.join(allowed)}"
        if name == Format.IDS:
            here = f"{here}; ids is for calls alone, since it tells no outcome"
        raise typer.BadParameter(f"{name!r} is no format: {here}.")

    return read


_TABLES = (Format.TABLE, Format.JSON, Format.JSONL, Format.CSV)
_OUTPUT = (
    "How results are written to standard output: by default a table on a terminal, and elsewhere "
    "jsonl, one JSON object in each line"
)
Output = Annotated[
    Format | None,
    typer.Option(
        "--output",
        "-o",
        metavar="[table|json|jsonl|csv]",
        help=f"{_OUTPUT}.",
        parser=_format_of(*_TABLES),
        show_default=False,
    ),
]
ListOutput = Annotated[
    Format | None,
    typer.Option(
        "--output",
        "-o",
        metavar="[table|json|jsonl|csv|ids]",
        parser=_format_of(*_TABLES, Format.IDS),
        help=f"{_OUTPUT}. ids, one in each line, is what other commands read.",
        show_default=False,
    ),
]
Raw = Annotated[
    bool,
    typer.Option(
        "--raw",
        help="Leave texts in csv as they are. Otherwise one that a spreadsheet would take for a "
        "formula gets an apostrophe before it.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask above 100 calls.")]
Journal = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="A file that keeps each call's state. Give it again, with the same command, to go on "
        "after a crash or Ctrl-C: only what certainly did not run is sent.",
        show_default=False,
    ),
]
RepeatUnknown = Annotated[
    list[str] | None,
    typer.Option(
        metavar="IDS",
        help="Calls that the journal holds as unknown, and that are sent, and maybe charged, "
        "again.",
        show_default=False,
    ),
]
JournalToReconcile = Annotated[
    str,
    typer.Option("--journal", metavar="PATH", help="The journal of a run.", show_default=False),
]
Grace = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        help="How long a request whose reply was lost may take to show; up to a day.",
    ),
]
MaxMetricRuns = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Refuse more metric runs than this, calls times metrics; nothing is sent then. With "
        "a journal, what it holds as accepted already does not count.",
        show_default=False,
    ),
]
MaxCredits = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="CREDITS",
        help="Refuse what may cost more than this, by the prices that the API tells, or has no "
        "price; nothing is sent then. With a journal, as above.",
        show_default=False,
    ),
]
MetricsAssigned = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="How many metrics are assigned to the agent: for --max-metric-runs, which else counts "
        "each call once, and for the price.",
        show_default=False,
    ),
]
_WHEN = (
    "a date, which begins at midnight UTC; a moment with its time zone; a time before now, such as "
    "24h, 7d or 2w; or yesterday"
)
Since = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        help=f"Calls from then on: {_WHEN}.  [default: 30 days before --until]",
        show_default=False,
    ),
]
FoundSince = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        help=f"How far back --call-ids-from looks: {_WHEN}.  [default: 30 days ago]",
        show_default=False,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        help="Calls before then, in the same way; a date's own day is not in it.  [default: now]",
        show_default=False,
    ),
]
Failed = Annotated[
    bool,
    typer.Option(
        "--failed",
        help="Only calls whose success is false, reviewed ones too; not those without a verdict. "
        "The API picks them out.",
    ),
]
Unreviewed = Annotated[
    bool,
    typer.Option(
        "--unreviewed",
        help="Only calls that nobody has reviewed: is_reviewed is false. The API documents no "
        "condition for it, so all others are read too and left out here.",
    ),
]
Condition = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="JSON",
        help="A condition in the API's words (filters_v2), such as "
        '\'{"field": "duration", "op": "gte", "value": 60}\'.',
        show_default=False,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="At most so many, the first that come.", show_default=False
    ),
]
BatchSize = Annotated[
    int, typer.Option(min=1, metavar="N", help="How many calls one request names.")
]
Concurrency = Annotated[
    int, typer.Option(min=1, max=1000, metavar="N", help="How many requests are in flight at once.")
]
Whole = Annotated[
    bool,
    typer.Option(
        "--whole",
        help="Write each call log as the API gives it, the transcript included, as JSON.",
    ),
]
Report = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="With --wait: read what the calls' results are first, by lists, at no cost, and write "
        "in the end what is different: a page (.html) or Markdown (.md).",
        show_default=False,
    ),
]
WithTranscripts = Annotated[
    bool,
    typer.Option("--with-transcripts", help="Show in the report what was said, and phone numbers."),
]
FailOnRegression = Annotated[
    bool,
    typer.Option("--fail-on-regression", help="Exit with 5 when a verdict went from pass to fail."),
]
OnlyFailed = Annotated[
    bool,
    typer.Option(
        "--only-failed",
        help="Write only results that failed. What became of a call that has none yet is told all "
        "the same.",
    ),
]
FailUnder = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="Exit with 4 when less than this share of the results that pass or fail has passed, "
        "such as 0.9, or when there are none.",
        show_default=False,
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where the API is.  [default: CEKURA_API_URL, else https://api.cekura.ai]",
        show_default=False,
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Tell of each wait for the rate limit.")
]
Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        help="Tell of each request: method, path, status, milliseconds and attempt; no secrets.",
    ),
]
