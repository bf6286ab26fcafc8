"""Calls before and after a re-score, for reports."""

from typing import Any

from cekura_client import CallLog

POLITE, EMPATHY, TOPIC = 1, 2, 3
PASSED, FAILED = True, False
HOSTILE = "<img src=http://127.0.0.1:9/x onerror=\"document.title='owned'\"> {{ 7 * 7 }} '\"&"
SAID = "My number is 555-0199, and \ud800 that is half of something"
NUMBER = "+15550142"


def polite(passed: bool | None, **told: Any) -> dict[str, Any]:  # noqa: FBT001
    return {"id": POLITE, "name": "Polite", "eval_type": "binary", "passed": passed} | told


def empathy(score: float) -> dict[str, Any]:
    return {"id": EMPATHY, "name": "Empathy", "eval_type": "numeric", "score": score}


def topic(value: str) -> dict[str, Any]:
    return {"id": TOPIC, "name": "Topic", "eval_type": "enum", "enum": value}


def call(number: int, *results: dict[str, Any], **told: Any) -> CallLog:
    turns = [
        {"role": "Main Agent", "content": "Good morning.", "start_time": 1.0},
        {"role": "Testing Agent", "content": SAID, "start_time": 65.4},
    ]
    written = {
        "id": number,
        "call_id": f"platform-{number}",
        "customer_number": NUMBER,
        "voice_recording_url": f"https://example.com/{number}.mp3",
        "transcript_object": turns,
        "evaluation": {"metrics": [*results]},
    }
    return CallLog.from_dict(written | told)


def before() -> list[CallLog]:
    return [
        call(n, polite(n != 2, explanation=["Was kind."]), empathy(n % 4), topic("billing"))
        for n in range(1, 21)
    ]


def after() -> list[CallLog]:
    """Call 1 gets worse, call 2 better; 3 scores higher, 4 is about another topic."""
    calls = before()
    calls[0] = call(1, polite(FAILED, explanation=["Rude at 01:05."]), empathy(1), topic("billing"))
    calls[1] = call(2, polite(PASSED), empathy(2), topic("billing"))
    calls[2] = call(3, polite(PASSED), empathy(3.5), topic("billing"))
    calls[3] = call(4, polite(PASSED), empathy(0), topic("refund"))
    return calls


def hostile() -> list[CallLog]:
    """Calls whose every text would like to be more than text."""
    name = {"id": 4, "name": HOSTILE, "explanation": [HOSTILE, "\ud800 <script>alert(1)</script>"]}
    return [
        call(
            1,
            polite(FAILED, **name),
            topic("</style><script>document.title='owned'</script>"),
            call_id=HOSTILE,
            voice_recording_url="javascript:document.title='owned'",
        ),
        call(2, polite(FAILED, **name), voice_recording_url='https://x/"onmouseover="alert(1)'),
    ]
