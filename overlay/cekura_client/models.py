"""Stable names for the generated models; import them from `cekura_client`."""

from cekura_api.models import (
    CallLog,
    CallLogSummary,
    CriticalCategory,
    Evaluation,
    MetricResult,
    MetricResultSummary,
    TranscriptTurn,
)
from cekura_api.types import UNSET, Unset

__all__ = [
    "UNSET",
    "CallLog",
    "CallLogSummary",
    "CriticalCategory",
    "Evaluation",
    "MetricResult",
    "MetricResultSummary",
    "TranscriptTurn",
    "Unset",
]
