"""Writes `overlay/cekura_client/_sync/` from `_async/`: the same flows, without await.

Every line is taken as text, so that the examples in docstrings change with the code.
"""

import re
import subprocess
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parents[1] / "overlay" / "cekura_client"
_HEAD = "# Made from _async/{name} by `make generate`. Do not edit.\n"

# In this order. What differs by more than words stands in `_concurrency.py`, side by side.
_REPLACED = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r", for asyncio and trio", ""),
        (r" \| Async(Iterable|Iterator)\[(int|str)\]", ""),
        (r"\basync (def|for|with)\b", r"\1"),
        (r"\bawait ", ""),
        (r"\bAsync(?=[A-Z])", ""),
        (r"\bStopAsyncIteration\b", "StopIteration"),
        (r"\b_async\b", "_sync"),
        (r"\baclosing\b", "closing"),
        (r"\baclose\b", "close"),
        (r"\baiter(?=_raw\b|\()", "iter"),
        (r"\banext\(", "next("),
        (r"__a(enter|exit|iter|next)__", r"__\1__"),
        (r"\basynccontextmanager\b", "contextmanager"),
        (r"\basync_(?=[a-z])", ""),
    )
]


def made_sync(text: str, name: str) -> str:
    """Turn one file of `_async/` into its sync twin, unformatted.

    Example:
        >>> print(made_sync("async def f(c: AsyncCekura) -> None: await c.aclose()", "f.py"))
        # Made from _async/f.py by `make generate`. Do not edit.
        def f(c: Cekura) -> None: c.close()
    """
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    return _HEAD.format(name=name) + text


def main() -> None:
    """Write every file anew, and remove those that have no source any more."""
    source, target = _PACKAGE / "_async", _PACKAGE / "_sync"
    target.mkdir(exist_ok=True)
    names = {file.name for file in source.glob("*.py")}
    for file in target.glob("*.py"):
        if file.name not in names:
            file.unlink()
    for name in sorted(names):
        (target / name).write_text(made_sync((source / name).read_text(), name))
    # Names that became equal, and what is not needed without await.
    _ruff("check", "--fix", "--select=I,F401,F811", target)
    _ruff("format", target)


def _ruff(command: str, *arguments: str | Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, command, "--quiet", *arguments], check=True)  # noqa: S603  (ours)


if __name__ == "__main__":
    main()
