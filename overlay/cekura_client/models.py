"""Stable names for the generated models; import them from `cekura_client`."""

from cekura_api.models import (
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

__all__ = [
    "CallLog",
    "CallLogSummary",
    "CallStatus",
    "CategoryPriority",
    "CriticalCategory",
    "Evaluation",
    "MetricResult",
    "MetricResultSummary",
    "TranscriptTurn",
]
