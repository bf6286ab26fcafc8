"""How replies are read fast: nothing is lost on the way, and the process is left as it was."""

import copy
import gc
import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import cekura_api.models
import pytest
from cekura_client import CallLog, CriticalCategory, MetricResult, TranscriptTurn
from cekura_client.model_fields import fields_of
from cekura_client.operation import UnexpectedReplyError
from cekura_client.replies import read_list, read_one
from cekura_client.unknown_fields import UNKNOWN_FIELDS, UnknownFields

MODELS = [
    model
    for name in cekura_api.models.__all__
    if attrs.has(model := getattr(cekura_api.models, name))
]
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
    row = f'{{"call_id": "a", "unknown": {text}, "rubric": {text}}}'
    value = told_apart(json.loads(text))
    for call in (read_one(CallLog)(row.encode()), *read_list(CallLog)(f"[{row}]".encode())):
        assert told_apart(call["unknown"]) == value
        assert told_apart(call.rubric) == value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_every_encoding_of_json(encoding: str) -> None:
    body = '[{"call_id": "ä\U0001f600"}]'.encode(encoding)
    assert [call.call_id for call in read_list(CallLog)(body)] == ["ä\U0001f600"]


@pytest.mark.parametrize(
    "text", ["01", "+1", "1.", ".5", "'a'", '"\t"', '"\\x41"', "nul", "[1,]", "{a: 1}", '"a', "1 2"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    for body in (f'[{{"call_id": "a", "unknown": {text}}}]', f'[{{"call_id": "a"}}] {text}'):
        with pytest.raises(UnexpectedReplyError, match="not JSON"):
            read_list(CallLog)(body.encode())


def test_nested_too_deeply_for_python() -> None:
    body = b'[{"call_id": "a", "unknown": ' + b"[" * 200_000 + b"]" * 200_000 + b"}]"
    with pytest.raises(UnexpectedReplyError):
        read_list(CallLog)(body)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_tells_its_names_in_json(model: type) -> None:
    known = {field.json_name for field in fields_of(model)}
    assert len(known) == len(attrs.fields(model)) - 1  # one keeps the unknown fields
    for name in sorted(known):
        assert name.removesuffix("_") == name  # as the contract has it, not as Python needs it


def test_a_name_that_python_reserves() -> None:
    names = {field.attribute: field.json_name for field in fields_of(MetricResult)}
    assert names["type_"] == "type"
    assert names["id"] == "id"


def read_turn(**fields: Any) -> TranscriptTurn:
    body = json.dumps([{"call_id": "a", "transcript_object": [{"role": "a"} | fields]}])
    (call,) = read_list(CallLog)(body.encode())
    assert isinstance(call.transcript_object, list)
    return call.transcript_object[0]


def test_room_for_unknown_fields_is_made_on_demand() -> None:
    attribute = vars(TranscriptTurn)[UNKNOWN_FIELDS]
    assert isinstance(attribute, UnknownFields)
    turn = read_turn()
    assert not attribute.is_set(turn)
    assert turn.additional_properties == {}
    turn["new"] = 1
    assert turn.additional_properties == {"new": 1}
    assert turn.to_dict() == {"role": "a", "new": 1}


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
    row = {"call_id": "a", "critical_categories": [{"category": "b"}] * 50}
    body = json.dumps([row] * 50).encode()
    seen: set[object] = set()

    def state() -> object:
        return gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug()

    def read() -> None:
        for _ in range(20):
            (call, *_) = read_list(CallLog)(body)
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
