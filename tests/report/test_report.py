"""What a report says, as HTML and as Markdown."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cekura_client import InvalidRequestError, compare, to_rows
from cekura_client.report import write_report

from tests.report.sides import (
    FAILED,
    HOSTILE,
    NUMBER,
    PASSED,
    POLITE,
    after,
    before,
    call,
    hostile,
    polite,
)


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., str]:
    def written(after: Any, *, suffix: str = ".html", **options: Any) -> str:
        page = tmp_path / f"report{suffix}"
        write_report(after, page, **options)
        return page.read_text("utf-8")

    return written


def shown(page: str) -> str:
    """The text of a page, without its tags, in one line."""
    body = page.rsplit("<body>", maxsplit=1)[-1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_the_figures_are_those_of_the_comparison(report: Callable[..., str]) -> None:
    text = shown(
        report(after(), before=before(), metric_runs=60, credits_before=100, credits_after=88.4)
    )
    assert "Calls 20 20 before" in text
    assert "Metric runs 60" in text
    assert "Credits 100 → 88.4 \N{MINUS SIGN}11.6" in text
    assert "Pass → fail 1 Fail → pass 1 Unknown 0" in text
    assert "Polite 1 no change before 95.0% after 95.0% n 20 → 20 · n/a 0 → 0" in text
    assert "1 pass → fail , 1 fail → pass : chance may explain it (p = 1)" in text
    assert "mean 1.5 → 1.525" in text
    assert "billing 20 → 19 refund 0 → 1" in text
    assert "Changed otherwise: 2" in text
    assert "Nobody knows" not in text


def test_a_flip_shows_both_explanations_side_by_side(report: Callable[..., str]) -> None:
    text = shown(report(after(), before=before()))
    flip = text[text.index("Pass → fail : 1") : text.index("Fail → pass : 1")]
    assert "Polite pass → FAIL call 1 platform-1 recording" in flip
    assert "before: pass Was kind. after: FAIL Rude at 01:05." in flip


def test_what_was_said_is_shown_only_where_asked_for(report: Callable[..., str]) -> None:
    silent = report(after(), before=before())
    assert "555-0199" not in silent
    assert NUMBER not in silent
    assert "Transcripts and phone numbers are left out." in silent
    page = report(after(), before=before(), with_transcripts=True)
    flips = shown(page.split('id="flips"')[1].split('id="failing"')[0])
    # The turn that the explanation names, and no other one.
    assert "01:05 Testing Agent My number is 555-0199, and ? that is half of something" in flips
    assert "Good morning." not in flips
    failing = shown(page.split('id="failing"')[1])
    assert "Polite: 1 call" in failing
    assert NUMBER in failing
    assert "Transcript 00:01 Main Agent Good morning. 01:05 Testing Agent My number" in failing


def test_a_transcript_comes_once(report: Callable[..., str]) -> None:
    calls = [call(1, polite(FAILED), polite(FAILED) | {"id": 9})]
    failing = shown(report(calls, with_transcripts=True).split('id="failing"')[1])
    assert failing.count("Good morning.") == 1
    assert failing.count("The transcript is further up.") == 1


def test_there_may_be_nothing_to_compare_with(report: Callable[..., str]) -> None:
    text = shown(report(after()))
    assert "Polite 1 pass 95.0% n 20 · n/a 0" in text
    assert "before" not in text
    assert "flip" not in text.lower()


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_what_is_unknown_is_told(report: Callable[..., str], suffix: str) -> None:
    unknown = range(1000, 1030)
    page = report([], before=[], unknown=unknown, notes=["A *note*."], suffix=suffix)
    assert "1000, 1001" in page
    assert "1019 and 10 more" in page
    assert "There are no results before." in page
    assert ("A \\*note\\*." if suffix == ".md" else "A *note*.") in page


def test_a_file_tells_what_is_unknown(report: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "after.jsonl"
    rows = [*to_rows(after()), {"call_log_id": 99, "outcome": "unknown", "reason": "a timeout"}]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert compare(before(), file).unknown == [99]
    text = shown(report(file, before=before()))
    assert "may have run and been charged: 99" in text
    assert "Pass → fail 1 Fail → pass 1 Unknown 1" in text


@pytest.mark.parametrize("hidden", ["<img", "<script", 'href="javascript', 'href="https://x/"'])
def test_hostile_text_is_text(report: Callable[..., str], hidden: str) -> None:
    page = report(hostile(), before=hostile(), title=HOSTILE, notes=[HOSTILE])
    assert hidden not in page
    assert "{{ 7 * 7 }}" in page
    assert "recording: javascript:document.title=" in shown(page)


def test_hostile_text_is_text_in_markdown(report: Callable[..., str]) -> None:
    name = "| @someone #12 [x](javascript:alert(1)) `a` \n# b <img src=x>"
    calls = [call(1, polite(FAILED, name=name), voice_recording_url="https://x/|>y")]
    text = report(calls, suffix=".md")
    line = next(line for line in text.splitlines() if "someone" in line)
    assert re.sub(r"\\.", "", line).count("|") == 5
    assert not re.search(r"(?<!\\)[<`\[](?!!-- -->)", line)
    assert "@<!-- -->someone #<!-- -->12" in line
    assert "https" not in text


def test_markdown_says_the_same(report: Callable[..., str]) -> None:
    text = report(after(), before=before(), credits_before=100, suffix=".md")
    assert "| Polite (1) | 95.0% | 95.0% | no change | 20 → 20 | 0 → 0 |" in text
    assert "1 worse, 1 better | 1, may be chance |" in text
    assert "| Topic (3) | billing 100.0%, refund 0.0% | billing 95.0%, refund 5.0% |" in text
    assert "## Pass → fail: 1" in text
    assert "[1](<https://example.com/1.mp3>) | Polite | **pass** Was kind. | **FAIL** Rude" in text
    assert "- Polite (1): [1](<https://example.com/1.mp3>)" in text


def test_long_tables_are_cut_and_say_so(report: Callable[..., str]) -> None:
    many = range(1, 1001)
    passing = [call(n, polite(PASSED)) for n in many]
    failing = [call(n, polite(FAILED, explanation=["x" * 5000])) for n in many]
    text = shown(report(failing, before=passing))
    assert "Pass → fail : 1,000" in text
    assert "800 more not shown." in text
    assert "Polite: 1,000 calls" in text
    assert "950 more not shown." in text
    assert "… (3,500 characters more)" in text


@pytest.mark.parametrize("score", [float("inf"), 1e308, -1e308, 5e-324, 0.0])
def test_any_score_can_be_drawn(report: Callable[..., str], score: float) -> None:
    rows = [
        {"call_log_id": n, "metric_id": 1, "score": each}
        for n, each in enumerate([score, 0.0, -1.5, 1e308], 1)
    ]
    text = shown(report(rows, before=rows[:1]))
    assert "Metric 1" in text
    assert "n 1 → 4" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [("report.pdf", "neither in .html nor in .md"), ("none/report.html", "no such folder")],
)
def test_a_path_that_cannot_be_is_refused(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        write_report([], tmp_path / name)


@pytest.mark.slow
def test_ten_thousand_calls(tmp_path: Path) -> None:
    said = [{"role": "Main Agent", "content": "&" * 200, "start_time": n} for n in range(50)]
    sides = [
        [
            call(
                n,
                *(polite((n + each + side) % 3 > 0, explanation=["<" * 900]) | {"id": each}
                  for each in range(POLITE, POLITE + 4)),
                transcript_object=said,
            )
            for n in range(1, 10_001)
        ]
        for side in (0, 1)
    ]  # fmt: skip
    page = tmp_path / "report.html"
    start = time.perf_counter()
    write_report(sides[1], page, before=sides[0], with_transcripts=True)
    assert time.perf_counter() - start < 10
    assert page.stat().st_size < 20_000_000
    assert "more not shown." in page.read_text("utf-8")
