"""What a command is about to send, in words and as a function that sends it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from cekura_client import (
    BatchProgress,
    BatchReport,
    CallLog,
    CallLogSummary,
    Cekura,
)
from cekura_client.call_logs.batches.jobs import BatchJob
from cekura_client.call_logs.batches.preparing import Remaining, remaining
from cekura_client.call_logs.spending import (
    CREDITS_PER_RUN,
    WORST_CASE,
    Estimate,
    Prices,
    SpendLimit,
    plain,
)
from cekura_client.errors import shown_ids

OnReply = Callable[[Sequence[CallLog | CallLogSummary]], None]
OnProgress = Callable[[BatchProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """What every run in batches takes; see `evaluate_metrics_in_batches`."""

    batch_size: int
    max_concurrency: int
    journal: str | None
    repeat_unknown: list[int]
    max_metric_runs: int | None
    max_credits: float | None


class Send(Protocol):
    """Sends everything."""

    def __call__(
        self, cekura: Cekura, options: BatchOptions, *, on_reply: OnReply, on_progress: OnProgress
    ) -> BatchReport:
        """Tell of each reply, and how far it is; return what became of each call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Something to send.

    Attributes:
        title: What goes on, in a word.
        subject: What is about to run, and on which calls.
        call_logs: Ids of the calls; None for every call that an agent ever had.
        count: Counts the calls at the API; None where it cannot.
        scope: How a list finds the calls; None where none can.
        metrics: Ids of the metrics; None for all that are assigned.
        metrics_each: How many metrics run on each call; None where that is not known.
        prices: What they cost, where they have been listed already.
        list_prices: Lists them; None where nothing does.
        options: How it is sent in batches.
        job: What a journal knows it by.
        send: Sends it.
        metric_names: The names of the metrics, as far as they have been listed.
    """

    title: str
    subject: str
    call_logs: list[int] | None
    count: Callable[[Cekura], int | None]
    scope: Mapping[str, int | None] | None
    metrics: list[int] | None
    metrics_each: int | None
    prices: Prices | None
    list_prices: Callable[[Cekura], Prices | None]
    options: BatchOptions
    job: BatchJob[Any]
    send: Send
    metric_names: Mapping[int, str] = field(default_factory=dict[int, str])

    @property
    def calls(self) -> int | None:
        """How many calls there are; None where only the API knows."""
        return None if self.call_logs is None else len(self.call_logs)

    def remaining(self, base_url: str) -> Remaining | None:
        """Tell what is left of it where it has a journal already.

        Raises:
            InvalidRequestError: The journal is of another run, or cannot be gone on with.
        """
        if self.options.journal is None or self.call_logs is None:
            return None
        parameters = self.job.journal_parameters(base_url)
        return remaining(
            self.options.journal, parameters, self.call_logs, self.options.repeat_unknown
        )

    def allowing_what_is_over(self, left: Remaining | None) -> BatchOptions:
        """Leave out of the limit, which is on what is sent now, what an earlier process has sent.

        Of a call that is sent again both sendings count: each may be charged.
        """
        if left is None:
            return self.options
        over = left.accepted + left.unknown + left.repeats
        runs, most = self.options.max_metric_runs, self.options.max_credits
        if runs is not None:
            runs += over * (self.metrics_each or 1)
        if most is not None and self.prices is not None:
            most = float(Decimal(str(most)) + over * self.prices.worst_case)
        return replace(self.options, max_metric_runs=runs, max_credits=most)

    def check_limit(self, calls: int) -> None:
        """Refuse so many calls where they are more than the limit allows.

        Raises:
            SpendLimitError: They are.
        """
        most = self.options.max_credits
        # Without prices, sending looks them up and checks.
        credits_limit = None if most is None or self.prices is None else Decimal(str(most))
        limit = SpendLimit(
            self.metrics_each, self.options.max_metric_runs, credits_limit, self.prices
        )
        limit.check(calls)

    def announcement_of_rest(self, left: Remaining, prices: Prices | None) -> str:
        """Say what an earlier process has done, and what the rest costs."""
        over = f"{left.accepted:,} accepted already"
        if left.unknown:
            over = f"{over}, {left.unknown:,} unknown"
        if not left.to_send:
            return f"{self.subject}: {over}; nothing to send"
        rest = f"{self.subject}: {over}; {left.to_send:,} to send"
        if prices is not None:
            return f"{rest}: {_cost(prices, left.to_send)}"
        estimate = Estimate.of(left.to_send, self.metrics_each or 1, CREDITS_PER_RUN)
        cost = f"about {plain(estimate.credits)} credits"
        runs = counted(estimate.metric_runs, "run")
        if self.metrics_each is None:
            runs, cost = f"{runs} of each metric", f"{cost} for each"
        return f"{rest}: {runs}, {cost} at {CREDITS_PER_RUN:f} each"

    def announcement(self, calls: int | None, prices: Prices | None) -> str:
        """Say what is about to run and what it costs, for so many calls, where that is known."""
        price = f"{CREDITS_PER_RUN:f}"
        if calls is None:
            return f"{self.subject}: each metric on each call, about {price} credits a run"
        subject = self.subject
        if self.calls is None:
            subject = f"{subject}, {counted(calls, 'call')}"
        if prices is not None:
            return f"{subject}: {_cost(prices, calls)}"
        estimate = Estimate.of(calls, self.metrics_each or 1, CREDITS_PER_RUN)
        cost = f"about {plain(estimate.credits)} credits"
        if self.metrics_each is None:
            runs = counted(calls, "run")
            return f"{subject}: {runs} of each metric, {cost} for each at {price} a run"
        runs = counted(estimate.metric_runs, "metric run")
        return f"{subject}: {runs}, {cost} at {price} each"


def _cost(prices: Prices, calls: int) -> str:
    """Say what so many calls cost, by the prices that the API tells."""
    estimate = prices.estimate(calls)
    runs = counted(estimate.metric_runs, "metric run")
    # A price by the minute may be told or not.
    cost = f"{runs}, about {plain(estimate.credits)} credits"
    each = {*prices.asked.values()}
    if len(each) == 1 and (price := each.pop()) is not None:
        cost = f"{cost} at {plain(price)} each"
    if estimate.unpriced:
        metrics = "metric" if len(estimate.unpriced) == 1 else "metrics"
        cost = f"{cost}, without {metrics} {shown_ids(estimate.unpriced)}, whose price is not told"
    if estimate.worst_case_credits not in (None, estimate.credits):
        worst = plain(estimate.worst_case_credits or Decimal(0))
        cost = f"{cost}; at worst {worst}, if {WORST_CASE}"
    return cost


def counted(number: int, thing: str) -> str:
    """Say how many of a thing there are."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
