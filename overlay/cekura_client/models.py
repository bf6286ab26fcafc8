"""Stable names for the generated models; import them from `cekura_client`."""

from cekura_api.models import (
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

__all__ = [
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
]

LARGEST_ID = 2**63 - 1
"""The largest id that the API can have."""
