"""What no longer fits is told of, all of it in one run: obsolete, lost or contradicted."""

import pytest

from scripts.contract.step3_correct.applying import apply_overlays
from tests.contract.step3_correct.small_overlays import PUBLISHED, applied, overlay, refused

REPAIRED = "repaired by the vendor, so that as a whole it changes nothing: delete the file"


@pytest.mark.parametrize(
    "actions",
    [
        "  - {target: $.schemas.One, update: {}, x-published: {type: object}}\n",
        "  - {target: $.schemas.One, update: {type: object}, x-published: {type: object}}\n",
        """
      - {target: $.schemas.One.required, remove: true, x-published: [a, b]}
      - {target: $.schemas.One, update: {required: [a, b]}, x-published: {required: [a, b]}}
    """,
        """
      - {target: $.schemas.One.required, remove: true, x-published: [a, b, c]}
      - {target: $.schemas.One, update: {required: [a, b]}, x-published: {required: [a, b, c]}}
    """,
        "  - {target: $.schemas.One, update: {type: object}, x-published: {type: string}}\n",
        "  - {target: $.schemas.One.not, remove: true, x-published: {type: string}}\n",
    ],
    ids=[
        "nothing written",
        "the same written",
        "no net change",
        "the list is right now",
        "the value is right now",
        "it is gone",
    ],
)
def test_what_the_vendor_has_repaired_is_passed_over_with_a_notice(actions: str) -> None:
    notices: list[str] = []
    title = "  - {target: $.info, update: {title: B}, x-published: {title: A}}\n"
    overlays = [overlay(actions, "1.yaml"), overlay(title, "2.yaml")]
    corrected = apply_overlays(PUBLISHED, overlays, notices)
    assert corrected == PUBLISHED | {"info": {"title": "B", "version": "v1"}}
    assert notices == [f"1.yaml: {REPAIRED}"]


@pytest.mark.parametrize(
    ("action", "gone"),
    [
        ("{target: $.schemas.Gone, update: {a: 1}, x-published: {b: 1}}", "schemas > Gone"),
        # A schema of another name, a body in a component, a field that is gone.
        ("{target: $.schemas.Was.required, remove: true, x-published: [a]}", "schemas > Was"),
        (
            (
                "{target: \"$.paths['/a/'].post.requestBody.content['x']\", remove: true, "
                "x-published: {schema: {}}}"
            ),
            "paths > /a/ > post > requestBody",
        ),
        (
            (
                "{target: \"$.schemas.One.properties['a', 'z'].oneOf\", remove: true, "
                "x-published: [{}]}"
            ),
            "schemas > One > properties > z",
        ),
    ],
)
def test_what_is_gone_or_elsewhere_has_lost_its_place_and_is_never_called_repaired(
    action: str, gone: str
) -> None:
    told = refused(f"  - {action}\n")
    assert "lost its place: what it is about is gone, or stands elsewhere" in told
    assert f"there is no {gone}" in told or f"no {gone}" in told
    assert REPAIRED not in told


def test_every_file_that_does_not_fit_is_told_of() -> None:
    told = refused(
        "  - {target: $.info, update: {version: v2}, x-published: {version: X}}\n",
        "  - {target: $.info, update: {title: B}, x-published: {title: A}}\n",
        "  - {target: $.infos, update: {title: B}, x-published: {title: X}}\n",
    )
    assert told.splitlines() == [
        "2 files of overlay/ no longer fit",
        "",
        "lost its place: what it is about is gone, or stands elsewhere",
        "  → point it to the new place, or delete it",
        "    3.yaml",
        '      action 1: there is no infos: expected {"title": "X"}',
        "",
        "contradicted: changed to something else, neither the known fault nor the correction",
        "  → look at what is published now, and change x-published, and the update with it",
        "    1.yaml",
        '      action 1: info: expected version: "X", found version: "v1"',
    ]


def test_every_action_that_does_not_fit_is_told_of() -> None:
    told = refused("""
      - {target: $.info, update: {version: v2}, x-published: {version: v0}}
      - {target: $.info, update: {title: A}, x-published: {title: B}}
      - {target: $.infos, update: {title: B}, x-published: {title: X}}
      - {target: $.schemas.One, update: {type: string}, x-published: {type: object}}
    """)
    one, two, three = [line for line in told.splitlines() if "action " in line]
    assert one == '      action 1: info: expected version: "v0", found version: "v1"'
    assert two.endswith('expected title: "B", found title: "A"; it is right now: delete the action')
    assert three == '      action 3: there is no infos: expected {"title": "X"}'
    assert "lost its place" in told
    assert "contradicted" not in told  # a file is named once


def test_another_order_is_no_contradiction_where_order_means_nothing() -> None:
    applied("""
      - target: $.schemas.One.required
        remove: true
        x-published: [b, a]
    """)
    applied("  - {target: $.schemas.One, update: {a: 1}, x-published: {required: [b, a]}}\n")
    assert "contradicted" in refused("""
      - target: $.paths['/a/'].post.tags
        remove: true
        x-published: [y, x]
    """)
