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
    WaitError,
    WaitTimeoutError,
)
from cekura_client.metric_results import metric_results, passed
from cekura_client.metric_rows import METRIC_ROW_FIELDS, MetricRow, to_rows
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
from cekura_client.spending import Estimate, SpendLimitError
from cekura_client.waits.evaluation_wait import WaitProgress
from cekura_client.waits.marks import EvaluationMark

__all__ = [
    "METRIC_ROW_FIELDS",
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
    "Estimate",
    "Evaluation",
    "EvaluationMark",
    "IncompleteBatchesError",
    "InvalidRequestError",
    "InvalidResponseError",
    "JournalFinishedError",
    "MetricResult",
    "MetricResultSummary",
    "MetricRow",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "RetryPolicy",
    "ServerError",
    "SpendLimitError",
    "TranscriptTurn",
    "Unset",
    "WaitError",
    "WaitProgress",
    "WaitTimeoutError",
    "metric_results",
    "parse_retry_after",
    "passed",
    "to_rows",
]
