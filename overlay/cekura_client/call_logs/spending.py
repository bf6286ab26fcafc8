"""What metric runs come to, and a limit on them that is checked before anything is sent."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from numbers import Integral

from cekura_client.call_logs.arguments import id_list, optional_whole_number
from cekura_client.config import whole_number
from cekura_client.errors import InvalidRequestError

CREDITS_PER_RUN = Decimal("0.2")  # what a metric run cost when this was written


class SpendLimitError(InvalidRequestError):
    """The metric runs would be more than `max_metric_runs`; nothing of it was sent.

    Attributes:
        metric_runs: How many there would be at least.
        max_metric_runs: The limit.

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
    # Batches of an iterator may have been sent before it comes to too many.
    _ending = " Nothing of this was sent."

    def __init__(self, message: str, *, metric_runs: int = 0, max_metric_runs: int = 0) -> None:
        super().__init__(message)
        self.metric_runs = metric_runs
        self.max_metric_runs = max_metric_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What an operation comes to before it is sent.

    By a known issue of the API, evaluate may run every metric assigned to the agent, whichever ids
    are passed; an estimate counts those that are passed.

    Attributes:
        calls: How many call logs.
        metric_runs: Call logs times metrics.
        credits: Metric runs times the price of one.

    Example:
        >>> estimate = cekura.call_logs.estimate(call_logs=[123, 456], metrics=[789, 790, 791])
        >>> estimate.metric_runs, str(estimate.credits)
        (6, '1.2')
    """

    calls: int
    metric_runs: int
    credits: Decimal

    @classmethod
    def of(cls, calls: int, metrics: int, credits_per_run: object) -> "Estimate":
        """Multiply."""
        runs = calls * metrics
        return cls(calls=calls, metric_runs=runs, credits=runs * _price(credits_per_run))


def _price(value: object) -> Decimal:
    if isinstance(value, (int, float, str, Decimal)) and not isinstance(value, bool):
        try:
            # A float through its text: 0.2 means a fifth, not the nearest binary fraction.
            price = Decimal(str(value))
        except InvalidOperation:
            price = Decimal(-1)
        if price.is_finite() and price >= 0:
            return price
    raise InvalidRequestError(f"credits_per_run is a number of 0 or more; got {value!r}.")


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """A limit on metric runs, for calls that are counted as they come.

    Args:
        metrics: How many metrics run on each call; None: at least one, and nobody knows how many.
        max_metric_runs: The limit; None: there is none.
    """

    metrics: int | None
    max_metric_runs: int | None

    def check(self, calls: int, repeats: int = 0) -> None:
        """Refuse so many calls if they come to too many metric runs.

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


def counted(name: str, values: object) -> int:
    """Count ids, each once; a number of them will do."""
    if isinstance(values, Integral):
        return whole_number(name, values, least=1)
    return len(id_list(name, values))


def spend_limit(metrics: int | None, max_metric_runs: object) -> SpendLimit:
    """Make a limit of a caller's argument."""
    most = optional_whole_number("max_metric_runs", max_metric_runs, least=0)
    return SpendLimit(metrics, most)


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
