"""Hypothesis strategies made from JSON schemas: any value that a schema allows, odd ones preferred.

Only what the contract uses is known. Another keyword raises, so that none slips through.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import cast

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from scripts.tools.documents import Document, Json
from tests.properties.contracts import resolved, validator

_ANNOTATIONS = {"description", "title", "readOnly", "examples"}
_COMBINING = ("allOf", "anyOf", "oneOf")
_OF_TYPES = {
    *("type", "format", "minLength", "maxLength", "pattern"),
    *("items", "properties", "required", "additionalProperties"),
}
_LONGEST = 20  # characters of a text that has no limit
_MOST_MEMBERS = 2  # beside the required ones; small bodies, and many of them

_ODD_TEXTS = [
    *("", " ", "\n", "\x00", "\x7f", "\u2028", "\ufeff"),
    *("\u202eright to left", "e\u0301", "\U0001f9d1"),
    *("null", "true", "0", "5.0", "NaN", "{}", "[]", '"', "\\", "\\u0000", "2024-03-15T10:15:45Z"),
    *("all", "success", "completed", "evaluating", "critical"),
]  # fmt: skip
# Names that mean something to Python, to the generated models or to the JSON of another field.
ODD_NAMES = [
    *("", " ", "type_", "id_", "ID", "self", "cls", "d", "data", "src_dict", "class", "import"),
    *("additional_properties", "additional_keys", "from_dict", "to_dict", "__class__", "__dict__"),
    *("$ref", "a.b", "a/b", "\x00", "\u00e9", "metrics_type_0", "UNSET", "Unset"),
]
_ODD_INTEGERS: list[Json] = [
    *(0, 1, -1, 2**31, 2**53 + 1, -(2**63) - 1, 10**40),
    *(0.0, -0.0, 5.0, -7.0, 2.0**53, 1e22, 1e300),
]
_ODD_NUMBERS: list[Json] = [
    *_ODD_INTEGERS,
    *(0.1, 1e-7, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.5, 10**400),
]


class UnknownKeywordError(Exception):
    """A schema says something that no value here would respect."""


INTEGERS: SearchStrategy[Json] = st.one_of(st.sampled_from(_ODD_INTEGERS), st.integers())
NUMBERS: SearchStrategy[Json] = st.one_of(
    st.sampled_from(_ODD_NUMBERS), st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS: SearchStrategy[str] = st.one_of(st.sampled_from(_ODD_TEXTS), st.text(max_size=_LONGEST))
_SCALARS: SearchStrategy[Json] = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
_NESTED: list[Json] = [[], {}, [[]], [{}], {"": {}}, {"a": [None, {"b": [1e300, -0.0, "\x00"]}]}]
FREE_FORM: SearchStrategy[Json] = st.one_of(
    _SCALARS,
    st.sampled_from(_NESTED),
    st.lists(_SCALARS, max_size=2),
    st.dictionaries(TEXTS, _SCALARS, max_size=2),
)


def _offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


_FIRST = dt.datetime(1, 1, 1)  # noqa: DTZ001 - the zone is written behind it
_MICROSECONDS = dt.date.max.toordinal() * 86_400_000_000 - 1
_ODD_ZONES = ["Z", "z", "-00:00", "+00:00"]


def _date(microseconds: int, separator: str, fraction: str, zone: str | int) -> Json:
    moment = _FIRST + dt.timedelta(microseconds=microseconds)
    text = moment.isoformat(separator, timespec="seconds")
    return f"{text}{moment.strftime(fraction)}{zone if isinstance(zone, str) else _offset(zone)}"


# Dates of RFC 3339, no finer than a microsecond.
DATES: SearchStrategy[Json] = st.builds(
    _date,
    st.integers(0, _MICROSECONDS),
    st.sampled_from("Tt"),
    st.sampled_from([".%f", ".5", ".000", ""]),
    st.one_of(st.sampled_from(_ODD_ZONES), st.integers(-1439, 1439)),
)

_SIMPLE: dict[str, SearchStrategy[Json]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "integer": INTEGERS,
    "number": NUMBERS,
}


def _require(known: bool, schema: Document) -> None:  # noqa: FBT001 - reads as a sentence
    if not known:
        raise UnknownKeywordError(f"not known, or not together: {schema!r}")


class SchemaValues:
    """Makes strategies from the schemas of a contract.

    Args:
        contract: What the schemas' references lead into.
        further_names: Names that the schemas do not know, besides the odd ones.
    """

    def __init__(self, contract: Document, further_names: Sequence[str] = ()) -> None:
        self._contract = contract
        self._names = [*ODD_NAMES, *further_names]

    def of(self, schema: Json) -> SearchStrategy[Json]:
        """Make a strategy of a schema.

        Raises:
            UnknownKeywordError: The schema has a keyword, or a combination, that is not known.
        """
        if not isinstance(schema, dict):
            raise UnknownKeywordError(f"{schema!r} as a schema")
        words = {word for word in schema if word not in _ANNOTATIONS and not word.startswith("x-")}
        if not words:
            return FREE_FORM
        if "$ref" in words:
            _require(words <= {"$ref"}, schema)
            return self.of(resolved(self._contract, schema))
        if words & {*_COMBINING}:
            return self._combined(schema, words)
        if words & {"enum", "const"}:
            _require(words <= {"enum", "const", "type"}, schema)
            choices = schema.get("enum", [schema.get("const")])
            allowed = self._judge(schema)
            return st.sampled_from([c for c in cast("list[Json]", choices) if allowed(c)])
        _require("type" in words and words <= _OF_TYPES, schema)
        types = schema["type"]
        names = cast("list[str]", types if isinstance(types, list) else [types])
        return st.one_of([self._typed(name, schema) for name in names])

    def _judge(self, schema: Document) -> Callable[[Json], bool]:
        return validator(self._contract, schema).is_valid

    def _combined(self, schema: Document, words: set[str]) -> SearchStrategy[Json]:
        """Draw from the branches; what stands beside them narrows what they give."""
        (word, *others) = words & {*_COMBINING}
        branches = cast("list[Json]", schema[word])
        _require(not others and words <= {word, "type"}, schema)
        _require(word != "allOf" or len(branches) == 1, schema)
        drawn = st.one_of([self.of(branch) for branch in branches])
        if word == "oneOf":
            return drawn.filter(self._judge(schema))
        return drawn.filter(self._judge({"type": schema["type"]})) if "type" in words else drawn

    def _typed(self, name: str, schema: Document) -> SearchStrategy[Json]:
        if name == "string":
            return self._text(schema)
        if name == "array":
            return st.lists(self.of(schema.get("items", {})), max_size=2)
        if name == "object":
            return self._object(schema)
        _require(name in _SIMPLE, schema)
        return _SIMPLE[name]

    @staticmethod
    def _text(schema: Document) -> SearchStrategy[Json]:
        _require(schema.get("format") in (None, "date-time", "double"), schema)
        if schema.get("format") == "date-time":
            _require(not {"minLength", "maxLength"} & {*schema}, schema)
            return DATES
        if "pattern" in schema:
            _require(not {"minLength", "maxLength"} & {*schema}, schema)
            return st.from_regex(str(schema["pattern"]), fullmatch=True)
        least = cast("int", schema.get("minLength", 0))
        most = cast("int", schema.get("maxLength", least + _LONGEST))
        longest = st.sampled_from(["x" * most, "\U0001f9d1" * most])
        texts = st.one_of(TEXTS, longest)
        if not least and most >= _LONGEST:
            return texts
        return texts.filter(lambda text: least <= len(text) <= most)

    def _object(self, schema: Document) -> SearchStrategy[Json]:
        properties = cast("Document", schema.get("properties", {}))
        required = cast("list[str]", schema.get("required", []))
        _require({*required} <= {*properties}, schema)
        known = {name: self.of(member) for name, member in properties.items()}
        optional = sorted({*known} - {*required})
        further = schema.get("additionalProperties", {})
        unknown = st.nothing() if further is False else self.of({} if further is True else further)
        names = st.one_of(st.sampled_from(self._names), TEXTS).filter(
            lambda name: name not in known
        )
        # One draw for all of them: drawing is what takes time.
        choices = st.sampled_from(
            [c for size in range(_MOST_MEMBERS + 1) for c in combinations(optional, size)]
        )
        none: SearchStrategy[dict[str, Json]] = st.just({})
        one = st.tuples(names, unknown).map(lambda member: dict([member]))
        several = st.dictionaries(names, unknown, max_size=2)
        unknown_members = st.one_of(none, none, one, several)

        @st.composite
        def objects(draw: DrawFn) -> Json:
            drawn = {name: draw(known[name]) for name in (*required, *draw(choices))}
            return {**drawn, **draw(unknown_members)}

        return objects()
