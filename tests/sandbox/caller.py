"""Plain HTTP to a sandbox: nothing of the client under test."""

import json
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, cast

import httpx
from cekura_client.sandbox import Sandbox

EVALUATE = "/observability/v1/call-logs/evaluate_metrics/"
RERUN = "/observability/v1/call-logs/rerun_evaluation/"

LIST = "/observability/v2/call-logs/"
BILLING = "/test_framework/billing/info/"

# What the replies hold is not known to a type checker, and the tests look deep into them.
Row = dict[str, Any]


def call_path(call_id: object) -> str:
    return f"/observability/v2/call-logs/{call_id}/"


def rows(reply: httpx.Response) -> list[Row]:
    assert reply.status_code == 200, reply.text
    return cast("list[Row]", reply.json())


def errors(reply: httpx.Response) -> dict[str, Any]:
    assert reply.status_code == 400, reply.text
    return cast("dict[str, Any]", reply.json())


class Caller:
    """A sandbox that runs, and a connection to it that sends its key."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = httpx.Client(
            base_url=sandbox.url, headers={"X-CEKURA-API-KEY": sandbox.api_key}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.http.close()

    def evaluate(self, body: object) -> httpx.Response:
        return self._post(EVALUATE, body)

    def rerun(self, body: object) -> httpx.Response:
        return self._post(RERUN, body)

    def _post(self, path: str, body: object) -> httpx.Response:
        return self.send(path, json.dumps(body).encode())

    def send(
        self,
        path: str,
        content: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        all_headers = {"Content-Type": content_type, **(headers or {})}
        return self.http.post(path, content=content, headers=all_headers)

    def list(self, **query: object) -> httpx.Response:
        return self.http.get(LIST, params={name: str(value) for name, value in query.items()})

    def page(self, **query: object) -> Row:
        reply = self.list(**query)
        assert reply.status_code == 200, reply.text
        return cast("Row", reply.json())

    def retrieve(self, call_id: object) -> httpx.Response:
        return self.http.get(call_path(call_id))

    def call(self, call_id: int) -> Row:
        reply = self.retrieve(call_id)
        assert reply.status_code == 200, reply.text
        return cast("Row", reply.json())

    def finished(self, call_id: int) -> Row:
        """Wait for an evaluation to end; 5 seconds are more than any here takes."""
        for _ in range(250):
            call = self.call(call_id)
            if call["status"] != "evaluating":
                return call
            time.sleep(0.02)
        raise AssertionError(f"Call {call_id} is still being evaluated")
