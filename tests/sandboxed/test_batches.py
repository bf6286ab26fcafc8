"""Runs in batches against the sandbox."""

from cekura_client.sandbox import Sandbox

from tests.support.twins import Twin


def test_the_sandbox_charges_for_the_rest_alone(twin: Twin) -> None:
    with (
        Sandbox(evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        report = calls.rerun_evaluation_in_batches(agent_id=2142, call_logs=[101, 102, 103, 9, 8])
        assert sandbox.requests == 2
        assert sandbox.metric_runs > 0
    assert report.succeeded == [101, 102, 103]
    assert list(report.refused) == [9, 8]
