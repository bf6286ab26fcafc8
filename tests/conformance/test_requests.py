"""Every request that the client can make, held against the contract by openapi-core."""

from collections.abc import Iterator

import pytest
from cekura_client import RetryPolicy
from cekura_client.sandbox import Sandbox

from tests.conformance.calls import CALLS, attempt
from tests.conformance.quirks import Contracts
from tests.conformance.recorder import Recorder
from tests.support.twins import Twin

# The quirks of the published contract that forbid a request: each is listed because the request
# is valid once that quirk, with the others of its line, is corrected, and not before.
QUIRKS: dict[str, set[str]] = {
    "evaluate, agent": set(),
    "evaluate, project": set(),
    "evaluate, agent and project": set(),
    "re-run, agent": {"rerun-agent-or-assistant"},
    "re-run, all of an agent": {"rerun-agent-or-assistant", "rerun-all"},
    "re-run, assistant by number": {"rerun-agent-or-assistant"},
    "re-run, assistant by text": {"rerun-agent-or-assistant", "assistant-id-text"},
    "re-run, all of an assistant": {"rerun-agent-or-assistant", "assistant-id-text", "rerun-all"},
    "retrieve": {"retrieve-call-log"},
    "list, agent": {"list-call-logs"},
    "list, everything": {"list-call-logs"},
    "observe, agent": {"observe"},
    "observe, everything": {"observe"},
    "vote": {"mark-metric-vote"},
    "update": {"update-call-log"},
    "update, everything": {"update-call-log"},
    "count": {"list-call-logs"},
    "balance": {"billing-info"},
    "metrics, all": {"list-metrics"},
    "metrics, agent": {"list-metrics"},
    "metrics, project": {"list-metrics"},
    "agents, all": {"list-agents"},
    "agents, everything": {"list-agents"},
    "projects": {"list-projects"},
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(evaluation_seconds=0) as sandbox:
        yield sandbox


def test_every_kind_of_request_has_its_line() -> None:
    assert set(QUIRKS) == set(CALLS)


@pytest.mark.parametrize("kind", CALLS)
def test_a_request_is_the_contracts_but_for_known_quirks(
    kind: str, twin: Twin, sandbox: Sandbox, contracts: Contracts
) -> None:
    recorder = Recorder(sandbox.url)
    options = {"retries": RetryPolicy(attempts=1), "http": {"transport": recorder}}
    with twin.open(api_key=sandbox.api_key, **options) as calls:
        error = attempt(CALLS[kind], calls)
    (exchange,) = recorder.exchanges
    request = exchange.request
    complaints = contracts.complaints(lambda judge: judge.request_faults(request), QUIRKS[kind])
    if complaints:
        pytest.fail("\n".join(complaints))
    # The contract cannot forbid a header; a second copy of the key would be one too many.
    assert sandbox.api_key not in request.headers.get("authorization", "")
    assert [*request.headers.values()].count(sandbox.api_key) == 1
    assert error is None
