"""What was said in the calls."""

from dataclasses import dataclass
from typing import cast

from cekura_client.sandbox.content.seed import SeededCall

Data = dict[str, object]
_Script = tuple[tuple[str, str | Data], ...]

_CALLER, _AGENT = "Testing Agent", "Main Agent"
_FUNCTION_CALL, _FUNCTION_RESULT = "Function Call", "Function Call Result"
_SECONDS_PER_WORD = 0.4
_PAUSE = 0.6

_CUSTOMERS = (
    "John Doe", "Maria Lopez", "Aisha Khan", "Tom Becker", "Yuki Tanaka", "Grace Obi", "Liam Byrne",
)  # fmt: skip  # a list of names, not one name a line


@dataclass(frozen=True, slots=True)
class Conversation:
    """One call's words and what was noted about it."""

    customer: str
    customer_number: str
    topic: str
    dropoff_point: str
    turns: list[Data]
    text: str
    seconds: int
    variables: Data


@dataclass(frozen=True, slots=True)
class _Scenario:
    topic: str
    dropoff_point: str
    script: _Script
    variables: tuple[tuple[str, str], ...]


_BILLING = _Scenario(
    "billing_question",
    "end of conversation as no queries remaining",
    (
        (_AGENT, "Brightway Energy, how can I help you today?"),
        (_CALLER, "Hello, this is {customer}. My bill is twice what it was last month."),
        (_AGENT, "I see a meter reading that was estimated. Could you read your meter to me?"),
        (_CALLER, "It says four five one two."),
        (_AGENT, "Thank you. I have corrected it, and you will get a new bill by Friday."),
        (_CALLER, "Great, thanks. Goodbye."),
    ),
    (("account", "BW-{number}"), ("plan", "fixed-12")),
)
_OUTAGE = _Scenario(
    "power_outage",
    "end of conversation as no queries remaining",
    (
        (_AGENT, "Brightway Energy, how can I help you today?"),
        (_CALLER, "This is {customer}. The power has been out on my street since seven."),
        (_FUNCTION_CALL, {"id": "fc_1", "name": "find_outage", "arguments": {"street": "Mill Rd"}}),
        (
            _FUNCTION_RESULT,
            {"id": "fc_1", "name": "find_outage", "result": {"known": True, "minutes_left": 40}},
        ),
        (_AGENT, "We know of it. A crew is there, and it should be back in forty minutes."),
        (_CALLER, "Okay, I will wait then."),
    ),
    (("account", "BW-{number}"), ("region", "north")),
)
_MOVING = _Scenario(
    "moving_house",
    "caller asked for a person",
    (
        (_AGENT, "Brightway Energy, how can I help you today?"),
        (_CALLER, "I am moving on the first. Can I take my contract with me?"),
        (_AGENT, "You can. What is the new address?"),
        (_CALLER, "I would rather tell that to a person."),
        (_AGENT, "Of course. I am putting you through."),
    ),
    (("account", "BW-{number}"), ("plan", "flex")),
)
_BOOKING = _Scenario(
    "new_appointment",
    "end of conversation as no queries remaining",
    (
        (_AGENT, "Harbor Dental, good morning. How can I help?"),
        (_CALLER, "Hi, {customer} here. I would like a check-up next week."),
        (_AGENT, "Tuesday at ten or Thursday at four?"),
        (_CALLER, "Thursday at four, please."),
        (_AGENT, "You are booked for Thursday at four. Anything else?"),
        (_CALLER, "No, that is all. Thank you."),
    ),
    (("patient", "P-{number}"), ("insurance", "public")),
)
_RESCHEDULING = _Scenario(
    "reschedule_appointment",
    "end of conversation as no queries remaining",
    (
        (_AGENT, "Harbor Dental, good morning. How can I help?"),
        (_CALLER, "I have to move my appointment on Monday."),
        (_AGENT, "No problem. Would Wednesday at nine suit you?"),
        (_CALLER, "Yes, it would."),
        (_AGENT, "Then it is Wednesday at nine. You will get a message."),
    ),
    (("patient", "P-{number}"), ("insurance", "private")),
)
_TOOTHACHE = _Scenario(
    "urgent_pain",
    "caller hung up before a time was agreed",
    (
        (_AGENT, "Harbor Dental, good morning. How can I help?"),
        (_CALLER, "My tooth hurts, can somebody see me today?"),
        (_AGENT, "I have nothing today. How about tomorrow at eight?"),
        (_CALLER, "That is too late, I will try elsewhere."),
    ),
    (("patient", "P-{number}"), ("insurance", "none")),
)

_SCENARIOS = {224: (_BILLING, _OUTAGE, _MOVING), 2142: (_BOOKING, _RESCHEDULING, _TOOTHACHE)}
_ALL_SCENARIOS = tuple(scenario for scenarios in _SCENARIOS.values() for scenario in scenarios)


def _clock(seconds: float, minutes_width: int) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:0{minutes_width}d}:{rest:02d}"


def clock(seconds: float) -> str:
    """Seconds as MM:SS."""
    return _clock(seconds, 2)


def _made_up(scenario: _Scenario, customer: str) -> list[Data]:
    turns: list[Data] = []
    now = 1.0
    for role, said in scenario.script:
        turn: Data
        if isinstance(said, str):
            words = said.format(customer=customer)
            end = round(now + _SECONDS_PER_WORD * len(words.split()), 1)
            turn = {"role": role, "content": words, "start_time": now, "end_time": end}
            turn["timestamp"] = now
        else:
            # A function call takes no time to say; its result has data and no content.
            end = now
            turn = {"role": role, "data": said, "start_time": now, "end_time": end}
            turn["time"] = _clock(now, 1)
            if role == _FUNCTION_CALL:
                turn["content"] = f"{said['name']}"
        turns.append(turn)
        now = round(end + _PAUSE, 1)
    return turns


def _seconds(turn: Data, name: str) -> float:
    value = turn.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _line(turn: Data) -> str:
    data = turn.get("data")
    words = cast("Data", data).get("name") if isinstance(data, dict) else turn.get("content")
    return f"[{clock(_seconds(turn, 'start_time'))}] {turn.get('role')}: {words}"


def conversation(call: SeededCall) -> Conversation:
    """Tell what was said in a call; the same each time it is asked."""
    scenarios = _SCENARIOS.get(call.agent_id, _ALL_SCENARIOS)
    scenario = scenarios[call.index // 2 % len(scenarios)]
    customer = _CUSTOMERS[call.index % len(_CUSTOMERS)]
    known = call.facts.get("transcript_object")
    turns = cast("list[Data]", known) if known is not None else _made_up(scenario, customer)
    ends = max((_seconds(turn, "end_time") for turn in turns), default=0.0)
    seconds = call.facts.get("duration")
    number = 10_000 + call.index
    return Conversation(
        customer=customer,
        customer_number=f"+1555010{call.index % 100:02d}",
        topic=scenario.topic,
        dropoff_point=scenario.dropoff_point,
        turns=turns,
        text="\n".join(map(_line, turns)),
        # To the whole second after a last pause, where nothing else is known.
        seconds=seconds if isinstance(seconds, int) else int(round(ends + _PAUSE, 1)) + 1,
        variables={
            "customer_name": customer,
            **{name: value.format(number=number) for name, value in scenario.variables},
        },
    )
