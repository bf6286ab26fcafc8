"""Overlays: a file that is not what it looks like is refused before anything is applied."""

from pathlib import Path

import pytest

from scripts.contract.step3_correct.overlays import parse_overlay, read_overlays
from scripts.tools.documents import Document, parse_document
from scripts.tools.layout import REPOSITORY
from scripts.tools.refusals import RefusedError

GOOD = """
overlay: 1.0.0
info: {title: T, version: 1.0.0, x-published: p, x-evidence: e, x-reason: r}
actions:
  - target: $.info
    update: {title: B}
    x-published: {title: A}
"""


def overlay(old: str = "", new: str = "") -> Document:
    assert old in GOOD
    return parse_document(GOOD.replace(old, new) if old else GOOD, "overlay")


def test_a_good_overlay_is_read() -> None:
    (action,) = parse_overlay(overlay(), "some.yaml").actions
    assert action.name == "some.yaml: action 1 ($.info)"
    assert (action.update, action.expected, action.removes) == (
        {"title": "B"},
        {"title": "A"},
        False,
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("overlay: 1.0.0", "overlay: 2.0.0", "some.yaml: overlay: expected 1.0.0, found"),
        ("overlay: 1.0.0", "overlay: 1.0", "some.yaml: overlay: expected 1.0.0, found 1.0"),
        ("info:", "infos:", "some.yaml: unknown key 'infos'"),
        ("title: T, ", "", "some.yaml: info: title: expected text, found null"),
        ("x-evidence: e", "x-evidence: ' '", "some.yaml: info: x-evidence: expected text"),
        ("x-reason", "x-raeson", "some.yaml: info: unknown key 'x-raeson'"),
        ("actions:", "extends: 3\nactions:", "some.yaml: extends: expected text, found 3"),
        ("target: $.info", "target: info", "some.yaml: action 1: target: expected a JSONPath"),
        (
            "x-published: {title: A}",
            "x-publishd: {title: A}",
            "some.yaml: action 1 ($.info): unknown key 'x-publishd'",
        ),
        ("x-published: {title: A}", "", "expected either x-published or x-published-absent"),
        ("x-published: {title: A}", "x-published: {}", "expected members of an object, or a list"),
        ("x-published: {title: A}", "x-published: A", "expected members of an object, or a list"),
        (
            "x-published: {title: A}",
            "x-published: {title: A}\n    x-published-absent: true",
            "expected either x-published or x-published-absent",
        ),
        ("x-published: {title: A}", "x-published-absent: 'yes'", "expected true, found"),
        ("x-published: {title: A}", "x-published-absent: false", "expected either x-published"),
        ("update: {title: B}", "remove: 1", "remove: expected true or false, found 1"),
        ("update: {title: B}", "remove: false", "expected either an update or remove: true"),
        ("update: {title: B}", "update: null", "update: expected a value, found null"),
        ("update: {title: B}", "description: 3", "description: expected text"),
        (
            "update: {title: B}",
            "remove: true\n    update: {title: B}",
            "expected either an update or remove: true",
        ),
        (
            "update: {title: B}\n    x-published: {title: A}",
            "remove: true\n    x-published-absent: true",
            "what is removed cannot be absent",
        ),
    ],
)
def test_what_is_no_overlay_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        parse_overlay(overlay(old, new), "some.yaml")
    assert message in str(refusal.value)


@pytest.mark.parametrize("actions", ["[]", "{}", "null", "[1]"])
def test_an_overlay_needs_actions(actions: str) -> None:
    with pytest.raises(RefusedError, match=r"some\.yaml: action"):
        parse_overlay(
            parse_document(f"{GOOD.partition('actions:')[0]}actions: {actions}\n", "o"), "some.yaml"
        )


def test_an_action_that_stands_twice_is_refused() -> None:
    action = GOOD.partition("actions:")[2]
    with pytest.raises(RefusedError, match="one stands there twice"):
        parse_overlay(parse_document(GOOD + action.lstrip("\n"), "o"), "some.yaml")


def test_a_file_that_is_no_overlay_is_refused_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "quirk.yaml.bak").write_text("notes: none\n", "utf-8")
    with pytest.raises(
        RefusedError, match=rf"{tmp_path.name}/quirk\.yaml\.bak: unknown key 'notes'"
    ):
        read_overlays(tmp_path)


def test_the_overlays_of_the_repository_are_named_after_folder_and_file() -> None:
    names = [overlay.name for overlay in read_overlays(*REPOSITORY.overlays)]
    assert names[0] == "corrections/agent-id-shape.yaml"
    assert names[-1] == "additions/retrieve-call-log.yaml"
