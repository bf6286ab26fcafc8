"""What metric runs come to, and a limit on them that is checked before anything is sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Integral

from cekura_api.models import Metric

from cekura_client.call_logs.arguments import amount, id_list
from cekura_client.config import whole_number
from cekura_client.errors import InvalidRequestError, shown_ids

CREDITS_PER_RUN = Decimal("0.2")  # what a metric run cost when this was written
WORST_CASE = "all enabled metrics run (a known issue of the API)"


class SpendLimitError(InvalidRequestError):
    """It would be more than `max_metric_runs` or `max_credits`; nothing of it was sent.

    Attributes:
        metric_runs: How many metric runs there would be at least.
        max_metric_runs: The limit on them; 0 where it is the one on credits that is not kept.
        credits: What it may cost; None where that is not known, or no matter.
        max_credits: The limit on that; None where it is the one on metric runs that is not kept.

    Example:
        >>> try:
        ...     cekura.call_logs.evaluate_metrics(
        ...         agent_id=224, call_logs=[123, 456], metrics=[789, 790], max_metric_runs=3
        ...     )
        ... except SpendLimitError as error:
        ...     print(error.metric_runs, error.max_metric_runs)
        4 3
    """

    metric_runs: int
    max_metric_runs: int
    credits: Decimal | None
    max_credits: Decimal | None
    # Batches of an iterator may have been sent before it comes to too many.
    _ending = " Nothing of this was sent."

    def __init__(
        self,
        message: str,
        *,
        metric_runs: int = 0,
        max_metric_runs: int = 0,
        credits: Decimal | None = None,  # noqa: A002  (the word users know)
        max_credits: Decimal | None = None,
    ) -> None:
        super().__init__(message)
        self.metric_runs = metric_runs
        self.max_metric_runs = max_metric_runs
        self.credits = credits
        self.max_credits = max_credits


@dataclass(frozen=True, slots=True)
class Prices:
    """What the metrics cost that run on a call, by id; None: the API tells no price.

    Attributes:
        asked: Those that were asked for.
        others: Those that may run as well: by a known issue of the API, evaluate may run what is
            not asked for.
    """

    asked: Mapping[int, Decimal | None]
    others: Mapping[int, Decimal | None] = field(default_factory=dict[int, Decimal | None])

    @classmethod
    def of_chosen(cls, metrics: Iterable[int], listed: Sequence[Metric]) -> "Prices":
        """Tell those of chosen metrics, and of all others that run on a call by themselves."""
        prices = {metric.id: _price(metric) for metric in listed}
        asked = {metric: prices.get(metric) for metric in metrics}
        # Where it is not told whether one runs by itself, it may.
        others = {one.id for one in listed if one.observability_enabled is not False}
        return cls(asked, {one: prices[one] for one in prices if one in others - asked.keys()})

    @classmethod
    def of_all(cls, listed: Sequence[Metric]) -> "Prices":
        """Tell those of all metrics that are listed."""
        return cls({metric.id: _price(metric) for metric in listed})

    @property
    def credits(self) -> Decimal:
        """What those that were asked for cost on each call, as far as that is known."""
        return _sum(self.asked)

    @property
    def worst_case(self) -> Decimal:
        """What all of them cost on each call, as far as that is known."""
        return self.credits + _sum(self.others)

    @property
    def unpriced(self) -> list[int]:
        """The metrics whose price is not known."""
        return [
            metric
            for prices in (self.asked, self.others)
            for metric, price in prices.items()
            if price is None
        ]

    def estimate(self, calls: int) -> "Estimate":
        """Add them up for so many calls."""
        return Estimate(
            calls=calls,
            metric_runs=calls * len(self.asked),
            credits=calls * self.credits,
            worst_case_credits=calls * self.worst_case,
            per_metric={
                metric: None if price is None else calls * price
                for metric, price in self.asked.items()
            },
            unpriced=self.unpriced,
        )


def _price(metric: Metric) -> Decimal | None:
    cost = metric.metric_cost
    if cost is None:
        return None
    try:
        return amount("metric_cost", cost)
    except InvalidRequestError:  # what is no price
        return None


def _sum(prices: Mapping[int, Decimal | None]) -> Decimal:
    return sum((price for price in prices.values() if price is not None), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What an operation comes to before it is sent.

    By a known issue of the API, evaluate may run every metric that runs on the agent's calls by
    itself, whichever ids are passed: that is the worst case. A metric whose price is by the minute
    costs more on a longer call, and whether the API's list tells such a price is not known.

    Attributes:
        calls: How many call logs.
        metric_runs: Call logs times metrics.
        credits: What the metrics asked for cost; those in `unpriced` are not in it.
        worst_case_credits: What these cost, and all metrics with `observability_enabled`, or of
            which it is not told; those in `unpriced` are not in it. None where metrics were not
            listed.
        per_metric: By id, what each metric asked for costs on all calls; None: that is not known.
            Empty where metrics were not listed.
        unpriced: Ids of the metrics whose price the API does not tell: of those asked for, and of
            those that the worst case adds.

    Example:
        >>> estimate = cekura.call_logs.estimate(call_logs=[123, 456], metrics=[789, 790, 791])
        >>> estimate.metric_runs, str(estimate.credits)
        (6, '1.2')
    """

    calls: int
    metric_runs: int
    credits: Decimal
    worst_case_credits: Decimal | None = None
    per_metric: dict[int, Decimal | None] = field(default_factory=dict[int, Decimal | None])
    unpriced: list[int] = field(default_factory=list[int])

    @classmethod
    def of(cls, calls: int, metrics: int, credits_per_run: Decimal) -> "Estimate":
        """Take one price for so many metrics."""
        runs = calls * metrics
        return cls(calls=calls, metric_runs=runs, credits=runs * credits_per_run)


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """A limit on metric runs and on credits, for calls that are counted as they come.

    Args:
        metrics: How many metrics run on each call; None: at least one, and nobody knows how many.
        max_metric_runs: The limit on metric runs; None: there is none.
        max_credits: The limit on credits, which the worst case keeps; None: there is none.
        prices: What the metrics cost.
    """

    metrics: int | None
    max_metric_runs: int | None
    max_credits: Decimal | None = None
    prices: Prices | None = None

    def check(self, calls: int, repeats: int = 0) -> None:
        """Refuse so many calls if they come to too many metric runs, or may cost too much.

        Args:
            calls: How many there are.
            repeats: How many further times they are sent, each of which may be charged.

        Raises:
            SpendLimitError: They do.
        """
        runs = (calls + repeats) * (self.metrics or 1)
        if self.max_metric_runs is not None and runs > self.max_metric_runs:
            times = _many(calls, "call log")
            if repeats:
                times = f"{times}, {_many(repeats, 'repeat')}"
            what = (
                f"At least {runs} metric runs ({times}, and how many metrics "
                "run on each is not known: say it in metrics_assigned)"
                if self.metrics is None
                else f"{runs} metric runs ({times} times {_many(self.metrics, 'metric')})"
            )
            raise SpendLimitError(
                f"{what} are more than max_metric_runs={self.max_metric_runs} allows.",
                metric_runs=runs,
                max_metric_runs=self.max_metric_runs,
            )
        if self.max_credits is not None and calls + repeats:
            self._check_credits(calls + repeats, runs, self.max_credits)

    def _check_credits(self, sendings: int, runs: int, most: Decimal) -> None:
        prices = self.prices
        if prices is None or not prices.asked or prices.unpriced:
            unpriced = [] if prices is None else prices.unpriced
            of = f" of {_many(len(unpriced), 'metric')} ({shown_ids(unpriced)})" if unpriced else ""
            raise SpendLimitError(
                f"max_credits={most} cannot be kept: the API does not tell the price{of}.",
                metric_runs=runs,
                max_credits=most,
            )
        worst = sendings * prices.worst_case
        if worst > most:
            asked = sendings * prices.credits
            what = f"It costs {plain(asked)} credits"
            if worst != asked:
                what = f"{what}, and at worst {plain(worst)}, if {WORST_CASE}"
            raise SpendLimitError(
                f"{what}: more than max_credits={most} allows.",
                metric_runs=runs,
                credits=worst,
                max_credits=most,
            )


def plain(value: Decimal) -> str:
    """Write an amount without the zeros at its end."""
    return f"{value.normalize():,f}"


def counted(name: str, values: object) -> int:
    """Count ids, each once; a number of them will do."""
    if isinstance(values, Integral):
        return whole_number(name, values, least=1)
    return len(id_list(name, values))


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
