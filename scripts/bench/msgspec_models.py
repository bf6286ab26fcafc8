"""The shape of a re-run reply as msgspec models, which drop unknown fields."""

from datetime import datetime
from typing import Any

import msgspec


class Turn(msgspec.Struct):
    """A turn."""

    role: str | None
    content: str | None = None
    timestamp: float | None = None
    start_time: float | None = None
    end_time: float | None = None
    time: str | None = None
    data: Any = None


class Metric(msgspec.Struct):
    """The result of a metric."""

    id: int
    name: str | None
    type: str | None = None
    score: float | None = None
    enum: str | None = None
    value: str | None = None
    explanation: list[str] | str | None = None
    extra: dict[str, Any] | None = None
    eval_type: str | None = None
    passed: bool | None = None
    score_normalized: float | None = None
    function_name: str | None = None
    vocera_defined_metric_code: str | None = None


class Evaluation(msgspec.Struct):
    """The results of the metrics."""

    metrics: list[Metric] | None = None


class CallLog(msgspec.Struct):
    """A call log."""

    call_id: str
    id: int | None = None
    duration: str | None = None
    voice_recording_url: str | None = None
    critical_categories: list[Any] | None = None
    transcript_object: list[Turn] | None = None
    status: str | None = None
    agent_id: int | str | None = None
    agent_name: str | None = None
    evaluation: Evaluation | None = None
    metadata: dict[str, Any] | None = None
    dynamic_variables: dict[str, Any] | None = None
    testing_channel_index: int | None = None
    timestamp: datetime | None = None
    success: bool | None = None
    is_reviewed: bool | None = None
    feedback: str | None = None
    rubric: Any = None
    transcript: str | None = None
    call_ended_reason: str | None = None
    dropoff_point: str | None = None
    topic: str | None = None
    customer_number: str | None = None
    user_generated_transcript: Any = None
    error_message: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    trace_id: str | None = None
    agent: int | None = None
    project: int | None = None


read = msgspec.json.Decoder(list[CallLog]).decode
