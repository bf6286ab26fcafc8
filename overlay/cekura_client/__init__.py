"""Re-score production calls of AI voice agents through the Cekura API.

Start with `Cekura`, or `AsyncCekura` for asyncio and trio. Every error is a `CekuraError`, whose
`may_have_run` tells whether the request could have been charged.
"""

from importlib import import_module
from typing import TYPE_CHECKING

# For type checkers; when they run, `_LATE` says where these are.
if TYPE_CHECKING:
    from cekura_client._async.client import AsyncCekura
    from cekura_client._sync.client import Cekura
    from cekura_client.billing import BillingInfo
    from cekura_client.call_logs.batches import (
        BatchInterrupt,
        BatchProgress,
        BatchReport,
        IncompleteBatchesError,
        JournalFinishedError,
    )
    from cekura_client.call_logs.listing import Filter, FilterValue
    from cekura_client.call_logs.reconciling import Reconciliation
    from cekura_client.call_logs.spending import Estimate, SpendLimitError
    from cekura_client.call_logs.waiting import EvaluationBaseline, WaitProgress, missing_metrics
    from cekura_client.comparison import Comparison, MetricComparison, ResultChange, compare
    from cekura_client.config import RetryPolicy
    from cekura_client.engine.response import Response
    from cekura_client.engine.retrying import parse_retry_after
    from cekura_client.errors import (
        APIConnectionError,
        APIStatusError,
        AuthenticationError,
        BadRequestError,
        CekuraError,
        ClientClosedError,
        InvalidRequestError,
        InvalidResponseError,
        MissingRowsError,
        NotFoundError,
        OutcomeUnknownError,
        PermissionDeniedError,
        RateLimitError,
        RetrieveManyError,
        SentRequest,
        ServerError,
        StillEvaluatingError,
        WaitError,
        WaitTimeoutError,
    )
    from cekura_client.models import (
        Agent,
        CallLog,
        CallLogSummary,
        CallStatus,
        CategoryPriority,
        CriticalCategory,
        Evaluation,
        Metric,
        MetricResult,
        MetricResultSummary,
        Project,
        TranscriptTurn,
    )
    from cekura_client.results import (
        METRIC_ROW_FIELDS,
        MetricRow,
        explanation_text,
        is_evaluating,
        metric_results,
        passed,
        results_by_id,
        to_rows,
    )

__all__ = [
    "METRIC_ROW_FIELDS",
    "APIConnectionError",
    "APIStatusError",
    "Agent",
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
    "ClientClosedError",
    "Comparison",
    "CriticalCategory",
    "Estimate",
    "Evaluation",
    "EvaluationBaseline",
    "Filter",
    "FilterValue",
    "IncompleteBatchesError",
    "InvalidRequestError",
    "InvalidResponseError",
    "JournalFinishedError",
    "Metric",
    "MetricComparison",
    "MetricResult",
    "MetricResultSummary",
    "MetricRow",
    "MissingRowsError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "Project",
    "RateLimitError",
    "Reconciliation",
    "Response",
    "ResultChange",
    "RetrieveManyError",
    "RetryPolicy",
    "SentRequest",
    "ServerError",
    "SpendLimitError",
    "StillEvaluatingError",
    "TranscriptTurn",
    "WaitError",
    "WaitProgress",
    "WaitTimeoutError",
    "__version__",
    "compare",
    "explanation_text",
    "is_evaluating",
    "metric_results",
    "missing_metrics",
    "parse_retry_after",
    "passed",
    "results_by_id",
    "to_rows",
]

__version__: str

# Where each name is; it is imported when it is first asked for, so that a shell that completes a
# word of the command line does not wait for httpx. With these and the late imports in
# `_async/client.py`, to import and make a client takes 1.06 times as long as to import httpx and
# make one of its own; with all at once, 1.49 times (`make bench FIGURES=c`).
_LATE = {
    "_async.client": ("AsyncCekura",),
    "_sync.client": ("Cekura",),
    "billing": ("BillingInfo",),
    "call_logs.batches": (
        "BatchInterrupt",
        "BatchProgress",
        "BatchReport",
        "IncompleteBatchesError",
        "JournalFinishedError",
    ),
    "call_logs.listing": ("Filter", "FilterValue"),
    "call_logs.reconciling": ("Reconciliation",),
    "call_logs.spending": ("Estimate", "SpendLimitError"),
    "call_logs.waiting": ("EvaluationBaseline", "WaitProgress", "missing_metrics"),
    "comparison": ("Comparison", "MetricComparison", "ResultChange", "compare"),
    "config": ("RetryPolicy", "__version__"),
    "engine.response": ("Response",),
    "engine.retrying": ("parse_retry_after",),
    "errors": (
        "APIConnectionError",
        "APIStatusError",
        "AuthenticationError",
        "BadRequestError",
        "CekuraError",
        "ClientClosedError",
        "InvalidRequestError",
        "InvalidResponseError",
        "MissingRowsError",
        "NotFoundError",
        "OutcomeUnknownError",
        "PermissionDeniedError",
        "RateLimitError",
        "RetrieveManyError",
        "SentRequest",
        "ServerError",
        "StillEvaluatingError",
        "WaitError",
        "WaitTimeoutError",
    ),
    "models": (
        "Agent",
        "CallLog",
        "CallLogSummary",
        "CallStatus",
        "CategoryPriority",
        "CriticalCategory",
        "Evaluation",
        "Metric",
        "MetricResult",
        "MetricResultSummary",
        "Project",
        "TranscriptTurn",
    ),
    "results": (
        "METRIC_ROW_FIELDS",
        "MetricRow",
        "explanation_text",
        "is_evaluating",
        "metric_results",
        "passed",
        "results_by_id",
        "to_rows",
    ),
}

if not TYPE_CHECKING:  # or else a type checker would take any name to be here

    def __getattr__(name: str) -> object:
        for module, names in _LATE.items():
            if name in names:
                found = getattr(import_module(f"cekura_client.{module}"), name)
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return __all__
