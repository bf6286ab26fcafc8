"""Makes the reply to a large re-run: call logs with turns, metrics and dates."""

import json
import random
from typing import Any

TURNS = 30
METRICS = 8

_SPEECH = """
hello thanks for calling how can I help you today sure let me look that up one moment please
your appointment is on Tuesday at six could you confirm the number on the account
"""
_WORDS = _SPEECH.split()


def rerun_reply(call_logs: int) -> bytes:
    """Make the body of a reply with this many call logs, the same at every run.

    Two thousand make 15 MB.
    """
    chance = random.Random(call_logs)  # noqa: S311  (no secret)
    rows = (json.dumps(_call_log(number, chance)) for number in range(call_logs))
    return f"[{', '.join(rows)}]".encode()


def _call_log(number: int, chance: random.Random) -> dict[str, Any]:
    minute, second = divmod(number, 60)
    date = f"2024-03-15T10:{minute % 60:02}:{second:02}"
    return {
        "id": 100_000 + number,
        "call_id": f"call_{chance.getrandbits(64):016x}",
        "duration": f"{chance.randrange(10):02}:{chance.randrange(60):02}",
        "voice_recording_url": f"https://storage.example.com/recordings/call_{number}.mp3",
        "critical_categories": [],
        "transcript_object": [_turn(turn, chance) for turn in range(TURNS)],
        "status": chance.choice(["success", "failure", "reviewed_success", "evaluating"]),
        "agent_id": 2142,
        "agent_name": "After hours",
        "evaluation": {"metrics": [_metric(metric, chance) for metric in range(METRICS)]},
        "metadata": {"ended_reason": "customer-ended-call", "ringing_duration": 3.941},
        "dynamic_variables": {"customer_name": "John Doe", "order_id": f"ORD-{number}"},
        "testing_channel_index": None,
        "timestamp": f"{date}.{chance.randrange(1_000_000):06}Z",
        "success": chance.choice([True, False, None]),
        "is_reviewed": False,
        "feedback": None,
        "rubric": None,
        "transcript": _said(chance, 60),
        "call_ended_reason": "customer-ended-call",
        "dropoff_point": None,
        "topic": "product_inquiry",
        "customer_number": "+15550100",
        "user_generated_transcript": None,
        "error_message": None,
        "created_at": f"{date}Z",
        "updated_at": f"{date}.{chance.randrange(1_000_000):06}Z",
        "trace_id": f"{chance.getrandbits(128):032x}",
        "agent": 2142,
        "project": 456,
    }


def _turn(number: int, chance: random.Random) -> dict[str, Any]:
    begin = round(number * 4 + chance.random(), 2)
    return {
        "role": ("Testing Agent", "Main Agent")[number % 2],
        "content": _said(chance, 7),
        "start_time": begin,
        "end_time": round(begin + 3 * chance.random(), 2),
    }


def _metric(number: int, chance: random.Random) -> dict[str, Any]:
    passed = chance.choice([True, False, None])
    return {
        "id": 35 + number,
        "name": f"Instruction Follow {number}",
        "type": "binary_workflow_adherence",
        "score": {True: 5, False: 0, None: None}[passed],
        "explanation": [_said(chance, 10), _said(chance, 10)],
        "extra": {"categories": [], "trigger_failed": False},
        "eval_type": "binary",
        "passed": passed,
        "score_normalized": {True: 1.0, False: 0.0, None: None}[passed],
        "function_name": "check_critical_deviations",
        "vocera_defined_metric_code": "5dedc41b",
    }


def _said(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))
