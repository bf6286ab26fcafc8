"""Find the fenced blocks of a Markdown page."""

import re
from dataclasses import dataclass

_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")


@dataclass(frozen=True)
class Fence:
    """One fenced block.

    Attributes:
        line: The number of its opening line; the first line of a page is 1.
        text: What stands between the fences.
        closed: Whether the closing fence is there.
    """

    line: int
    text: str
    closed: bool


def fences(page: str) -> list[Fence]:
    """Find the fenced blocks of a page, in their order."""
    found: list[Fence] = []
    fence, start, block = "", 0, list[str]()
    for number, line in enumerate(page.split("\n"), 1):
        if not fence:
            opening = _OPENING.match(line)
            if opening is not None:
                fence, start, block = opening["fence"], number, []
        elif _closes(line, fence):
            found.append(Fence(start, "".join(f"{text}\n" for text in block), closed=True))
            fence = ""
        else:
            block.append(line)
    if fence:
        found.append(Fence(start, "\n".join(block), closed=False))
    return found


def outside(page: str, blocks: list[Fence]) -> str:
    """Leave out the fenced blocks of a page."""
    lines = page.split("\n")
    for block in reversed(blocks):
        del lines[block.line - 1 : block.line + block.text.count("\n") + 1]
    return "\n".join(lines)


def _closes(line: str, fence: str) -> bool:
    text = line.strip(" \t")
    indented = len(line) - len(line.lstrip(" ")) > 3  # noqa: PLR2004 - Markdown's rule
    return not indented and len(text) >= len(fence) and set(text) == {fence[0]}
