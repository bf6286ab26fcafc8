"""Writes a report: reads both sides, and lays out as HTML or Markdown what they come to."""

import base64
import hashlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from cekura_client import CallLog, CallLogSummary, InvalidRequestError
from cekura_client.comparison import Results, Side
from cekura_client.report.contents import (
    Account,
    CallFacts,
    Contents,
    contents_of,
    counted,
    facts_of,
)
from cekura_client.report.markdown import to_markdown

TITLE = "What the re-score changed"
_HTML = (".html", ".htm")
_MARKDOWN = (".md", ".markdown")


def write_report(
    after: Results,
    path: str | os.PathLike[str],
    *,
    before: Results | None = None,
    with_transcripts: bool = False,
    title: str = TITLE,
    metric_runs: int | None = None,
    credits_before: Decimal | float | None = None,
    credits_after: Decimal | float | None = None,
    unknown: Iterable[int] = (),
    notes: Iterable[str] = (),
) -> None:
    """Write a page that shows results, and what is different from earlier ones.

    Costs nothing; it reads what is there already. The HTML page stands alone: it loads nothing,
    and holds no script. What it shows of texts is their text, whatever is in them. Long tables
    are cut, with the number of what is not shown. Explanations are always shown, and may quote
    the call.

    Args:
        after: Any iterable of calls, of rows of `to_rows`, or the path of a file that the command
            line wrote. Only calls have recordings and transcripts.
        path: Where to write it: a name in `.html` makes a page for a browser, one in `.md`
            Markdown for a pull request. A file that is there is replaced.
        before: The same as `after`, of the earlier time. None: there is nothing to compare with.
        with_transcripts: Whether to show what was said, and the callers' phone numbers.
        title: The heading.
        metric_runs: How many metric runs it took, where you know.
        credits_before: The balance before the run, where you know.
        credits_after: The balance after it.
        unknown: Ids of calls that may have run and been charged, such as a report's `unknown`.
        notes: Sentences to show at the top.

    Raises:
        InvalidRequestError: A side is none of these, a file cannot be read as one of ours, or the
            path's suffix is another one.
        OSError: The page cannot be written.

    Example:
        >>> import tempfile
        >>> calls = list(cekura.call_logs.list(agent_id=224))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_report(calls, f"{folder}/report.html", before=calls)
    """
    checked_path(path)
    facts: dict[int | str, CallFacts] = {}

    def take(call: CallLog | CallLogSummary) -> None:
        facts[call.id] = facts_of(call, with_transcripts=with_transcripts)

    old = None if before is None else Side("before", before)
    new = Side("after", after, on_call=take)
    account = Account(
        metric_runs=metric_runs,
        credits_before=credits_before,
        credits_after=credits_after,
        unknown=[*unknown],
    )
    contents = contents_of(old, new, facts, account, notes, with_transcripts=with_transcripts)
    write_contents(contents, path, title)


def write_contents(contents: Contents, path: str | os.PathLike[str], title: str = TITLE) -> None:
    """Lay out what is shown, and write it."""
    target = Path(path)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lay_out = to_markdown if target.suffix.lower() in _MARKDOWN else _to_html
    # JSON may hold half a surrogate pair, which no file can take.
    target.write_bytes(lay_out(contents, title, made).encode("utf-8", "replace"))


def checked_path(path: str | os.PathLike[str]) -> Path:
    """Check that a report can be written there, before anything is paid for it.

    Raises:
        InvalidRequestError: Its suffix is none of ours, or there is no such folder.
    """
    target = Path(path)
    if target.suffix.lower() not in (*_HTML, *_MARKDOWN):
        raise InvalidRequestError(
            f"{target} ends neither in .html nor in .md: a report is a page or Markdown."
        )
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise InvalidRequestError(f"{target} cannot be written: there is no such folder.")
    return target


def _to_html(contents: Contents, title: str, made: str) -> str:
    here = files("cekura_client.report")
    style = here.joinpath("page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(here.joinpath("page.html.j2").read_text("utf-8"))
    return template.render(
        page=contents,
        title=title,
        made=made,
        style=style,
        style_hash=f"sha256-{digest}",
        counted=counted,
    )
