"""`rerun`: runs all metrics of an agent again, on chosen calls or on every one. Costs credits."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from cekura_client import (
    BatchInterrupt,
    BatchProgress,
    BatchReport,
    CallLog,
    Cekura,
)
from cekura_client.call_logs.batches import jobs
from cekura_client.call_logs.operations import Rerun
from cekura_client.call_logs.spending import Prices
from cekura_client.cli.sending.run import BatchOptions, OnProgress, OnReply, Run, counted

if TYPE_CHECKING:
    from collections.abc import Callable


def prices_of(agent_id: int | None, cekura: Cekura) -> Prices | None:
    """Add up what the metrics of an agent cost; None where they are not known."""
    listed = [] if agent_id is None else cekura.metrics.list(agent_id=agent_id)
    return Prices.of_all(listed) if listed else None


def run_of(
    call_logs: list[int] | None,
    *,
    agent_id: int | None,
    assistant_id: str | None,
    metrics_assigned: int | None,
    wait_if_busy: float | None,
    prices: Prices | None,
    in_batches: BatchOptions,
) -> Run:
    """All metrics of an agent, on chosen calls or, for None, on all it ever had."""
    agent = {
        "agent_id": agent_id,
        "assistant_id": assistant_id,
        "metrics_assigned": metrics_assigned,
    }
    of_whom = f"agent {agent_id}" if agent_id is not None else f"assistant {assistant_id}"

    def send(
        cekura: Cekura, options: BatchOptions, *, on_reply: OnReply, on_progress: OnProgress
    ) -> BatchReport:
        run: Callable[..., BatchReport] = cekura.call_logs.rerun_evaluation_in_batches
        return run(
            call_logs=call_logs,
            on_reply=on_reply,
            on_progress=on_progress,
            **agent,
            **asdict(options),
        )

    def send_all(
        cekura: Cekura, options: BatchOptions, *, on_reply: OnReply, on_progress: OnProgress
    ) -> BatchReport:
        run: Callable[..., list[CallLog]] = cekura.call_logs.rerun_evaluation
        calls = run(
            call_logs="all",
            max_metric_runs=options.max_metric_runs,
            max_credits=options.max_credits,
            wait_if_busy=wait_if_busy,
            **agent,
        )
        report = BatchReport()
        try:
            report.succeeded += [call.id for call in calls]
            on_reply(calls)
            on_progress(BatchProgress(succeeded=len(calls), total=len(calls)))
        except KeyboardInterrupt as interrupt:
            raise BatchInterrupt(report) from interrupt
        return report

    def count(cekura: Cekura) -> int | None:
        if agent_id is None:  # a list takes no assistant alone
            return None
        return cekura.call_logs.estimate(call_logs="all", metrics=1, agent_id=agent_id).calls

    on_which = "every call it ever had" if call_logs is None else counted(len(call_logs), "call")
    return Run(
        title="Re-running",
        subject=f"Re-run all metrics of {of_whom} on {on_which}",
        call_logs=call_logs,
        count=count,
        scope=None if agent_id is None else {"agent_id": agent_id},
        metrics=None,
        metrics_each=metrics_assigned,
        prices=prices,
        list_prices=partial(prices_of, agent_id),
        options=in_batches,
        job=jobs.rerun_job(Rerun.checked(**agent, call_logs=[jobs.ANY_ID])),
        send=send_all if call_logs is None else send,
    )
