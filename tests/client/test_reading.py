"""How replies are read fast: nothing is lost on the way, and the process is left as it was."""

import copy
import gc
import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest
from cekura_api.reading import DecodeError, one, rows
from cekura_client import CallLog, CriticalCategory, MetricResult, TranscriptTurn, metric_results

READ_CALL, READ_CALLS = one(CallLog.from_dict), rows(CallLog.from_dict)
# What the standard library reads and most fast parsers do not, or not exactly.
ODD_VALUES = [
    *("NaN", "-Infinity", "1e400", "-0", "-0.0", "1E5", "0.1e-400"),
    *("18446744073709551616", "-9223372036854775809", "1" * 300, "0.30000000000000004"),
    *(r'"\ud800"', r'"\udc00\ud800"', r'"\u0000"', r'"\/"', '{"a": 1, "a": 2}'),
    "[" * 90 + "]" * 90,
]  # fmt: skip


def told_apart(value: object) -> str:
    return json.dumps(value)  # 1 and 1.0, 0.0 and -0.0, NaN and NaN


@pytest.mark.parametrize("text", ODD_VALUES)
def test_every_value_is_read_as_the_standard_library_reads_it(text: str) -> None:
    row = f'{{"id": 1, "call_id": "a", "unknown": {text}, "rubric": {text}}}'
    value = told_apart(json.loads(text))
    for call in (READ_CALL(row.encode()), *READ_CALLS(f"[{row}]".encode())):
        assert told_apart(call["unknown"]) == value
        assert told_apart(call.rubric) == value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_every_encoding_of_json(encoding: str) -> None:
    body = '[{"id": 1, "call_id": "ä\U0001f600"}]'.encode(encoding)
    assert [call.call_id for call in READ_CALLS(body)] == ["ä\U0001f600"]


@pytest.mark.parametrize(
    "text", ["01", "+1", "1.", ".5", "'a'", '"\t"', '"\\x41"', "nul", "[1,]", "{a: 1}", '"a', "1 2"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    begin = '[{"id": 1, "call_id": "a"'
    for body in (f'{begin}, "unknown": {text}}}]', f"{begin}}}] {text}"):
        with pytest.raises(DecodeError, match="not JSON"):
            READ_CALLS(body.encode())


def test_nested_too_deeply_for_python() -> None:
    body = b'[{"id": 1, "call_id": "a", "unknown": ' + b"[" * 200_000 + b"]" * 200_000 + b"}]"
    with pytest.raises(DecodeError):
        READ_CALLS(body)


def test_a_name_that_python_reserves() -> None:
    result = MetricResult.from_dict({"id": 1, "type": "a"})
    assert result.type_ == "a"
    assert result.to_dict()["type"] == "a"


def read_turn(**fields: Any) -> TranscriptTurn:
    body = json.dumps([{"id": 1, "call_id": "a", "transcript_object": [{"role": "a"} | fields]}])
    (call,) = READ_CALLS(body.encode())
    assert isinstance(call.transcript_object, list)
    return call.transcript_object[0]


def test_room_for_unknown_fields_is_made_on_demand() -> None:
    turn = read_turn()
    assert turn.additional_keys == []
    assert "new" not in turn
    with pytest.raises(KeyError):
        turn["new"]
    assert turn.additional_properties == {}
    turn["new"] = 1
    assert turn.additional_properties == {"new": 1}
    assert (turn["new"], turn.additional_keys, "new" in turn) == (1, ["new"], True)
    assert turn.to_dict()["new"] == 1
    del turn["new"]
    assert turn == read_turn()


def test_unknown_fields_are_as_if_they_had_always_been_there() -> None:
    fields: dict[str, Any] = {
        "content": "b",
        "timestamp": 1,
        "start_time": 1,
        "end_time": 2,
        "time": "0:01",
    }
    made = TranscriptTurn(role="a", data=None, **fields)

    def read() -> TranscriptTurn:
        return read_turn(data=None, **fields)

    assert read() == made
    assert repr(read()) == repr(made)
    assert "new" not in read()
    assert read().additional_keys == []
    assert attrs.evolve(read(), role="b").role == "b"
    assert copy.deepcopy(read()) == made
    assert pickle.loads(pickle.dumps(read())) == made  # noqa: S301  (our own bytes)
    assert read_turn(new=[1]).additional_properties == {"new": [1]}
    assert read_turn(new=[1]) != read()


def test_a_model_that_is_pickled_or_copied_equals_itself() -> None:
    call = READ_CALL(
        json.dumps(
            {
                "id": 1,
                "call_id": "a",
                "new": [1],
                "transcript_object": [{"role": "a", "more": {"b": None}}],
                "timestamp": "2024-03-15T10:15:45Z",
            }
        ).encode()
    )
    for made in (call, CallLog(id=1, call_id="a"), read_turn()):
        assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301  (our own bytes)
        assert copy.deepcopy(made) == copy.copy(made) == made
        assert copy.deepcopy(made).to_dict() == made.to_dict()


def test_a_repr_is_short_and_holds_nothing_that_people_said() -> None:
    texts = dict.fromkeys(
        [
            "transcript",
            "customer_number",
            "feedback",
            "voice_recording_url",
            "error_message",
            "topic",
            "call_ended_reason",
            "user_generated_transcript",
        ],
        "secret" * 99,
    )
    call = CallLog.from_dict(
        texts
        | {"id": 7, "call_id": "c" * 255, "status": "reviewed_failure" * 9, "success": False}
        | {"is_reviewed": True, "timestamp": "2024-03-15T10:15:45Z", "agent": 10**50}
        | {"new": "secret", "agent_name": "Booking"}  # no name of a person
        | {"transcript_object": [{"role": "r" * 99, "content": "secret", "data": {"a": "secret"}}]}
        | {"metadata": {"a": "secret"}, "dynamic_variables": {"phone": "secret"}}
        | {"evaluation": {"metrics": [{"id": 1, "name": "n" * 99, "explanation": "secret",
                                       "score": 1e-300, "extra": {"a": "secret"}}]}}
    )  # fmt: skip
    assert call.transcript_object is not None
    (result,) = metric_results(call)
    for model in (call, call.evaluation, call.transcript_object[0], result):
        assert len(repr(model)) < 300
        assert "secret" not in repr(model)
        assert "\n" not in repr(model)
    assert repr(result).startswith("MetricResult(id=1, name='nnn")
    assert "id=7" in repr(call)
    assert "agent_name='Booking'" in repr(call)
    assert "status='reviewed_failure" in repr(call)
    assert repr(CallLog(id=1, call_id="a")) == "CallLog(call_id='a', id=1)"


def test_threads_that_ask_at_once_get_the_same_room() -> None:
    turns = [read_turn() for _ in range(200)]
    barrier = threading.Barrier(4)

    def ask() -> list[int]:
        barrier.wait(10)
        return [id(turn.additional_properties) for turn in turns]

    with ThreadPoolExecutor(4) as pool:
        answers = [done.result() for done in [pool.submit(ask) for _ in range(4)]]
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_is(enabled: bool) -> None:  # noqa: FBT001
    row = {"id": 1, "call_id": "a", "critical_categories": [{"category": "b"}] * 50}
    body = json.dumps([row] * 50).encode()
    seen: set[object] = set()

    def state() -> object:
        return gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug()

    def read() -> None:
        for _ in range(20):
            (call, *_) = READ_CALLS(body)
            assert call.critical_categories == [CriticalCategory(category="b")] * 50
            seen.add(state())

    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        before = state()
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(read) for _ in range(4)]:
                done.result()
        assert seen == {before} == {state()}
    finally:
        (gc.enable if was else gc.disable)()
