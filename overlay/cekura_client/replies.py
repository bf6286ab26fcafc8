"""Reads a reply's body into the generated models, strictly typed and with nothing lost.

Every value is held against its declared type, so that an editor's word can be relied on.
"""

import json
from collections.abc import Callable
from typing import TypeVar, cast

import msgspec

from cekura_client.decoders import MisfitError, model_decoder
from cekura_client.misfits import kind_of, misfit
from cekura_client.operation import UnexpectedReplyError

_ModelT = TypeVar("_ModelT")

_parse = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
# What it refuses the standard library may read: NaN, half of a surrogate pair, UTF-16.
_ASK_AGAIN = (MisfitError, msgspec.DecodeError, ValueError, RecursionError)


def read_one(model: type[_ModelT]) -> Callable[[bytes], _ModelT]:
    """Make a reader of a body that is one object.

    Example:
        >>> from cekura_client import CallLog
        >>> read_one(CallLog)(b'{"call_id": "a", "new": 1}').to_dict()
        {'new': 1, 'call_id': 'a'}
    """

    def read(body: bytes) -> _ModelT:
        try:
            return model_decoder(model)(_parse(body))
        except _ASK_AGAIN:
            return read_model(model, _parse_carefully(body), "the reply")

    return read


def read_list(model: type[_ModelT]) -> Callable[[bytes], list[_ModelT]]:
    """Make a reader of a body that is a list of objects."""

    def read(body: bytes) -> list[_ModelT]:
        decode = model_decoder(model)
        try:
            # Row by row: no more than one is there twice, and close at hand.
            return [decode(_parse(row)) for row in _split(body)]
        except _ASK_AGAIN:
            rows = _parse_carefully(body)
        if not isinstance(rows, list):
            raise UnexpectedReplyError(f"the reply is {kind_of(rows)}, not a list")
        return [
            read_model(model, row, f"[{index}]")
            for index, row in enumerate(cast("list[object]", rows))
        ]

    return read


def read_model(model: type[_ModelT], raw: object, place: str = "the value") -> _ModelT:
    """Read one object that JSON has been parsed to; the model may keep parts of it.

    Raises:
        UnexpectedReplyError: It, or a value in it, is not of its declared type.
    """
    try:
        return model_decoder(model)(raw)
    except MisfitError:
        raise UnexpectedReplyError(misfit(model, raw, place)) from None
    except RecursionError as error:
        raise UnexpectedReplyError(f"{place} is nested too deeply") from error


def _parse_carefully(body: bytes) -> object:
    if not body:
        raise UnexpectedReplyError("the reply is empty")
    try:
        return cast("object", json.loads(body))
    except (ValueError, RecursionError) as error:
        raise UnexpectedReplyError(f"the reply is not JSON ({error})") from error
