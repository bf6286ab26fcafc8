"""Completion in a shell: the right words, and nothing imported that takes long."""

import subprocess
import sys

import pytest

from tests.support.command import COMMAND, environment

HEAVY = {"httpx", "anyio", "rich", "cekura_api", "attrs", "msgspec", "sqlite3", "filelock"}
IMPORTED = """
import sys
import cekura_client.cli.app
print(*sys.modules)
"""


def completed(words: str) -> list[str]:
    """Complete the last of some words, as bash asks for it."""
    asked = {
        "_CEKURA_CLIENT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    ran = subprocess.run(  # noqa: S603  (our own command)
        COMMAND, env=environment(None, **asked), capture_output=True, text=True, check=True
    )
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cekura-client re", ["rerun", "retrieve", "reconcile", "report"]),
        ("cekura-client retrieve --fa", ["--fail-under"]),
        ("cekura-client evaluate 123 --only", ["--only-failed"]),
    ],
)
def test_words_are_completed(words: str, found: list[str]) -> None:
    assert completed(words) == found


def test_what_takes_long_is_not_imported_for_it() -> None:
    ran = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True
    )
    loaded = {*ran.stdout.split()}
    assert "cekura_client.cli.commands.evaluate" in loaded
    assert HEAVY & loaded == set()
    assert not [name for name in loaded if name.startswith("cekura_client.cli.tasks")]
    assert "cekura_client.errors" not in loaded
