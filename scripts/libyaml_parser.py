"""A parser of YAML in C under ruamel.yaml's composer and constructor: five times as quick.

PyYAML brings libyaml, which parses YAML 1.1. It is let at text that both versions read alike, and
ruamel.yaml gives the text its meaning, by YAML 1.2; the rest is left to ruamel.yaml's own parser.
"""

import re
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, cast

import yaml
from ruamel.yaml import events
from ruamel.yaml.composer import Composer
from yaml import events as parsed

# White space other than spaces and line feeds, directives, lines of nothing but spaces, a comment
# straight after the head of a block, and a value straight after a quoted key. Tags, marks
# between documents and names of anchors are looked at later.
_ODD = re.compile(
    r"""[\t\r\x85\u2028\u2029\ufeff] | ^% | ^\x20+$ | [|>][-+\d]*\# | ["']:[^\x20\n]""",
    re.MULTILINE | re.VERBOSE,
)


class OddYamlError(Exception):
    """The text is not for this parser, whether or not it is right."""


def libyaml_parser(text: str) -> Callable[..., object]:
    """Make a parser of one text.

    Args:
        text: The YAML.

    Returns:
        What `ruamel.yaml.YAML.Parser` may be set to. It raises what PyYAML raises, or
        OddYamlError, where the text turns out to be wrong or odd.

    Raises:
        OddYamlError: The two versions of YAML may read it differently, or there is no libyaml.
    """
    if not yaml.__with_libyaml__ or _ODD.search(text):
        raise OddYamlError
    return partial(_LibyamlParser, text)


class OneParserComposer(Composer):
    """ruamel.yaml's composer, without looking up its parser and resolver anew for each node."""

    if not TYPE_CHECKING:  # where they are properties
        parser = cached_property(lambda self: self.loader.parser)
        resolver = cached_property(lambda self: self.loader.resolver)


class _LibyamlParser:
    """The interface of ruamel.yaml's parser."""

    def __init__(self, text: str, *, loader: object) -> None:  # noqa: ARG002 - ruamel's signature
        self._text = text
        self._parser = yaml.CSafeLoader(text)
        self._next: events.Event | None = None

    def peek_event(self) -> events.Event:
        """Look at the next event."""
        if self._next is None:
            self._next = _converted(cast("parsed.Event", self._parser.get_event()), self._text)
        return self._next

    def check_event(self, *choices: type[events.Event]) -> bool:
        """Tell whether the next event is one of these."""
        return isinstance(self.peek_event(), choices)

    def get_event(self) -> events.Event:
        """Take the next event."""
        event = self.peek_event()
        self._next = None
        return event

    def dispose(self) -> None:
        """Let go of the text."""
        self._parser.dispose()


def _converted(event: parsed.Event, text: str) -> events.Event:
    marks = (event.start_mark, event.end_mark)
    kind = getattr(events, type(event).__name__)
    match event:
        case parsed.ScalarEvent(tag=None):
            _require_plain_name(event, text)
            return events.ScalarEvent(
                event.anchor, None, event.implicit, event.value, *marks, event.style
            )
        case parsed.CollectionStartEvent(tag=None):
            _require_plain_name(event, text)
            return cast(
                "events.Event", kind(event.anchor, None, event.implicit, *marks, event.flow_style)
            )
        case parsed.AliasEvent():
            _require_plain_name(event, text)
            return events.AliasEvent(event.anchor, *marks)
        case parsed.NodeEvent() | parsed.DocumentStartEvent(explicit=True):
            raise OddYamlError
        case parsed.DocumentEndEvent(explicit=True):
            raise OddYamlError
        case _:
            return cast("events.Event", kind(*marks))


def _require_plain_name(event: parsed.NodeEvent, text: str) -> None:
    """Refuse the name of an anchor that YAML 1.2 may read on."""
    if event.anchor is not None and event.start_mark is not None:
        begin = event.start_mark.index + 1
        end = begin + len(event.anchor)
        if text[begin:end] != event.anchor or text[end : end + 1].strip():
            raise OddYamlError
