"""The sync and the async client behind one face, so that one table of tests runs against both."""

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import httpx
from anyio.from_thread import start_blocking_portal
from cekura_client import (
    Agent,
    AsyncCekura,
    BatchReport,
    BillingInfo,
    CallLog,
    CallLogSummary,
    Cekura,
    Estimate,
    Metric,
    Project,
    Reconciliation,
    Response,
)

KEY = "test-key"
_RowT = TypeVar("_RowT")


class Calls(Protocol):
    """A client's operations, called without await; the arguments may be wrong on purpose."""

    def evaluate_metrics(self, **arguments: Any) -> list[CallLogSummary]: ...
    def rerun_evaluation(self, **arguments: Any) -> list[CallLog]: ...
    def retrieve(self, call_log_id: Any) -> CallLog: ...
    def retrieve_many(self, ids: Any, **arguments: Any) -> Iterator[CallLog]: ...
    def listed(self, **arguments: Any) -> Iterator[CallLogSummary]: ...
    def counted(self, **arguments: Any) -> int: ...
    def find(self, call_ids: Any, **arguments: Any) -> dict[str, CallLogSummary]: ...
    def billing_info(self) -> BillingInfo: ...
    def metrics(self, **arguments: Any) -> list[Metric]: ...
    def agents(self, **arguments: Any) -> Iterator[Agent]: ...
    def projects(self) -> list[Project]: ...
    def evaluate_metrics_in_batches(self, **arguments: Any) -> BatchReport: ...
    def rerun_evaluation_in_batches(self, **arguments: Any) -> BatchReport: ...
    def wait_until_evaluated(self, calls: Any, *rest: Any, **options: Any) -> list[CallLog]: ...
    def estimate(self, **arguments: Any) -> Estimate: ...
    def reconcile(self, *unknown: Any, **arguments: Any) -> Reconciliation: ...
    def observe(self, **arguments: Any) -> CallLogSummary: ...
    def vote(self, call_log_id: Any, **arguments: Any) -> None: ...
    def update(self, call_log_id: Any, **arguments: Any) -> CallLog: ...
    def close(self) -> None: ...
    def with_options(self, **options: Any) -> "Calls": ...
    def request(self, method: Any, path: Any, **arguments: Any) -> Response: ...


class _SyncCalls:
    def __init__(self, client: Cekura) -> None:
        self._client = client

    def evaluate_metrics(self, **arguments: Any) -> list[CallLogSummary]:
        return self._client.call_logs.evaluate_metrics(**arguments)

    def rerun_evaluation(self, **arguments: Any) -> list[CallLog]:
        return self._client.call_logs.rerun_evaluation(**arguments)

    def retrieve(self, call_log_id: Any) -> CallLog:
        return self._client.call_logs.retrieve(call_log_id)

    def retrieve_many(self, ids: Any, **arguments: Any) -> Iterator[CallLog]:
        return self._client.call_logs.retrieve_many(ids, **arguments)

    def listed(self, **arguments: Any) -> Iterator[CallLogSummary]:
        return self._client.call_logs.list(**arguments)

    def counted(self, **arguments: Any) -> int:
        return self._client.call_logs.count(**arguments)

    def find(self, call_ids: Any, **arguments: Any) -> dict[str, CallLogSummary]:
        return self._client.call_logs.find(call_ids, **arguments)

    def billing_info(self) -> BillingInfo:
        return self._client.billing.info()

    def metrics(self, **arguments: Any) -> list[Metric]:
        return self._client.metrics.list(**arguments)

    def agents(self, **arguments: Any) -> Iterator[Agent]:
        return self._client.agents.list(**arguments)

    def projects(self) -> list[Project]:
        return self._client.projects.list()

    def evaluate_metrics_in_batches(self, **arguments: Any) -> BatchReport:
        return self._client.call_logs.evaluate_metrics_in_batches(**arguments)

    def rerun_evaluation_in_batches(self, **arguments: Any) -> BatchReport:
        return self._client.call_logs.rerun_evaluation_in_batches(**arguments)

    def wait_until_evaluated(self, calls: Any, *rest: Any, **options: Any) -> list[CallLog]:
        return self._client.call_logs.wait_until_evaluated(calls, *rest, **options)

    def estimate(self, **arguments: Any) -> Estimate:
        return self._client.call_logs.estimate(**arguments)

    def reconcile(self, *unknown: Any, **arguments: Any) -> Reconciliation:
        return self._client.call_logs.reconcile(*unknown, **arguments)

    def observe(self, **arguments: Any) -> CallLogSummary:
        return self._client.call_logs.observe(**arguments)

    def vote(self, call_log_id: Any, **arguments: Any) -> None:
        self._client.call_logs.vote(call_log_id, **arguments)

    def update(self, call_log_id: Any, **arguments: Any) -> CallLog:
        return self._client.call_logs.update(call_log_id, **arguments)

    def close(self) -> None:
        self._client.close()

    def with_options(self, **options: Any) -> Calls:
        return _SyncCalls(self._client.with_options(**options))

    def request(self, method: Any, path: Any, **arguments: Any) -> Response:
        return self._client.request(method, path, **arguments)


class _AsyncCalls:
    def __init__(self, client: AsyncCekura, run: Callable[..., Any]) -> None:
        self._client = client
        self._run = run

    def _call(self, name: str, *positional: Any, **named: Any) -> Any:
        async def call() -> Any:
            return await getattr(self._client.call_logs, name)(*positional, **named)

        return self._run(call)

    def evaluate_metrics(self, **arguments: Any) -> list[CallLogSummary]:
        found: list[CallLogSummary] = self._call("evaluate_metrics", **arguments)
        return found

    def rerun_evaluation(self, **arguments: Any) -> list[CallLog]:
        found: list[CallLog] = self._call("rerun_evaluation", **arguments)
        return found

    def retrieve(self, call_log_id: Any) -> CallLog:
        found: CallLog = self._call("retrieve", call_log_id)
        return found

    def retrieve_many(self, ids: Any, **arguments: Any) -> Iterator[CallLog]:
        return _Awaited(self._client.call_logs.retrieve_many(ids, **arguments), self._run)

    def listed(self, **arguments: Any) -> Iterator[CallLogSummary]:
        return _Awaited(self._client.call_logs.list(**arguments), self._run)

    def counted(self, **arguments: Any) -> int:
        found: int = self._call("count", **arguments)
        return found

    def find(self, call_ids: Any, **arguments: Any) -> dict[str, CallLogSummary]:
        found: dict[str, CallLogSummary] = self._call("find", call_ids, **arguments)
        return found

    def billing_info(self) -> BillingInfo:
        found: BillingInfo = self._run(self._client.billing.info)
        return found

    def metrics(self, **arguments: Any) -> list[Metric]:
        async def call() -> list[Metric]:
            return await self._client.metrics.list(**arguments)

        found: list[Metric] = self._run(call)
        return found

    def agents(self, **arguments: Any) -> Iterator[Agent]:
        return _Awaited(self._client.agents.list(**arguments), self._run)

    def projects(self) -> list[Project]:
        found: list[Project] = self._run(self._client.projects.list)
        return found

    def evaluate_metrics_in_batches(self, **arguments: Any) -> BatchReport:
        report: BatchReport = self._call("evaluate_metrics_in_batches", **arguments)
        return report

    def rerun_evaluation_in_batches(self, **arguments: Any) -> BatchReport:
        report: BatchReport = self._call("rerun_evaluation_in_batches", **arguments)
        return report

    def wait_until_evaluated(self, calls: Any, *rest: Any, **options: Any) -> list[CallLog]:
        found: list[CallLog] = self._call("wait_until_evaluated", calls, *rest, **options)
        return found

    def estimate(self, **arguments: Any) -> Estimate:
        found: Estimate = self._call("estimate", **arguments)
        return found

    def reconcile(self, *unknown: Any, **arguments: Any) -> Reconciliation:
        found: Reconciliation = self._call("reconcile", *unknown, **arguments)
        return found

    def observe(self, **arguments: Any) -> CallLogSummary:
        found: CallLogSummary = self._call("observe", **arguments)
        return found

    def vote(self, call_log_id: Any, **arguments: Any) -> None:
        self._call("vote", call_log_id, **arguments)

    def update(self, call_log_id: Any, **arguments: Any) -> CallLog:
        found: CallLog = self._call("update", call_log_id, **arguments)
        return found

    def close(self) -> None:
        self._run(self._client.aclose)

    def with_options(self, **options: Any) -> Calls:
        return _AsyncCalls(self._client.with_options(**options), self._run)

    def request(self, method: Any, path: Any, **arguments: Any) -> Response:
        async def call() -> Response:
            return await self._client.request(method, path, **arguments)

        found: Response = self._run(call)
        return found


class _Awaited(Iterator[_RowT]):
    """An async iterator, iterated without await."""

    def __init__(self, rows: AsyncIterator[_RowT], run: Callable[..., Any]) -> None:
        self._rows = rows
        self._run = run

    def __next__(self) -> _RowT:
        async def following() -> _RowT | None:
            return await anext(self._rows, None)

        row: _RowT | None = self._run(following)
        if row is None:
            raise StopIteration
        return row


@dataclass(frozen=True)
class Twin:
    """One of the twins.

    `open` makes a client and closes it at the end. It takes the client's options, and in `http`
    those of an httpx client to make and hand over.
    """

    name: str
    open: Callable[..., AbstractContextManager[Calls]]


@contextmanager
def _open_sync(**options: Any) -> Generator[Calls]:
    options.setdefault("api_key", KEY)
    with ExitStack() as stack:
        if "http" in options:
            http = httpx.Client(**options.pop("http"))
            options["http_client"] = stack.enter_context(http)
        yield _SyncCalls(stack.enter_context(Cekura(**options)))


def _open_async(backend: str) -> Callable[..., AbstractContextManager[Calls]]:
    @contextmanager
    def opened(**options: Any) -> Generator[Calls]:
        options.setdefault("api_key", KEY)
        with ExitStack() as stack:
            portal = stack.enter_context(start_blocking_portal(backend))
            if "http" in options:
                http = httpx.AsyncClient(**options.pop("http"))
                stack.callback(portal.call, http.aclose)
                options["http_client"] = http
            client = AsyncCekura(**options)
            stack.callback(portal.call, client.aclose)
            yield _AsyncCalls(client, portal.call)

    return opened


TWINS = (
    Twin("sync", _open_sync),
    Twin("asyncio", _open_async("asyncio")),
    Twin("trio", _open_async("trio")),
)
