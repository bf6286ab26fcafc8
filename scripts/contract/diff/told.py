"""Tell what a change of the contract breaks, as Markdown."""

import re

from scripts.contract.diff.changes import PROSE, Change, Group, contract_changes
from scripts.contract.step3_correct.expectations import without_prose
from scripts.tools.documents import Document, Json, shown
from scripts.tools.refusals import RefusedError

_WIDTH = 120
_LONG = 2000
_COPY = re.compile(r"[\w-]+\.(request|reply)\.\.")  # the names that each side's schemas have
_CONTEXT = 20


def told_changes(before: Document | None, after: Document) -> str:
    """Compare two contracts, and tell of it as Markdown.

    Args:
        before: The published contract as it was; null where there was none.
        after: The published contract as it is now.

    Returns:
        What has changed; or why nobody knows: a comparison that fails is no reason to stop.
    """
    if before is None:
        return "There is no contract yet to compare with."
    if before == after:
        return "The published contract is the same."
    try:
        return format_changes(contract_changes(before, after))
    except RefusedError as refusal:
        return (
            "The published contract has changed. What that breaks cannot be told, for lack of the "
            f"differ: {refusal}\nSee `git diff openapi`."
        )


def format_changes(changes: list[Change]) -> str:
    """Format changes as Markdown, grouped by whom they break and by operation."""
    if not changes:
        return "The published contract has changed in nothing but its layout."
    counts = [
        f"{sum(change.group is group for change in changes)} {group.value.lower()}"
        for group in Group
    ]
    lines = ["## What changed in the published contract", "", f"{', '.join(counts)}."]
    for group in Group:
        mine = [change for change in changes if change.group is group]
        lines += ["", f"### {group.value}: {len(mine) or 'nothing'}"]
        # The contract as a whole comes first.
        for operation in sorted({change.place.operation for change in mine}):
            lines += ["", f"{f'`{operation}`' if operation else 'All operations'}", ""]
            told = [_told(change) for change in mine if change.place.operation == operation]
            lines += [f"- {line}" for line in sorted(set(told))]
    return "\n".join(lines)


def _told(change: Change) -> str:
    place, word = str(change.place), change.word
    if word == "required":
        return f"{place}: {'required now' if change.new else 'no longer required'}"
    if word in PROSE and isinstance(change.old, str) and isinstance(change.new, str):
        old, new = _excerpts(change.old, change.new)
        return f"{place}: {word} {_code(old)} → {_code(new)}"
    about = f"{word} " if word else ""
    if change.old is None:
        return f"{place}: {about}added{_after(' ', change.new, word)}"
    if change.new is None:
        return f"{place}: {about}removed{_after(', was ', change.old, word)}"
    return f"{place}: {about}{_value(change.old, word)} → {_value(change.new, word)}"


def _after(joint: str, value: Json, word: str) -> str:
    return joint + _value(value, word) if value is not None else ""


def _value(value: Json, word: str) -> str:
    plain = value if word in PROSE else without_prose(value)
    if word == "type" and isinstance(plain, list):
        return _code(" | ".join(map(str, plain)))
    text = plain if isinstance(plain, str) and plain else _COPY.sub("", shown(plain, _LONG))
    return _code(_cut(text, 0))


def _excerpts(old: str, new: str) -> tuple[str, str]:
    """Cut out what differs, with a few words around it."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    start = max(0, start - _CONTEXT)
    return _cut(old, start), _cut(new, start)


def _cut(text: str, start: int) -> str:
    if not text:
        return '""'
    piece = " ".join(text[start : start + _WIDTH].split())
    return f"{'…' if start else ''}{piece}{'…' if start + _WIDTH < len(text) else ''}"


def _code(text: str) -> str:
    """Put text between as many backticks as it takes."""
    text = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {text} {ticks}" if longest else f"{ticks}{text}{ticks}"
