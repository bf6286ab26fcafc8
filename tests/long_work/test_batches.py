"""Runs in batches against the sandbox: what is charged, counted and handed over."""

from pathlib import Path

import pytest
from cekura_client import (
    BatchProgress,
    CallLogSummary,
    IncompleteBatchesError,
    SpendLimitError,
)
from cekura_client.sandbox import Sandbox

from tests.support.twins import Twin


def test_replies_and_progress_are_handed_over(twin: Twin) -> None:
    rows: list[CallLogSummary] = []
    seen: list[BatchProgress] = []
    with (
        Sandbox(evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        report = calls.evaluate_metrics_in_batches(
            agent_id=224,
            metrics=[789, 790],
            call_logs=[123, 456, 998, 999],
            batch_size=2,
            on_reply=rows.extend,
            on_progress=seen.append,
        )
        assert sandbox.metric_runs == 4
    assert sorted(row.id for row in rows if isinstance(row.id, int)) == [123, 456]
    assert report.succeeded == [123, 456]
    assert list(report.refused) == [998, 999]
    assert seen[0] == BatchProgress(total=4)
    assert seen[-1] == BatchProgress(succeeded=2, refused=2, total=4)
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)


def test_what_a_journal_holds_counts(twin: Twin, tmp_path: Path) -> None:
    with (
        Sandbox(evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):

        def run(ids: list[int], limit: int) -> object:
            return calls.evaluate_metrics_in_batches(
                agent_id=224,
                metrics=[789],
                call_logs=iter(ids),
                journal=tmp_path / "run.db",
                batch_size=1,
                max_concurrency=1,
                max_metric_runs=limit,
            )

        with pytest.raises(IncompleteBatchesError):
            run([123, 456, 501], 2)
        with pytest.raises(SpendLimitError):
            run([123, 456, 501], 2)
        assert sandbox.metric_runs == 2
        run([123, 456, 501], 3)
        assert sandbox.metric_runs == 3
