"""What no longer fits is told of, all of it in one run: obsolete, lost or contradicted."""

import pytest

from tests.contract.small_overlays import applied, refused

REPAIRED = "obsolete: repaired by the vendor, so that as a whole it changes nothing"


@pytest.mark.parametrize(
    "actions",
    [
        """
      - {target: $.schemas.One.required, remove: true, x-published: [a, b]}
      - {target: $.schemas.One, update: {required: [a, b]}, x-published: {required: [a, b]}}
    """,
        """
      - {target: $.schemas.One.required, remove: true, x-published: [a, b, c]}
      - {target: $.schemas.One, update: {required: [a, b]}, x-published: {required: [a, b, c]}}
    """,
        "  - {target: $.schemas.One, update: {type: object}, x-published: {type: string}}\n",
        "  - {target: $.schemas.Gone, remove: true, x-published: {type: string}}\n",
    ],
    ids=["no net change", "the list is right now", "the value is right now", "it is gone"],
)
def test_a_file_that_the_vendor_made_superfluous_is_to_be_deleted(actions: str) -> None:
    told = refused(actions)
    assert REPAIRED in told
    assert "    1.yaml" in told


def test_a_file_for_what_the_vendor_withdrew_is_not_called_repaired() -> None:
    told = refused("  - {target: $.schemas.Gone, update: {a: 1}, x-published: {b: 1}}\n")
    assert "there is no schemas > Gone" in told
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
