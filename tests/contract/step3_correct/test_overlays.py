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
        ("overlay: 1.0.0", "overlay: 2.0.0", 'some.yaml: overlay: "2.0.0" does not match'),
        ("overlay: 1.0.0", "overlay: 1.0", "some.yaml: overlay: 1.0 is not of type"),
        ("info:", "infos:", 'some.yaml: the document: "info" is a required property'),
        ("title: T, ", "", 'some.yaml: info: "title" is a required'),
        ("x-evidence: e", "x-evidence: ' '", 'info > x-evidence: " " does not match'),
        ("x-reason", "x-raeson", "some.yaml: info: "),
        ("actions:", "extends: 3\nactions:", "some.yaml: extends: 3 is not of type"),
        ("target: $.info", "target: info", 'actions > 0 > target: "info" does not match'),
        (
            "x-published: {title: A}",
            "x-publishd: {title: A}",
            "some.yaml: actions > 0: Additional properties are not allowed ('x-publishd'",
        ),
        ("x-published: {title: A}", "", "expected either x-published or x-published-absent"),
        ("x-published: {title: A}", "x-published: {}", "x-published: {} has less than 1 property"),
        ("x-published: {title: A}", "x-published: A", 'x-published: "A" is not of type'),
        (
            "x-published: {title: A}",
            "x-published: {title: A}\n    x-published-absent: true",
            "expected either x-published or x-published-absent",
        ),
        (
            "x-published: {title: A}",
            "x-published-absent: 'yes'",
            "x-published-absent: true was expected",
        ),
        ("x-published: {title: A}", "x-published-absent: false", "true was expected"),
        ("update: {title: B}", "remove: 1", "remove: true was expected"),
        ("update: {title: B}", "remove: false", "remove: true was expected"),
        ("update: {title: B}", "update: null", "actions > 0 > update: "),
        ("update: {title: B}", "description: 3", "description: 3 is not of type"),
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
    with pytest.raises(RefusedError, match="has non-unique elements"):
        parse_overlay(parse_document(GOOD + action.lstrip("\n"), "o"), "some.yaml")


def test_a_file_that_is_no_overlay_is_refused_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "quirk.yaml.bak").write_text("notes: none\n", "utf-8")
    with pytest.raises(
        RefusedError, match=rf"{tmp_path.name}/quirk\.yaml\.bak: .*(notes|required)"
    ):
        read_overlays(tmp_path)


def test_the_overlays_of_the_repository_are_named_after_folder_and_file() -> None:
    names = [overlay.name for overlay in read_overlays(*REPOSITORY.overlays)]
    assert names[0] == "corrections/agent-id-shape.yaml"
    assert names[-1] == "additions/update-call-log.yaml"
