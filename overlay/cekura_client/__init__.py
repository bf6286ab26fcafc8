"""Re-score production calls of AI voice agents through the Cekura API.

Start with `Cekura`, or `AsyncCekura` for asyncio and trio. Every error is a `CekuraError`, whose
`may_have_run` tells whether the request could have been charged.
"""

from cekura_client.async_client import AsyncCekura
from cekura_client.batches import (
    BatchInterrupt,
    BatchProgress,
    BatchReport,
    IncompleteBatchesError,
    JournalFinishedError,
)
from cekura_client.client import Cekura
from cekura_client.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    CekuraError,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from cekura_client.metric_results import metric_results, verdict
from cekura_client.models import (
    UNSET,
    CallLog,
    CallLogSummary,
    CriticalCategory,
    Evaluation,
    MetricResult,
    MetricResultSummary,
    TranscriptTurn,
    Unset,
)
from cekura_client.retries import RetryPolicy, parse_retry_after

__all__ = [
    "UNSET",
    "APIConnectionError",
    "APIStatusError",
    "AsyncCekura",
    "AuthenticationError",
    "BadRequestError",
    "BatchInterrupt",
    "BatchProgress",
    "BatchReport",
    "CallLog",
    "CallLogSummary",
    "Cekura",
    "CekuraError",
    "CriticalCategory",
    "Evaluation",
    "IncompleteBatchesError",
    "InvalidRequestError",
    "InvalidResponseError",
    "JournalFinishedError",
    "MetricResult",
    "MetricResultSummary",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "RetryPolicy",
    "ServerError",
    "TranscriptTurn",
    "Unset",
    "metric_results",
    "parse_retry_after",
    "verdict",
]
