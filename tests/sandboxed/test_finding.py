"""`call_logs.find` against the sandbox."""

from datetime import UTC, datetime

from cekura_client.sandbox import Sandbox

from tests.support.twins import Twin

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def test_calls_of_the_sandbox_that_are_older_than_a_month(twin: Twin) -> None:
    with (
        Sandbox(calls=700, evaluation_seconds=0) as sandbox,
        twin.open(api_key=sandbox.api_key, base_url=sandbox.url) as calls,
    ):
        mine = [call for call in sandbox.call_logs if call.agent_id == 224]
        others = [call.call_id for call in sandbox.call_logs if call.agent_id != 224]
        call_ids = [call.call_id for call in mine]
        found = calls.find([*call_ids, *others], agent_id=224, since=LONG_AGO)
        recent = calls.find(call_ids, agent_id=224)
    assert {call_id: call.id for call_id, call in found.items()} == {
        call.call_id: call.id for call in mine
    }
    assert 0 < len(recent) < len(found)
