"""What a re-score changed: `compare`, `report`, and `--report` of what sends."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cekura_client import (
    BatchReport,
    Cekura,
    CekuraError,
    Comparison,
    IncompleteBatchesError,
    compare,
    to_rows,
)
from cekura_client.cli.exit_codes import ExitCode
from cekura_client.cli.summary import RunSummary
from cekura_client.comparison import ChangeKind
from cekura_client.sandbox import Sandbox

from tests.report.sides import after, before
from tests.support.command import KEY, Words, run_here

EVALUATE: Words = ("evaluate", "--agent-id", 224, "--metrics", "789,790", "--wait")
RERUN: Words = ("rerun", "--agent-id", 2142, "--wait")


@pytest.fixture
def drifting() -> Iterator[Sandbox]:
    with Sandbox(calls=80, evaluation_seconds=0, api_key=KEY, drift=0.3) as sandbox:
        yield sandbox


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    sides = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    for file, calls in zip(sides, (before(), after()), strict=True):
        file.write_text("".join(f"{json.dumps(row)}\n" for row in to_rows(calls)))
    return sides


def shown(page: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.read_text().split("<body>")[-1]))


def test_a_table_has_each_metric_and_each_flip(files: tuple[Path, Path]) -> None:
    ran = run_here("compare", *files, "--output", "table", COLUMNS="120")
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "95.0% 95.0% 20→20 0→0 1 1 1 Polite" in lines
    assert "1.5 1.525 20→20 0→0 Empathy" in lines
    assert "1 values 2 values 20→20 0→0 Topic" in lines
    assert "1 pass→FAIL Polite" in lines
    assert "2 FAIL→pass Polite" in lines
    assert "1 fail → pass, 1 pass → fail, 2 changed otherwise" in ran.err


def test_elsewhere_each_change_is_a_record(files: tuple[Path, Path]) -> None:
    ran = run_here("compare", *files)
    assert ran.records == compare(*files).to_rows()
    assert [record["change"] for record in ran.records].count("pass_to_fail") == 1


def test_a_regression_fails_where_asked(files: tuple[Path, Path]) -> None:
    assert run_here("compare", *files, "--fail-on-regression").code == 5
    assert run_here("compare", files[0], files[0], "--fail-on-regression").code == 0
    # What may have been charged comes before it.
    with files[1].open("a") as file:
        file.write('{"call_log_id": 99, "outcome": "unknown", "reason": "a timeout"}\n')
    ran = run_here("compare", *files, "--fail-on-regression")
    assert ran.code == ExitCode.UNKNOWN
    assert "may have run and been charged" in ran.err
    assert run_here("compare", *files).code == 0


def test_what_is_no_file_of_ours_is_bad_usage(tmp_path: Path) -> None:
    assert run_here("compare", tmp_path / "none.jsonl", tmp_path / "none.jsonl").code == 2


def test_a_report_of_two_files(files: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    ran = run_here("report", "--before", files[0], "--after", files[1], "-o", page)
    assert (ran.code, ran.out) == (0, "")
    assert "Pass → fail 1 Fail → pass 1 Unknown 0" in shown(page)
    assert run_here("report", "--after", files[1], "-o", tmp_path / "r.pdf").code == 2


def test_whole_calls_have_their_recordings(
    sandbox: Sandbox, calls: list[int], tmp_path: Path
) -> None:
    ran = run_here("retrieve", *calls[:20], "--whole", "--output", "jsonl", server=sandbox)
    file, page = tmp_path / "calls.jsonl", tmp_path / "r.html"
    file.write_text(ran.out)
    assert run_here("report", "--after", file, "-o", page, "--with-transcripts").code == 0
    assert "https://storage.example.com/recordings/" in page.read_text()
    assert "Brightway Energy, how can I help you today?" in page.read_text()


def flips_of(sandbox: Sandbox) -> set[tuple[int, int, bool]]:
    return {(flip.call_log_id, flip.metric_id, flip.passed) for flip in sandbox.flips}


@pytest.mark.parametrize("words", [(*RERUN, "--all"), (*EVALUATE, "-")])
def test_the_flips_are_those_of_the_sandbox(
    words: Words, drifting: Sandbox, tmp_path: Path
) -> None:
    ids = "\n".join(str(call.id) for call in drifting.call_logs if call.agent_id == 224)
    page = tmp_path / "r.md"
    ran = run_here(*words, "--report", page, server=drifting, typed=ids)
    assert ran.code == 0
    flips = flips_of(drifting)
    assert len(flips) > 5
    text = page.read_text()
    for passed, title in ((False, "Pass → fail"), (True, "Fail → pass")):
        told = text.split(f"## {title}: ")[1].split("\n## ")[0]
        turned = {(call, metric) for call, metric, now in flips if now is passed}
        assert told.startswith(f"{len(turned)}\n")
        assert {int(call) for call in re.findall(r"^\| \[(\d+)\]", told, re.MULTILINE)} == {
            call for call, _ in turned
        }
    worse = sum(not passed for _, _, passed in flips)
    assert f"{len(flips) - worse} fail → pass, {worse} pass → fail" in ran.err
    assert f"{drifting.credits:g}**" in text
    assert "1,000 → " in text


def test_a_run_that_makes_something_worse_can_fail(drifting: Sandbox) -> None:
    ids = [call.id for call in drifting.call_logs if call.agent_id == 224]
    words = (*EVALUATE, *ids, "--fail-on-regression")
    ran = run_here(*words, server=drifting)
    assert any(not passed for _, _, passed in flips_of(drifting))
    assert ran.code == ExitCode.REGRESSED
    assert len({record["call_log_id"] for record in ran.records}) == len(ids)


def test_without_a_flip_nothing_fails(sandbox: Sandbox, calls: list[int]) -> None:
    ran = run_here(*EVALUATE, *calls[:10], "--fail-on-regression", server=sandbox)
    assert ran.code == 0
    assert "0 fail → pass, 0 pass → fail, 0 changed otherwise" in ran.err


def test_what_is_unknown_comes_before_a_regression() -> None:
    comparison = compare(
        [{"call_log_id": 1, "metric_id": 1, "passed": True}],
        [{"call_log_id": 1, "metric_id": 1, "passed": False}],
    )
    assert [change.kind for change in comparison.flips] == [ChangeKind.PASS_TO_FAIL]

    def code(report: BatchReport, compared: Comparison = comparison) -> ExitCode:
        return RunSummary(
            report=report,
            waited=None,
            interrupted=False,
            notes=(),
            output_problem=None,
            journal=None,
            comparison=compared,
            fails_on_regression=True,
        ).exit_code

    assert code(BatchReport(unknown={1: CekuraError("lost", may_have_run=True)})) == 3
    assert code(BatchReport(not_sent=[1])) == 5
    assert code(BatchReport(not_sent=[1]), Comparison()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*EVALUATE[:-1], 123, "--report", "r.html"), "they take --wait"),
        ((*EVALUATE[:-1], 123, "--fail-on-regression"), "they take --wait"),
        ((*EVALUATE, 123, "--with-transcripts"), "--with-transcripts goes with --report"),
        ((*EVALUATE, 123, "--report", "r.pdf"), "neither in .html nor in .md"),
        ((*EVALUATE, 123, "--report", "no-such-folder/r.html"), "no such folder"),
        (
            ("rerun", "--assistant-id", "2143", "--all", "--wait", "--report", "r.html"),
            "which take --agent-id",
        ),
    ],
)
def test_what_cannot_be_reported_is_told_before_anything_is_sent(
    words: Words, said: str, sandbox: Sandbox
) -> None:
    ran = run_here(*words, server=sandbox)
    assert ran.code == 2
    assert said in ran.err
    assert sandbox.requests == 0


def test_what_an_earlier_process_has_sent_is_not_compared(
    drifting: Sandbox, tmp_path: Path
) -> None:
    ids = [call.id for call in drifting.call_logs if call.agent_id == 224]
    journal, page = tmp_path / "run.db", tmp_path / "r.html"

    def end(_: object) -> None:
        raise RuntimeError("the process ends here")

    with (
        Cekura(KEY, base_url=drifting.url) as cekura,
        pytest.raises(IncompleteBatchesError),
    ):
        cekura.call_logs.evaluate_metrics_in_batches(
            agent_id=224,
            call_logs=ids,
            metrics=[789, 790],
            batch_size=20,
            max_concurrency=1,
            journal=journal,
            on_reply=end,
        )
    assert drifting.metric_runs == 40
    earlier = flips_of(drifting)
    words = (*EVALUATE, *ids, "--journal", journal, "--report", page, "--yes")
    ran = run_here(*words, server=drifting)
    assert ran.code == 0
    later = flips_of(drifting) - earlier
    worse = sum(not passed for _, _, passed in later)
    assert f"Compared with before: {len(later) - worse} fail → pass, {worse} pass → fail" in ran.err
    assert "20 calls of an earlier run with this journal left out" in shown(page)
    assert f"Metric runs {2 * (len(ids) - 20)}" in shown(page)


def test_calls_of_long_ago_are_found(sandbox: Sandbox) -> None:
    oldest = [call.id for call in sandbox.call_logs if call.agent_id == 224 and call.is_reviewed]
    ran = run_here(*EVALUATE, *oldest[:3], "--fail-on-regression", server=sandbox)
    # They were reviewed, so they have results of every metric already.
    assert "0 appeared, 0 disappeared, 6 unchanged" in ran.err
