"""Re-score production calls of AI voice agents through the Cekura API.

Start with `Cekura`, or `AsyncCekura` for asyncio and trio. Every error is a `CekuraError`, whose
`may_have_run` tells whether the request could have been charged.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from cekura_client._sync.client import Cekura
from cekura_client.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    CekuraError,
    InvalidRequestError,
    InvalidResponseError,
    MissingRowsError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    SentRequest,
    ServerError,
    WaitError,
    WaitTimeoutError,
)
from cekura_client.retry_policy import RetryPolicy

# Imported when first asked for: it takes longer than to start a program and make a client.
if TYPE_CHECKING:
    from cekura_client._async.client import AsyncCekura
    from cekura_client.batches import (
        BatchInterrupt,
        BatchProgress,
        BatchReport,
        IncompleteBatchesError,
        JournalFinishedError,
    )
    from cekura_client.billing_info import BillingInfo
    from cekura_client.comparison import Comparison, MetricComparison, ResultChange, compare
    from cekura_client.listing import Filter, FilterValue
    from cekura_client.metric_rows import METRIC_ROW_FIELDS, MetricRow, to_rows
    from cekura_client.models import (
        CallLog,
        CallLogSummary,
        CallStatus,
        CategoryPriority,
        CriticalCategory,
        Evaluation,
        MetricResult,
        MetricResultSummary,
        TranscriptTurn,
    )
    from cekura_client.retry_after import parse_retry_after
    from cekura_client.settling import Settlement
    from cekura_client.spending import Estimate, SpendLimitError
    from cekura_client.verdicts import metric_results, passed
    from cekura_client.waits import EvaluationMark, WaitProgress

    __version__: str

__all__ = [
    "METRIC_ROW_FIELDS",
    "APIConnectionError",
    "APIStatusError",
    "AsyncCekura",
    "AuthenticationError",
    "BadRequestError",
    "BatchInterrupt",
    "BatchProgress",
    "BatchReport",
    "BillingInfo",
    "CallLog",
    "CallLogSummary",
    "CallStatus",
    "CategoryPriority",
    "Cekura",
    "CekuraError",
    "Comparison",
    "CriticalCategory",
    "Estimate",
    "Evaluation",
    "EvaluationMark",
    "Filter",
    "FilterValue",
    "IncompleteBatchesError",
    "InvalidRequestError",
    "InvalidResponseError",
    "JournalFinishedError",
    "MetricComparison",
    "MetricResult",
    "MetricResultSummary",
    "MetricRow",
    "MissingRowsError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "ResultChange",
    "RetryPolicy",
    "SentRequest",
    "ServerError",
    "Settlement",
    "SpendLimitError",
    "TranscriptTurn",
    "WaitError",
    "WaitProgress",
    "WaitTimeoutError",
    "__version__",
    "compare",
    "metric_results",
    "parse_retry_after",
    "passed",
    "to_rows",
]

if not TYPE_CHECKING:  # or else a type checker would take any name to be here
    _LATER = (
        *("retry_after", "models", "verdicts", "metric_rows", "batches", "waits"),
        *("spending", "listing", "settling", "billing_info", "comparison", "_async.client"),
    )

    def __getattr__(name: str) -> object:
        if name == "__version__":
            return import_module("cekura_client.version").VERSION
        if name in __all__:
            for module in _LATER:
                found = vars(import_module(f"cekura_client.{module}"))
                if name in found:
                    globals()[name] = found[name]
                    return found[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return __all__
