from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from cekura_client.sandbox import Sandbox

from tests.sandbox.caller import Caller

Serve = Callable[[Sandbox], Caller]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(sandbox: Sandbox) -> Caller:
            stack.enter_context(sandbox)
            return stack.enter_context(Caller(sandbox))

        yield start


@pytest.fixture(scope="session")
def _shared_caller() -> Iterator[Caller]:
    with Sandbox() as sandbox, Caller(sandbox) as caller:
        yield caller


@pytest.fixture
def untouched(_shared_caller: Caller) -> Iterator[Caller]:
    """One sandbox for the tests whose requests are refused, and must change nothing."""
    before = _shared_caller.call(101), _shared_caller.call(123)
    yield _shared_caller
    assert _shared_caller.sandbox.credits == 1000
    assert _shared_caller.sandbox.metric_runs == 0
    assert (_shared_caller.call(101), _shared_caller.call(123)) == before
