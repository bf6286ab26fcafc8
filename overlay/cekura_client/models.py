"""Stable names for the generated models; import them from `cekura_client`."""

from cekura_api.models import (
    CallLog,
    CallLogSummary,
    CallStatus,
    CategoryPriority,
    CriticalCategory,
    Evaluation,
    Metric,
    MetricResult,
    MetricResultSummary,
    TranscriptTurn,
)

__all__ = [
    "CallLog",
    "CallLogSummary",
    "CallStatus",
    "CategoryPriority",
    "CriticalCategory",
    "Evaluation",
    "Metric",
    "MetricResult",
    "MetricResultSummary",
    "TranscriptTurn",
]

LARGEST_ID = 2**63 - 1
"""The largest id that the API can have."""
