"""`make demo`: both operations against the embedded sandbox, with a rate limit and a refusal."""

import logging
import sys
from collections.abc import Iterable, Mapping

from cekura_client import (
    CallLog,
    Cekura,
    InvalidRequestError,
    MetricResult,
    metric_results,
    passed,
)
from cekura_client.sandbox import Sandbox

AGENT = 224
CALLS = [123, 456, 501]
METRICS = [789, 790]
RERUN_AGENT = 2142
EVALUATION_SECONDS = 0.8
RATE_LIMIT = (6, 4.0)  # requests, seconds


def main() -> None:
    """Run the demo; it ends by itself within a minute."""
    _show_waits()
    with (
        Sandbox(
            credits=100, evaluation_seconds=EVALUATION_SECONDS, rate_limit=RATE_LIMIT
        ) as sandbox,
        Cekura(sandbox.api_key, base_url=sandbox.url) as cekura,
    ):
        requests, seconds = RATE_LIMIT
        print(f"A sandbox of the Cekura API serves at {sandbox.url}")
        print(
            f"It allows {requests} requests in {seconds:g} s and holds {sandbox.credits:g} credits."
        )

        _heading(f"1. Evaluate metrics {METRICS} on calls {CALLS} of agent {AGENT}")
        before = sandbox.credits
        started = cekura.call_logs.evaluate_metrics(
            agent_id=AGENT, call_logs=CALLS, metrics=METRICS
        )
        for row in started:
            print(f"   call {row.id}: {row.status}, {len(metric_results(row))} results yet")
        evaluate_cost = before - sandbox.credits
        print("   The API evaluates in the background; once that is over:")
        evaluated = cekura.call_logs.wait_until_evaluated(started, METRICS)
        for call in evaluated:
            print(f"   call {call.id}: {call.status}, {_results(metric_results(call))}")

        _heading(f'2. Re-run all metrics on "all" calls of agent {RERUN_AGENT}')
        before = sandbox.credits
        rerunning = cekura.call_logs.rerun_evaluation(agent_id=RERUN_AGENT, call_logs="all")
        rerun_cost = before - sandbox.credits
        statuses = ", ".join({str(call.status) for call in rerunning})
        print(f"   {len(rerunning)} calls are {statuses}.")

        _heading("3. Wait for their results, into the rate limit: the client waits as told")
        rerun = cekura.call_logs.wait_until_evaluated(rerunning)
        print(f"   {len(rerun)} calls read; no request was lost, none was charged twice.")

        _heading("4. Name an agent and an assistant: refused before anything is sent")
        sent = sandbox.requests
        wrong: dict[str, int] = {"agent_id": RERUN_AGENT, "assistant_id": 2143}
        try:
            cekura.call_logs.rerun_evaluation(**wrong, call_logs="all")  # type: ignore[call-overload]  # the demo is wrong on purpose
        except InvalidRequestError as error:
            print(f"   InvalidRequestError: {error}")
        print(f"   Requests that this sent: {sandbox.requests - sent}")

        _heading("5. What came of it")
        names = {metric.id: metric.name for metric in sandbox.metrics}
        _print_table(AGENT, evaluated, names)
        _print_table(RERUN_AGENT, rerun, names)
        print(f"   evaluate_metrics  {len(evaluated)} calls  {evaluate_cost:6.1f} credits")
        print(f"   rerun_evaluation  {len(rerun)} calls  {rerun_cost:6.1f} credits")
        print(f"   {sandbox.metric_runs} metric runs in all, {sandbox.credits:g} credits are left.")


def _show_waits() -> None:
    logger = logging.getLogger("cekura_client")
    logger.setLevel(logging.INFO)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("   … %(message)s"))
    logger.addHandler(handler)


def _heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def _id(call: CallLog) -> int:
    if not isinstance(call.id, int):
        raise TypeError("The sandbox gives every call an id.")
    return call.id


def _results(results: Iterable[MetricResult]) -> str:
    return "; ".join(f"{result.name}: {_cell(result)}" for result in results)


def _cell(result: MetricResult) -> str:
    verdict = passed(result)
    if verdict is not None:
        return "pass" if verdict else "FAIL"
    if isinstance(result.enum, str):
        return result.enum
    return f"{result.score:g}" if isinstance(result.score, (int, float)) else "n/a"


def _print_table(agent: int, calls: list[CallLog], metric_names: Mapping[int, str]) -> None:
    rows = {_id(call): {found.id: found for found in metric_results(call)} for call in calls}
    metrics = sorted({metric for row in rows.values() for metric in row})
    heads = [metric_names[metric] for metric in metrics]
    print(f"   {'call':<5} {'outcome':<17} {'  '.join(heads)}   (agent {agent})")
    for call in calls:
        row = rows[_id(call)]
        cells = [
            (_cell(row[metric]) if metric in row else "").ljust(len(head))
            for metric, head in zip(metrics, heads, strict=True)
        ]
        print(f"   {_id(call):<5} {call.status!s:<17} {'  '.join(cells).rstrip()}")
    print()


if __name__ == "__main__":
    main()
