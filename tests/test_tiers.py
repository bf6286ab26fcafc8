"""Every test is in a tier: `make test-all` leaves out nothing but what talks to the real API."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
SOURCES = {file: file.read_text("utf-8") for file in TESTS.rglob("*.py")}


def test_what_is_live_is_in_its_folder() -> None:
    mark = re.compile(r"\bmark\.live\b")
    assert {file.parent for file, text in SOURCES.items() if mark.search(text)} == {TESTS / "live"}


def test_every_test_is_in_a_file_that_pytest_looks_into() -> None:
    function = re.compile(r"^ *(async )?def test_", re.MULTILINE)
    lost = {file for file, text in SOURCES.items() if function.search(text)}
    assert [file for file in lost if not file.name.startswith("test_")] == []
